import { controlKeys, type Cooldown } from '../domain/controls.ts';
import type { Json } from '../domain/json.ts';
import { formatInstant } from './instant.ts';

/**
 * Why the target still rests after an automatic rollback; null if it does not.
 *
 * It rests for its time, and until the rollback's incident closed as `rolled_back` or was acknowledged, whichever is
 * later.
 */
export function resting(target: string, at: number, controls: ReadonlyMap<string, Json>): string | null {
  const cooldown = (controls.get(controlKeys.cooldown(target)) ?? null) as unknown as Cooldown | null;
  if (cooldown === null) return null;
  const { incident, until, settled } = cooldown;
  if (at < until)
    return `${target} rests until ${formatInstant(until)}, after the automatic rollback of ${incident}`;
  if (settled) return null;
  return `${target} rests until ${incident} is acknowledged, after its automatic rollback`;
}
