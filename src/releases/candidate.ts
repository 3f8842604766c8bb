import type { Candidate } from '../domain/ports/releases.ts';
import { nameRelease, type Release } from '../domain/release.ts';
import { DAY, formatDuration } from '../domain/time.ts';
import { currentOf, type TargetState } from './target-state.ts';

/** A release that has not run for longer than this is too old to go back to unasked. */
export const oldestMs = 30 * DAY;

/**
 * Where a rollback would go: the release served most recently that is good and is not the present one.
 *
 * When that one cannot come back, no older one is taken in its place: a person decides.
 */
export function candidate(state: TargetState, now: number): Candidate {
  const release = lastGood(state);
  if (release === null) return none(`no other release of ${state.name} has run here and been proven good`);
  const name = nameRelease(release);
  const idleMs = now - release.servedAt;
  if (idleMs > oldestMs)
    return none(
      `the last good release, ${name}, ran ${formatDuration(idleMs)} ago, longer than ${formatDuration(oldestMs)}`,
    );
  const barrier = barrierAfter(state, release);
  if (barrier !== null)
    return none(
      `the last good release, ${name}, lies behind the barrier of ${nameRelease(barrier)}: ${barrier.barrier}`,
    );
  if (state.missing.has(release.id))
    return none(`the last good release, ${name}, cannot come back: its ${needOf(release)} is gone`);
  return { release };
}

/** The release served most recently that is good and is not the present one. */
export function lastGood(state: TargetState): Release | null {
  const current = currentOf(state);
  const good = [...state.releases.values()].filter(
    ({ id, standing, servedAt }) => standing === 'good' && servedAt > 0 && id !== current?.id,
  );
  return good.sort((a, b) => b.servedAt - a.servedAt)[0] ?? null;
}

/** A release newer than this one that nothing may go back behind, whether it is known to have run or only recorded. */
function barrierAfter(state: TargetState, release: Release): Release | null {
  const newer = [...state.releases.values()].filter(
    ({ id, barrier, firstSeenAt }) =>
      barrier !== null && id !== release.id && firstSeenAt > release.firstSeenAt,
  );
  return newer.sort((a, b) => b.firstSeenAt - a.firstSeenAt)[0] ?? null;
}

/** What a release needs to come back, in a word. */
export function needOf({ components }: Release): 'image' | 'directory' | 'commit' {
  if (components.some(({ kind }) => kind === 'image')) return 'image';
  return components.some(({ kind }) => kind === 'link') ? 'directory' : 'commit';
}

/** No release, and why. */
export function none(problem: string): Candidate {
  return { release: null, problem };
}
