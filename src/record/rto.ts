import type { RtoView } from '../domain/ports/rto.ts';
import { rtoPhases, type LedgerRow, type PhaseTime, type RtoPhase } from '../domain/ports/store.ts';

/** Whether the phase kept its objective; null where it did not happen or has none. */
export function isMet({ actualMs, objectiveMs }: PhaseTime): boolean | null {
  return actualMs === null || objectiveMs === null ? null : actualMs <= objectiveMs;
}

/**
 * How fast incidents are, phase by phase. Rows may come in any order; those without the phase do not count for it.
 *
 * - median: of an even number, the mean of the two in the middle
 * - 95th percentile: the nearest rank, so always a time that was really measured
 * - within objective: a share from 0 to 1
 * - trend: median of the newer half less median of the older half, by closing time; below 0 is getting faster. Of an
 *   odd number the one in the middle is in neither half
 */
export function summarise(rows: readonly LedgerRow[]): RtoView['summary'] {
  const inOrder = rows.toSorted((a, b) => a.closedAt - b.closedAt);
  const entries = rtoPhases.map((phase) => [phase, summariseOne(inOrder.map(({ phases }) => phases[phase]))]);
  return Object.fromEntries(entries) as RtoView['summary'];
}

function summariseOne(times: readonly PhaseTime[]): RtoView['summary'][RtoPhase] {
  const actual = times.flatMap(({ actualMs }) => (actualMs === null ? [] : [actualMs]));
  const half = Math.floor(actual.length / 2);
  const older = median(actual.slice(0, half));
  const newer = median(actual.slice(actual.length - half));
  return {
    medianMs: median(actual),
    p95Ms: nearestRank(actual, 0.95),
    withinObjective: share(times.map(isMet)),
    trendMs: older === null || newer === null ? null : newer - older,
  };
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const [lower, upper] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]];
  return lower === undefined || upper === undefined ? null : (lower + upper) / 2;
}

function nearestRank(values: readonly number[], rank: number): number | null {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * rank) - 1] ?? null;
}

function share(met: readonly (boolean | null)[]): number | null {
  const known = met.filter((answer) => answer !== null);
  return known.length === 0 ? null : known.filter(Boolean).length / known.length;
}
