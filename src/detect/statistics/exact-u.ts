/**
 * P(U ≥ u) for samples of m and n values without ties, if both come from one distribution.
 *
 * Counts, by the recurrence of Mann and Whitney (1947), the orders of m + n values for each U: the largest value
 * belongs to the first sample, and wins n pairs, or to the second.
 */
export function exactTail(u: number, m: number, n: number): number {
  // orders[k] holds, for k values of the first sample and the n' of the second so far, how many orders have each U.
  let orders = Array.from({ length: m + 1 }, () => [1]);
  for (let second = 1; second <= n; second++) {
    const next: number[][] = [[1]];
    for (let first = 1; first <= m; first++)
      next.push(sum(orders[first] ?? [], shifted(next[first - 1] ?? [], second)));
    orders = next;
  }
  const counts = orders[m] ?? [];
  const all = counts.reduce((total, count) => total + count, 0);
  return counts.slice(Math.ceil(u)).reduce((total, count) => total + count, 0) / all;
}

function shifted(counts: readonly number[], by: number): number[] {
  return [...Array.from({ length: by }, () => 0), ...counts];
}

function sum(a: readonly number[], b: readonly number[]): number[] {
  return Array.from(
    { length: Math.max(a.length, b.length) },
    (_, index) => (a[index] ?? 0) + (b[index] ?? 0),
  );
}
