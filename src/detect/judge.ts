import { breaches, meets, type Known } from '../domain/condition.ts';
import type { Reading, Unknown, Verdict } from '../domain/reading.ts';
import type { Level, Rule } from '../domain/rule.ts';

/**
 * What one reading means to one level.
 *
 * - `breaching` moves towards firing.
 * - `held`      breaches, but does not count now: the target is being deployed.
 * - `recovered` does not breach, and satisfies what ends a firing breach.
 * - `between`   does not breach, but is not good enough to end a firing breach.
 * - `unknown`   says nothing.
 */
export type Judgement = 'breaching' | 'held' | 'recovered' | 'between' | 'unknown';

/** What the world around a reading says about it. */
export interface Circumstances {
  /** The subject has had data before: only then can the lack of it say something. */
  readonly seen: boolean;
  /** Breaches do not count now. */
  readonly inGrace: boolean;
  /** Levels that are valid only while deploying are valid now. */
  readonly deploying: boolean;
}

/** Judges a reading for one level of a rule. Pure. */
export function judge(rule: Rule, level: Level, reading: Reading, now: Circumstances): Judgement {
  if (reading.kind === 'unknown') return judgeUnknown(rule, level, reading.why, now);
  const breaching = breaches(level.condition, reading);
  if (typeof breaching === 'string') return judgeUnknown(rule, level, breaching, now);
  if (breaching) return breachingNow(rule, level, now);
  return satisfiesRecover(rule, reading) ? 'recovered' : 'between';
}

/** What a rule says about a reading, whatever `grace` and policies make of it: for people and for baking. */
export function verdictOf(rule: Rule, reading: Reading, deploying: boolean): Verdict | 'never_seen' {
  if (reading.kind === 'unknown') return reading.why;
  let verdict: Verdict | 'never_seen' = 'ok';
  for (const { condition, whileDeploying } of rule.levels) {
    const breaching = breaches(condition, reading);
    if (breaching === true && (deploying || !whileDeploying)) return 'breach';
    if (typeof breaching === 'string') verdict = breaching;
  }
  return verdict;
}

/** Whether the source could not see. Too little traffic is not blindness, nor is an absence that the rule explains. */
export function cannotSee(rule: Rule, verdict: Verdict | 'never_seen', seen: boolean): boolean {
  if (verdict === 'error') return true;
  return verdict === 'no_data' && seen && rule.onNoData === 'hold';
}

function judgeUnknown(rule: Rule, level: Level, why: Unknown, now: Circumstances): Judgement {
  if (!now.seen) return 'unknown';
  const policy = why === 'no_data' ? rule.onNoData : why === 'error' ? rule.onError : 'hold';
  if (policy === 'hold') return 'unknown';
  return policy === 'ok' ? 'recovered' : breachingNow(rule, level, now);
}

function breachingNow(rule: Rule, level: Level, { inGrace, deploying }: Circumstances): Judgement {
  // Outside its validity a level cannot breach; one that fires already still ends only as it would inside.
  if (level.whileDeploying && !deploying) return rule.recover === null ? 'recovered' : 'between';
  return inGrace ? 'held' : 'breaching';
}

/** What cannot be compared with its baseline now is not good enough either. */
function satisfiesRecover({ recover }: Rule, reading: Known): boolean {
  if (recover === null || reading.kind === 'probe') return true;
  return meets(recover.comparison, reading) === true;
}
