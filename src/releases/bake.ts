import { nameRelease, type Release } from '../domain/release.ts';
import { formatDuration, MINUTE, SECOND } from '../domain/time.ts';
import { currentOf, nothing, withReleases, type TargetState, type Turned } from './target-state.ts';

/** Between two looks further apart than this nobody watched, and time that nobody watched bakes nothing. */
const longestGapMs = 2 * MINUTE;
/** Baking is stored this often; a crash loses no more. */
const checkpointMs = 30 * SECOND;

/** Lets an unproven release that runs bake for the time that passed quietly since the last look. */
export function bake(state: TargetState, now: number, quiet: boolean, bakeMs: number): Turned {
  const release = currentOf(state);
  const baking = release !== null && release.standing === 'unproven' && state.running && quiet;
  if (!baking)
    return { state: state.bakedAt === null ? state : { ...state, bakedAt: null }, change: nothing };
  const gapMs = now - (state.bakedAt ?? now);
  const addedMs = gapMs > 0 && gapMs <= longestGapMs ? gapMs : 0;
  const baked = { ...release, bakedMs: release.bakedMs + addedMs };
  const next = { ...state, bakedAt: now };
  return baked.bakedMs >= bakeMs ? prove(next, baked, now, bakeMs) : keepBaking(next, baked);
}

function prove(state: TargetState, baked: Release, now: number, bakeMs: number): Turned {
  const because = `baked ${formatDuration(bakeMs)}`;
  const release: Release = { ...baked, standing: 'good', because, goodAt: now, servedAt: now };
  return {
    state: withReleases({ ...state, bakedAt: null }, [release]),
    change: {
      events: [{ event: 'became_good', target: state.name, release }],
      commit: {
        releases: [release],
        entries: [
          {
            at: now,
            incident: null,
            target: state.name,
            type: 'release.good',
            message: `${state.name}: ${nameRelease(release)} is good: ${because}`,
            facts: { release: release.id },
          },
        ],
      },
    },
  };
}

function keepBaking(state: TargetState, baked: Release): Turned {
  const storedMs = state.checkpoints.get(baked.id)?.bakedMs ?? 0;
  if (baked.bakedMs - storedMs >= checkpointMs)
    return { state: withReleases(state, [baked]), change: { commit: { releases: [baked] }, events: [] } };
  return {
    state: { ...state, releases: new Map(state.releases).set(baked.id, baked) },
    change: nothing,
  };
}
