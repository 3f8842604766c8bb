import type { RecurringFreeze } from '../configuration.ts';
import type { Decision } from '../incident.ts';
import type { Json } from '../json.ts';
import type { Situation } from '../situation.ts';

/** Deciding, as the engine sees it: pure functions of what is handed in. */
export interface Decider {
  judge(situation: Situation): Decision;
  /** Why the target is frozen at this instant, by hand or recurring; null if it is not. */
  frozen(
    target: string,
    at: number,
    controls: ReadonlyMap<string, Json>,
    recurring: readonly RecurringFreeze[],
  ): string | null;
  /** Why the target still rests after an automatic rollback; null if it does not. */
  cooldown(target: string, at: number, controls: ReadonlyMap<string, Json>): string | null;
  /** Instants of automatic rollbacks that still count. */
  budgetUsed(at: number, perMs: number, controls: ReadonlyMap<string, Json>): readonly number[];
}
