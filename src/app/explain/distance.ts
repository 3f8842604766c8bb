import { looksUp } from '../../domain/comparison.ts';
import { formatQuantity } from '../../domain/quantity.ts';
import type { Reading } from '../../domain/reading.ts';
import type { Level } from '../../domain/rule.ts';

/**
 * How far a value is from the threshold of a level: `11.5% beyond`, `38% to go`, `at the threshold`.
 *
 * @returns null where no value is compared
 */
export function distanceTo({ condition: { comparison } }: Level, reading: Reading | null): string | null {
  if (comparison === undefined || reading?.kind !== 'value') return null;
  const { threshold } = comparison;
  const measured = threshold.unit === 'times' ? times(reading) : reading.value;
  if (measured === null || !Number.isFinite(measured)) return null;
  const beyond = looksUp(comparison) ? measured - threshold.value : threshold.value - measured;
  if (beyond === 0) return 'at the threshold';
  const amount = formatQuantity(Math.abs(beyond), threshold.unit);
  return beyond > 0 ? `${amount} beyond` : `${amount} to go`;
}

function times({ value, baseline }: Extract<Reading, { kind: 'value' }>): number | null {
  return baseline === undefined || 'why' in baseline ? null : value / baseline.value;
}
