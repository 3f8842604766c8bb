import { exactTail } from './exact-u.ts';
import { upperTail } from './normal.ts';

/** Whether two samples differ, and by how much. */
export interface Difference {
  /** How many pairs the first sample wins; a tie is half a win. */
  readonly u: number;
  /** Two-sided: how likely a difference like this is if both come from one distribution. */
  readonly p: number;
  /** Cliff's delta, −1 to 1: how much likelier a value of the first is above one of the second than below it. */
  readonly delta: number;
}

/** Up to this many values on either side the distribution of U is counted out; beyond it is close to normal. */
const mostExact = 20;

/**
 * The two-sided Mann-Whitney U test of two samples, of one value each at least.
 *
 * Exact for small samples without ties, else the normal approximation with corrections for ties and continuity
 * (Mann and Whitney 1947; Hollander and Wolfe, Nonparametric Statistical Methods, 4.1).
 */
export function mannWhitney(first: readonly number[], second: readonly number[]): Difference {
  const [m, n] = [first.length, second.length];
  const { rankSum, tieTerm } = ranked(first, second);
  const u = rankSum - (m * (m + 1)) / 2;
  const isExact = tieTerm === 0 && m <= mostExact && n <= mostExact;
  const farther = Math.max(u, m * n - u);
  const p = isExact ? 2 * exactTail(farther, m, n) : 2 * normalTail(farther, { m, n, tieTerm });
  return { u, p: Math.min(1, p), delta: (2 * u) / (m * n) - 1 };
}

/** The sum of the first sample's ranks, ties sharing theirs, and Σ(t³ − t) over groups of t equal values. */
function ranked(first: readonly number[], second: readonly number[]): { rankSum: number; tieTerm: number } {
  const all = [
    ...first.map((value) => ({ value, counts: 1 })),
    ...second.map((value) => ({ value, counts: 0 })),
  ].sort((a, b) => a.value - b.value);
  let rankSum = 0;
  let tieTerm = 0;
  for (let start = 0; start < all.length;) {
    let end = start;
    let ours = 0;
    while (end < all.length && all[end]?.value === all[start]?.value) ours += all[end++]?.counts ?? 0;
    const ties = end - start;
    rankSum += ours * ((start + 1 + end) / 2);
    tieTerm += ties ** 3 - ties;
    start = end;
  }
  return { rankSum, tieTerm };
}

function normalTail(
  u: number,
  { m, n, tieTerm }: { readonly m: number; readonly n: number; readonly tieTerm: number },
): number {
  const total = m + n;
  const variance = ((m * n) / 12) * (total + 1 - tieTerm / (total * (total - 1)));
  // All values are equal: nothing tells them apart.
  if (!(variance > 0)) return 1;
  return upperTail((u - (m * n) / 2 - 0.5) / Math.sqrt(variance));
}
