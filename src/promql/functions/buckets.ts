/** A bucket of a classic histogram: how many observations are at most `upperBound`. */
export interface Bucket {
  upperBound: number;
  count: number;
}

/** The buckets by ascending bound; those of one bound are added up. */
export function mergeBuckets(buckets: readonly Readonly<Bucket>[]): Bucket[] {
  const sorted = [...buckets].sort((a, b) =>
    a.upperBound < b.upperBound ? -1 : a.upperBound > b.upperBound ? 1 : 0,
  );
  const merged: Bucket[] = [];
  for (const { upperBound, count } of sorted) {
    const last = merged.at(-1);
    if (last?.upperBound === upperBound) last.count += count;
    else merged.push({ upperBound, count });
  }
  return merged;
}
