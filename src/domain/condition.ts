import { holds, looksUp } from './comparison.ts';
import type { Reading, Unknown } from './reading.ts';
import type { Comparison, Condition } from './rule.ts';

/** A reading that said something. */
export type Known = Exclude<Reading, { kind: 'unknown' }>;

/**
 * Whether a reading breaches, or why that cannot be known: a value that cannot be compared, or a reading of the wrong
 * kind. A passed probe is ok for a threshold, too.
 */
export function breaches({ comparison }: Pick<Condition, 'comparison'>, reading: Known): boolean | Unknown {
  if (comparison === undefined) return reading.kind === 'probe' ? !reading.passed : 'error';
  if (reading.kind === 'probe') return reading.passed ? false : 'error';
  const met = meets(comparison, reading);
  if (met !== true || comparison.threshold.unit !== 'times') return met;
  return shifted(comparison, reading);
}

/**
 * Whether a value satisfies a comparison, or why that cannot be known. Where the floor is not reached, it does not
 * hold whatever the baseline is; the floor alone never makes it hold.
 */
export function meets(
  { operator, threshold, floor }: Comparison,
  { value, baseline }: Extract<Reading, { kind: 'value' }>,
): boolean | Unknown {
  if (Number.isNaN(value)) return 'error';
  if (threshold.unit !== 'times') return holds({ operator, threshold }, value);
  if (floor !== undefined && !holds({ operator, threshold: floor }, value)) return false;
  if (baseline === undefined) return 'error';
  return 'why' in baseline ? baseline.why : holds({ operator, threshold }, value / baseline.value);
}

/**
 * The least time from the first breaching reading to the one that fires, in ms.
 *
 * @param everyMs how often the rule is read
 */
export function firesAfterMs(condition: Condition, everyMs: number): number {
  if ('forMs' in condition) return condition.forMs;
  return ('failures' in condition ? condition.failures : condition.need.breaches) * everyMs;
}

/** Where a test was asked for, being so many times the baseline is not enough: it must not be chance. */
function shifted(
  comparison: Comparison,
  { baseline }: Extract<Reading, { kind: 'value' }>,
): boolean | Unknown {
  if (baseline === undefined || 'why' in baseline || baseline.shift === null) return true;
  if (baseline.shift === 'insufficient') return 'insufficient';
  return baseline.shift === (looksUp(comparison) ? 'higher' : 'lower');
}
