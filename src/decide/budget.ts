import { controlKeys } from '../domain/controls.ts';
import type { Json } from '../domain/json.ts';

/** Instants of automatic rollbacks that still count at `at`: those within the last `perMs`, oldest first. */
export function budgetUsed(
  at: number,
  perMs: number,
  controls: ReadonlyMap<string, Json>,
): readonly number[] {
  const charged = controls.get(controlKeys.budget);
  if (!Array.isArray(charged)) return [];
  // A clock that was set back must not refill the budget.
  return charged.filter((instant): instant is number => typeof instant === 'number' && instant > at - perMs);
}
