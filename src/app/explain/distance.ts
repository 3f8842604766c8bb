import { looksUp } from '../../domain/comparison.ts';
import { formatQuantity, type Quantity } from '../../domain/quantity.ts';
import type { Reading } from '../../domain/reading.ts';
import type { Comparison, Level } from '../../domain/rule.ts';

/**
 * How far a value is from the threshold of a level: `11.5% beyond`, `38% to go`, `at the threshold`. A value in times
 * that does not reach its floor is as far as that: `300ms to go to the floor`.
 *
 * @returns null where no value is compared
 */
export function distanceTo({ condition: { comparison } }: Level, reading: Reading | null): string | null {
  if (comparison === undefined || reading?.kind !== 'value') return null;
  const { threshold, floor } = comparison;
  const toFloor = floor === undefined ? null : beyondBy(comparison, floor, reading.value);
  if (floor !== undefined && toFloor !== null && toFloor < 0)
    return `${formatQuantity(-toFloor, floor.unit)} to go to the floor`;
  const measured = threshold.unit === 'times' ? times(reading) : reading.value;
  const beyond = measured === null ? null : beyondBy(comparison, threshold, measured);
  if (beyond === null) return null;
  if (beyond === 0) return 'at the threshold';
  const amount = formatQuantity(Math.abs(beyond), threshold.unit);
  return beyond > 0 ? `${amount} beyond` : `${amount} to go`;
}

/** Negative on the near side; null for what is no number. */
function beyondBy(comparison: Comparison, { value: limit }: Quantity, value: number): number | null {
  const beyond = looksUp(comparison) ? value - limit : limit - value;
  return Number.isFinite(beyond) ? beyond : null;
}

function times({ value, baseline }: Extract<Reading, { kind: 'value' }>): number | null {
  return baseline === undefined || 'why' in baseline ? null : value / baseline.value;
}
