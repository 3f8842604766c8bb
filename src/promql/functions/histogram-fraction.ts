import { mergeBuckets } from './buckets.ts';
import type { Bucket } from './buckets.ts';

/**
 * The share of observations between two values that a classic histogram suggests, within a bucket in proportion.
 *
 * The first bucket begins at 0, unless its bound is not positive. Of a bucket without an end nothing is taken in part.
 *
 * @returns NaN without a bucket of +Inf, without observations, and for a limit of NaN
 */
export function histogramFraction(
  buckets: readonly Readonly<Bucket>[],
  lower: number,
  upper: number,
): number {
  const merged = mergeBuckets(buckets);
  const last = merged.at(-1);
  if (last?.upperBound !== Infinity) return NaN;
  if (last.count === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return NaN;
  if (lower >= upper) return 0;
  return (countUpTo(merged, upper) - countUpTo(merged, lower)) / last.count;
}

function countUpTo(buckets: readonly Bucket[], limit: number): number {
  const all = buckets.at(-1)?.count ?? 0;
  let start = (buckets[0]?.upperBound ?? 0) > 0 ? 0 : -Infinity;
  let below = 0;
  for (const { upperBound, count } of buckets) {
    if (start >= limit) return Math.min(all, below);
    if (upperBound > limit) {
      const part = start === -Infinity ? 1 : (limit - start) / (upperBound - start);
      return Math.min(all, below + (count - below) * part);
    }
    start = upperBound;
    below = count;
  }
  return all;
}
