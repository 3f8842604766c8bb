import { breaches, meets } from '../domain/condition.ts';
import type { Reading } from '../domain/reading.ts';
import type { Condition, Rule, Severity } from '../domain/rule.ts';

/** How much good it takes to have recovered: readings, and the time that they must span. */
export interface Proof {
  readonly readings: number;
  readonly forMs: number;
}

/**
 * With `recover`, as long as it says. Without it, as long as the level's own `for`, and at least two readings. Two
 * passing probes for `failures`; for `need` as many readings as it looks at.
 */
export function proofOf(rule: Rule, severity: Severity): Proof {
  const condition = conditionOf(rule, severity);
  if (condition !== null && 'failures' in condition) return { readings: 2, forMs: 0 };
  if (rule.recover !== null) return { readings: 1, forMs: rule.recover.forMs };
  if (condition === null) return { readings: 2, forMs: 0 };
  return 'need' in condition
    ? { readings: condition.need.of, forMs: 0 }
    : { readings: 2, forMs: condition.forMs };
}

/** How many of how many readings are one too many; null where every single one must be good. */
export function shareOf(
  rule: Rule,
  severity: Severity,
): { readonly breaches: number; readonly of: number } | null {
  const condition = conditionOf(rule, severity);
  return rule.recover === null && condition !== null && 'need' in condition ? condition.need : null;
}

/** What one reading says about a level: whether it is breached still, good, neither, or nothing at all. */
export function assess(
  rule: Rule,
  severity: Severity,
  reading: Reading,
): 'good' | 'breaching' | 'between' | 'unknown' {
  const condition = conditionOf(rule, severity);
  if (condition === null) return 'unknown';
  if (reading.kind === 'unknown') return assessUnknown(rule, reading.why);
  const breaching = breaches(condition, reading);
  if (typeof breaching === 'string') return 'unknown';
  if (breaching) return 'breaching';
  if (rule.recover === null || reading.kind === 'probe') return 'good';
  const good = meets(rule.recover.comparison, reading);
  if (typeof good === 'string') return 'unknown';
  return good ? 'good' : 'between';
}

/** A rule may declare what no data and errors mean; too little traffic proves nothing either way. */
function assessUnknown(
  { onNoData, onError }: Rule,
  why: Extract<Reading, { kind: 'unknown' }>['why'],
): 'good' | 'breaching' | 'unknown' {
  const policy = why === 'no_data' ? onNoData : why === 'error' ? onError : 'hold';
  if (policy === 'hold') return 'unknown';
  return policy === 'ok' ? 'good' : 'breaching';
}

function conditionOf(rule: Rule, severity: Severity): Condition | null {
  return rule.levels.find((level) => level.severity === severity)?.condition ?? null;
}
