import type { Deploy } from './deploys.ts';

/** How well firings tell bad deployments from everything else. */
export interface Score {
  /** Bad deployments, and how many of them were followed by a firing in time. */
  readonly bad: number;
  readonly found: number;
  /** Firings, and how many of them followed a bad deployment in time. */
  readonly firings: number;
  readonly right: number;
  /** right / firings; null where nothing fired. */
  readonly precision: number | null;
  /** found / bad. */
  readonly recall: number | null;
  /** From a bad deployment to its first firing: the median of those that were found, in ms. */
  readonly delayMs: number | null;
}

/** Deployments whose quality is known, and how long a firing after one counts as its doing. */
export interface Labels {
  readonly deploys: readonly Deploy[];
  readonly withinMs: number;
}

/**
 * A firing is right when a deployment of its target that is known to be bad is at most `withinMs` older. It counts for
 * the newest such deployment. A firing at the same instant is right, one before it is not.
 *
 * @param fired instants of firings on one target
 * @returns null where no deployment of the target is known to be bad
 */
export function scoreOf(
  fired: readonly number[],
  target: string,
  { deploys, withinMs }: Labels,
): Score | null {
  const bad = deploys.filter((deploy) => deploy.bad === true && deploy.target === target);
  if (bad.length === 0) return null;
  const firstAfter = new Map<Deploy, number>();
  let right = 0;
  for (const at of fired) {
    const blamed = bad.findLast((deploy) => deploy.at <= at && at - deploy.at <= withinMs);
    if (blamed === undefined) continue;
    right += 1;
    firstAfter.set(blamed, Math.min(firstAfter.get(blamed) ?? Infinity, at));
  }
  return scored({
    bad: bad.length,
    found: firstAfter.size,
    firings: fired.length,
    right,
    delays: [...firstAfter].map(([deploy, at]) => at - deploy.at),
  });
}

interface Counts {
  readonly bad: number;
  readonly found: number;
  readonly firings: number;
  readonly right: number;
  readonly delays: readonly number[];
}

function scored({ bad, found, firings, right, delays }: Counts): Score {
  return {
    bad,
    found,
    firings,
    right,
    precision: firings === 0 ? null : right / firings,
    recall: bad === 0 ? null : found / bad,
    delayMs: median(delays),
  };
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}
