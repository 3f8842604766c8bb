import { RollbackError } from '../domain/errors.ts';
import type { ReleaseEvent } from '../domain/ports/releases.ts';
import { nameRelease, type Release, type Standing } from '../domain/release.ts';
import { findRelease } from './named.ts';
import { covers } from './record.ts';
import { withReleases, type TargetState, type Turned } from './target-state.ts';

/**
 * Gives a release its standing, and those that contain it when it was only recorded.
 *
 * Throws `RELEASE_MISSING` when there is no such release.
 */
export function setStanding(
  state: TargetState,
  text: string,
  standing: Standing,
  because: string,
  now: number,
): Turned {
  const found = findRelease(state.name, [...state.releases.values()], text);
  if (found.release === null) throw new RollbackError('RELEASE_MISSING', found.problem);
  const named = found.release;
  const meant = [...state.releases.values()].filter(
    (release) => release === named || (named.servedAt === 0 && covers(release, named)),
  );
  const changed = meant.map((release) => stand(release, standing, because, now));
  const proven = changed.filter(({ id }) => state.releases.get(id)?.standing !== 'good');
  const events: ReleaseEvent[] =
    standing === 'good'
      ? proven.map((release) => ({ event: 'became_good', target: state.name, release }))
      : [];
  return {
    state: withReleases(state, changed),
    change: {
      events,
      commit: {
        releases: changed,
        entries: changed.map((release) => ({
          at: now,
          incident: null,
          target: state.name,
          type: `release.${standing}`,
          message: `${state.name}: ${nameRelease(release)} is ${standing}: ${because}`,
          facts: { release: release.id },
        })),
      },
    },
  };
}

function stand(release: Release, standing: Standing, because: string, now: number): Release {
  const stood = { ...release, standing, because };
  if (standing === 'good') return { ...stood, goodAt: now };
  // Taken back means starting over.
  return standing === 'bad' ? { ...stood, goodAt: null } : { ...stood, goodAt: null, bakedMs: 0 };
}
