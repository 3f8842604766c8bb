import type { ReleaseChange } from '../domain/ports/releases.ts';
import { releaseId, type Release, type Sighting } from '../domain/release.ts';
import type { Target } from '../domain/target.ts';
import { MINUTE } from '../domain/time.ts';
import { foldChange } from './change.ts';
import { complete, isRunning, join, place, type Whole } from './facets.ts';
import { learn, onlyLearnt } from './schema-known.ts';
import { graceWhileServing, setGrace } from './grace.ts';
import {
  currentOf,
  nothing,
  withReleases,
  type Facet,
  type TargetState,
  type Turned,
} from './target-state.ts';

/** How often the instant at which a release was last seen serving is stored. */
const checkpointMs = 5 * MINUTE;

/** Folds what an observer saw of a target. `observer` is needed only for a target that several look at. */
export function foldSighting(
  state: TargetState,
  target: Target,
  sighting: Sighting,
  observer: Facet | null,
): Turned {
  const facets = place(state, target, sighting, observer);
  if (facets === null) return { state, change: nothing };
  const lookedAt = state.lookedAt ?? sighting.at;
  const looked = { ...state, lookedAt };
  const running = state.serving?.release ?? null;
  if (running === null && !complete(target, facets, sighting.at - lookedAt))
    return { state: { ...looked, facets }, change: nothing };
  const whole = join(facets);
  const id = whole.components.length === 0 ? null : releaseId(whole.components);
  const current = currentOf(state);
  if (current !== null && id !== null && running !== id && onlyLearnt(current, whole.components))
    return learn({ ...looked, facets }, whole.components, sighting.at);
  if (state.serving === null || running !== id)
    return foldChange({ state: looked, target, sighting, whole, facets });
  return foldSame({ ...looked, facets }, { target, sighting, whole });
}

interface Same {
  readonly target: Target;
  readonly sighting: Sighting;
  readonly whole: Whole;
}

/** The same release as before: it may be leaving, its health may end grace, and it goes on serving. */
function foldSame(state: TargetState, { target, sighting, whole }: Same): Turned {
  const { at, opId, sealed } = sighting;
  const { healthy, exited, leaving } = whole;
  const current = currentOf(state);
  if (current === null || state.serving === null) return { state, change: nothing };
  const running = isRunning(whole);
  const grace = setGrace(
    { ...state, running, healthy, leaving },
    graceWhileServing(state, whole, target.graceMs === 0 ? null : at + target.graceMs),
  );
  const served: Release = {
    ...current,
    servedAt: exited ? current.servedAt : at,
    sealed: current.sealed ?? sealed,
  };
  // A driver may leave its mark a moment after the release was first seen.
  const serving = state.serving.opId === null && opId !== null ? { ...state.serving, opId } : null;
  const due = current.sealed !== served.sealed || isDue(grace.state, served);
  const commit: ReleaseChange['commit'] = {
    ...(due ? { releases: [served] } : {}),
    ...(serving === null ? {} : { serving: [serving] }),
    ...(grace.controls.length === 0 ? {} : { controls: grace.controls }),
  };
  const next = due
    ? withReleases(grace.state, [served])
    : { ...grace.state, releases: new Map(grace.state.releases).set(served.id, served) };
  return { state: serving === null ? next : { ...next, serving }, change: { commit, events: [] } };
}

function isDue(state: TargetState, served: Release): boolean {
  return served.servedAt - (state.checkpoints.get(served.id)?.servedAt ?? 0) >= checkpointMs;
}
