import type { Arrival } from '../domain/ports/arrivals.ts';
import { currentOf, type TargetState } from './target-state.ts';

/** How the present release arrived; null when none runs, or it ran already when the daemon first looked. */
export function arrivedAt(state: TargetState): Arrival | null {
  const { serving } = state;
  const current = currentOf(state);
  if (serving === null || current === null) return null;
  const { since, notBefore } = serving;
  const others = [...state.releases.values()].filter(({ id, servedAt }) => id !== current.id && servedAt > 0);
  if (others.length === 0 && notBefore >= since) return null;
  const newer = others.filter(({ firstSeenAt }) => firstSeenAt > current.firstSeenAt);
  const replaced = newer.toSorted((a, b) => b.servedAt - a.servedAt)[0];
  return { release: current.id, since, deployedAt: replaced?.firstSeenAt ?? notBefore };
}
