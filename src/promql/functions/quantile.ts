/**
 * A quantile, between two values in proportion. NaN counts as the smallest of values.
 *
 * @returns -Inf and +Inf for a share below 0 and above 1; NaN for a share of NaN, and of no values
 */
export function quantile(share: number, values: ArrayLike<number>): number {
  if (values.length === 0 || Number.isNaN(share)) return NaN;
  if (share < 0) return -Infinity;
  if (share > 1) return Infinity;
  const sorted = Float64Array.from(values).sort();
  const last = sorted.length - 1;
  const nans = countNaN(sorted);
  const at = (rank: number): number => (rank < nans ? NaN : (sorted[rank - nans] ?? 0));
  const rank = share * last;
  const lower = Math.floor(rank);
  const weight = rank - lower;
  return at(lower) * (1 - weight) + at(Math.min(last, lower + 1)) * weight;
}

/** A sorted typed array has its NaNs at the end. */
function countNaN(sorted: Float64Array): number {
  let count = 0;
  while (count < sorted.length && Number.isNaN(sorted[sorted.length - 1 - count])) count += 1;
  return count;
}
