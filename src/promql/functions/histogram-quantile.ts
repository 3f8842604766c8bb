import { mergeBuckets } from './buckets.ts';
import type { Bucket } from './buckets.ts';

/** Counts that differ by less than this share are taken as equal: sums of rates do, by rounding. */
const tolerance = 1e-12;
const smallestNormal = 2.2250738585072014e-308;

/**
 * The quantile that a classic histogram suggests, between the bounds of its bucket in proportion.
 *
 * Buckets may come in any order; those of one bound are added up, and counts that fall from one bound to the next are
 * lifted. The first bucket begins at 0, unless its bound is not positive: then the bound is the answer, as the second
 * highest bound is for a rank in the last bucket.
 *
 * @returns NaN without a bucket of +Inf, with fewer than two buckets, and without observations
 */
export function histogramQuantile(buckets: readonly Readonly<Bucket>[], share: number): number {
  if (Number.isNaN(share)) return NaN;
  if (share < 0) return -Infinity;
  if (share > 1) return Infinity;
  const merged = mergeBuckets(buckets);
  const last = merged.length - 1;
  if (last < 1 || merged[last]?.upperBound !== Infinity) return NaN;
  lift(merged);
  const observations = merged[last].count;
  if (observations === 0) return NaN;
  const rank = share * observations;
  const found = firstReaching(merged, rank);
  const bucket = merged[found];
  const below = merged[found - 1];
  if (bucket === undefined) return NaN;
  if (found === last) return merged[last - 1]?.upperBound ?? NaN;
  if (below === undefined && bucket.upperBound <= 0) return bucket.upperBound;
  const start = below?.upperBound ?? 0;
  const before = below?.count ?? 0;
  return start + (bucket.upperBound - start) * ((rank - before) / (bucket.count - before));
}

function lift(buckets: readonly Bucket[]): void {
  let highest = buckets[0]?.count ?? 0;
  for (const bucket of buckets.slice(1)) {
    if (bucket.count < highest || almostEqual(highest, bucket.count)) bucket.count = highest;
    else highest = bucket.count;
  }
}

function almostEqual(a: number, b: number): boolean {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true;
  const sum = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  if (a === 0 || b === 0 || sum < smallestNormal) return difference < tolerance * smallestNormal;
  return difference / Math.min(sum, Number.MAX_VALUE) < tolerance;
}

/** The first bucket, the last one aside, whose count reaches the rank; the last one if none does. */
function firstReaching(buckets: readonly Bucket[], rank: number): number {
  let low = 0;
  let high = buckets.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((buckets[middle]?.count ?? 0) >= rank) high = middle;
    else low = middle + 1;
  }
  return low;
}
