import type { Breach } from '../domain/breach.ts';
import type { Condition, Rule } from '../domain/rule.ts';
import { clearBreach } from './clear-breach.ts';
import { easing, hasEased, recoveryOf, stillFiring } from './easing.ts';
import type { Judgement } from './judge.ts';

/** A condition that counts a share of the last readings. */
export type NeedCondition = Extract<Condition, { need: unknown }>;

/**
 * Folds one reading into a level that needs `breaches` of the last `of` readings.
 *
 * Only readings that say something are among the last ones: those that are unknown or held neither count nor push
 * others out. So what a blind daemon remembers never holds more breaches than what a seeing one does. Recovering does
 * not empty the memory either, for the same reason; it ends only when the need is no longer met.
 */
export function foldNeed(
  breach: Breach,
  { judgement, at }: { readonly judgement: Judgement; readonly at: number },
  { rule, condition }: { readonly rule: Rule; readonly condition: NeedCondition },
): Breach {
  if (judgement === 'unknown') return breach.previous === null ? breach : { ...breach, previous: null };
  if (judgement === 'held') return { ...breach, previous: null, knownAt: at };
  const reading = { at, breaching: judgement === 'breaching' };
  const recent = [...(breach.recent ?? []), reading].slice(-condition.need.of);
  const count = recent.filter(({ breaching }) => breaching).length;
  const next: Breach = { ...breach, recent, count };
  const met = count >= condition.need.breaches;
  if (breach.phase === 'clear' || breach.phase === 'pending') return counted(next, reading, met);
  const recovery = recoveryOf(rule, condition);
  if (rule.recover === null) return unmet(next, reading, { met, readings: recovery.readings });
  if (judgement !== 'recovered') return stillFiring(next, reading);
  const eased = easing(next, at);
  return !met && hasEased(eased, recovery) ? quiet(eased, reading) : eased;
}

type Told = NonNullable<Breach['previous']>;

function counted(breach: Breach, reading: Told, met: boolean): Breach {
  const next = { ...breach, previous: reading, knownAt: reading.at };
  if (!reading.breaching)
    return breach.phase === 'clear' || breach.count === 0 ? quiet(breach, reading) : next;
  const since = breach.since ?? reading.at;
  if (!met) return { ...next, phase: 'pending', since };
  const first = breach.recent?.find(({ breaching }) => breaching)?.at ?? since;
  return { ...next, phase: 'firing', since: first, firedAt: reading.at };
}

/** Without `recover` it ends after as many readings as are looked at, at none of which the need was met. */
function unmet(
  breach: Breach,
  reading: Told,
  { met, readings }: { readonly met: boolean; readonly readings: number },
): Breach {
  if (met) return stillFiring(breach, reading);
  const recoverCount = breach.recoverCount + 1;
  if (recoverCount >= readings && !reading.breaching) return quiet(breach, reading);
  return { ...breach, phase: 'recovering', previous: reading, knownAt: reading.at, recoverCount };
}

function quiet({ recent = [] }: Breach, previous: Told): Breach {
  return { ...clearBreach, recent, previous, knownAt: previous.at };
}
