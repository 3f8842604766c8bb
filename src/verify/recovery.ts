import { holds } from '../domain/comparison.ts';
import type { Reading } from '../domain/reading.ts';
import type { Condition, Rule, Severity } from '../domain/rule.ts';

/** How much good it takes to have recovered: readings, and the time that they must span. */
export interface Proof {
  readonly readings: number;
  readonly forMs: number;
}

/**
 * With `recover`, as long as it says. Without it, as long as the level's own `for`, and at least two readings. Two
 * passing probes for `failures`.
 */
export function proofOf(rule: Rule, severity: Severity): Proof {
  const condition = conditionOf(rule, severity);
  if (condition !== null && 'failures' in condition) return { readings: 2, forMs: 0 };
  if (rule.recover !== null) return { readings: 1, forMs: rule.recover.forMs };
  return { readings: 2, forMs: condition?.forMs ?? 0 };
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
  if (reading.kind === 'probe') return assessProbe(condition, reading.passed);
  if ('failures' in condition || Number.isNaN(reading.value)) return 'unknown';
  if (holds(condition.comparison, reading.value)) return 'breaching';
  return rule.recover === null || holds(rule.recover.comparison, reading.value) ? 'good' : 'between';
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

/** A failed probe says nothing about a threshold, a passed one does. */
function assessProbe(condition: Condition, passed: boolean): 'good' | 'breaching' | 'unknown' {
  if (passed) return 'good';
  return 'failures' in condition ? 'breaching' : 'unknown';
}

function conditionOf(rule: Rule, severity: Severity): Condition | null {
  return rule.levels.find((level) => level.severity === severity)?.condition ?? null;
}
