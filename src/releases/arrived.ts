import type { Arrival } from '../domain/ports/arrivals.ts';
import { currentOf, type TargetState } from './target-state.ts';

/** How the present release arrived; null when none runs, or it ran already when the daemon first looked. */
export function arrivedAt(state: TargetState): Arrival | null {
  const { serving } = state;
  const current = currentOf(state);
  if (serving === null || current === null || serving.notBefore >= serving.since) return null;
  const { since, notBefore } = serving;
  const newer = [...state.releases.values()].filter(
    ({ firstSeenAt, servedAt }) => firstSeenAt > current.firstSeenAt && servedAt > 0,
  );
  const replaced = newer.toSorted((a, b) => b.servedAt - a.servedAt)[0];
  return { release: current.id, since, deployedAt: replaced?.firstSeenAt ?? notBefore };
}
