import type { Release } from '../domain/release.ts';
import { DAY } from '../domain/time.ts';
import type { TargetState, Turned } from './target-state.ts';

/** Fewer than this are never looked through. */
const most = 50;
const mostGood = 10;
/** As long as closed incidents are kept: a bad release must still be known when it comes back. */
const badForMs = 400 * DAY;

/**
 * Lets go of releases that nothing will ask for any more. Kept are the youngest, what ran last and was good, what is
 * bad, what nothing may go back behind, and whatever runs or has just run.
 */
export function forgetOld({ state, change }: Turned, now: number): Turned {
  if (state.releases.size <= most) return { state, change };
  const kept = idsToKeep(state, now);
  const forgotten = [...state.releases.values()].filter(({ id }) => !kept.has(id));
  if (forgotten.length === 0) return { state, change };
  const releases = new Map(state.releases);
  const checkpoints = new Map(state.checkpoints);
  const missing = new Set(state.missing);
  for (const { id } of forgotten) {
    releases.delete(id);
    checkpoints.delete(id);
    missing.delete(id);
  }
  const commit = {
    ...change.commit,
    forgotten: forgotten.map(({ id, target }) => ({ release: id, target })),
    releases: (change.commit.releases ?? []).filter(({ id }) => releases.has(id)),
  };
  return { state: { ...state, releases, checkpoints, missing }, change: { ...change, commit } };
}

function idsToKeep({ releases, serving, left, ongoing }: TargetState, now: number): ReadonlySet<string> {
  const all = [...releases.values()].toSorted((a, b) => lastSeen(b) - lastSeen(a));
  const good = all.filter(({ standing }) => standing === 'good').slice(0, mostGood);
  const needed = all.filter(
    (release) =>
      release.barrier !== null || (release.standing === 'bad' && now - lastSeen(release) < badForMs),
  );
  const present = [serving?.release, left?.release, ongoing?.from].flatMap((id) => id ?? []);
  return new Set([...[...all.slice(0, most), ...good, ...needed].map(({ id }) => id), ...present]);
}

/** One that was only recorded has never run. */
function lastSeen({ servedAt, firstSeenAt }: Release): number {
  return Math.max(servedAt, firstSeenAt);
}
