import { guardNames, type GuardName, type Objection } from '../domain/incident.ts';
import type { Situation } from '../domain/situation.ts';
import { guardAlreadyFiring } from './guards/already-firing.ts';
import { guardBlame } from './guards/blame.ts';
import { guardBudget } from './guards/budget.ts';
import { guardCooldown } from './guards/cooldown.ts';
import { guardDestructiveData } from './guards/destructive-data.ts';
import { guardFactsChanged } from './guards/facts-changed.ts';
import { guardFreeze } from './guards/freeze.ts';
import type { Guard } from './guards/guard.ts';
import { guardHalt } from './guards/halt.ts';
import { guardInterference } from './guards/interference.ts';
import { guardManyTargets } from './guards/many-targets.ts';
import { guardMode } from './guards/mode.ts';
import { guardRejected } from './guards/rejected.ts';
import { guardRelease } from './guards/release.ts';
import { guardRepeat } from './guards/repeat.ts';

/** Every guard. To add one: its file, its name in the domain, its line here, its row in the documentation. */
const guards = {
  mode: guardMode,
  halt: guardHalt,
  freeze: guardFreeze,
  release: guardRelease,
  rejected: guardRejected,
  repeat: guardRepeat,
  cooldown: guardCooldown,
  budget: guardBudget,
  blame: guardBlame,
  already_firing: guardAlreadyFiring,
  many_targets: guardManyTargets,
  destructive_data: guardDestructiveData,
  facts_changed: guardFactsChanged,
  interference: guardInterference,
} as const satisfies Record<GuardName, Guard>;

/** What all guards say, in the order in which they are shown. */
export function objectionsTo(situation: Situation): readonly Objection[] {
  return guardNames.flatMap((guard) => {
    const objection = guards[guard](situation);
    return objection === null ? [] : [{ guard, ...objection }];
  });
}
