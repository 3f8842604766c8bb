import type { RecurringFreeze } from '../domain/configuration.ts';
import { controlKeys, type Freeze } from '../domain/controls.ts';
import type { Json } from '../domain/json.ts';
import type { Crontab } from '../domain/ports/crontab.ts';
import { formatInstant } from './instant.ts';

export interface FreezeInput {
  readonly target: string;
  readonly at: number;
  readonly controls: ReadonlyMap<string, Json>;
  readonly recurring: readonly RecurringFreeze[];
}

/** Why the target is frozen at this instant, by hand or recurring; null if it is not. */
export function frozen({ target, at, controls, recurring }: FreezeInput, crontab: Crontab): string | null {
  return byHand(target, at, controls) ?? byCalendar(target, at, recurring, crontab);
}

function byHand(target: string, at: number, controls: ReadonlyMap<string, Json>): string | null {
  for (const key of [controlKeys.freeze(target), controlKeys.freeze(null)]) {
    const freeze = (controls.get(key) ?? null) as unknown as Freeze | null;
    if (freeze === null || at >= freeze.until) continue;
    const note = freeze.note === '' ? '' : `: ${freeze.note}`;
    return `${target} is frozen by ${freeze.by} until ${formatInstant(freeze.until)}${note}`;
  }
  return null;
}

function byCalendar(
  target: string,
  at: number,
  recurring: readonly RecurringFreeze[],
  crontab: Crontab,
): string | null {
  for (const { cron, forMs, reason } of recurring) {
    const began = crontab.lastWithin(cron, at - forMs, at);
    if (began !== null) return `${target} is frozen until ${formatInstant(began + forMs)}: ${reason}`;
  }
  return null;
}
