import { RollbackError } from '../domain/errors.ts';
import type { NewEntry } from '../domain/ports/store.ts';
import { nameRelease, releaseId, type Component, type Release } from '../domain/release.ts';
import { withReleases, type TargetState, type Turned } from './target-state.ts';

export interface Recording {
  readonly components: readonly Pick<Component, 'kind' | 'value'>[];
  readonly barrier: string | null;
  readonly by: string;
}

/**
 * Makes a release known before it runs. It keeps its id when it is seen; where only some of its components could be
 * told beforehand, what was recorded passes on to the release that contains them.
 *
 * Throws `USAGE` when there is no component.
 */
export function record(state: TargetState, { components, barrier, by }: Recording, now: number): Turned {
  if (components.length === 0)
    throw new RollbackError(
      'USAGE',
      `a release of ${state.name} needs at least one component, such as image=ID`,
    );
  const labelled = components.map(({ kind, value }): Component => ({ kind, value, label: shorten(value) }));
  const known = state.releases.get(releaseId(labelled));
  const recorded = known ?? blank(state.name, labelled, `recorded by ${by}`, now);
  const containing = [...state.releases.values()].filter(
    (release) => release.id !== recorded.id && covers(release, recorded),
  );
  const changed = (barrier === null ? [recorded] : [recorded, ...containing]).map((release) => ({
    ...release,
    barrier: barrier ?? release.barrier,
  }));
  const entry: NewEntry = {
    at: now,
    incident: null,
    target: state.name,
    type: 'release.recorded',
    message: `${state.name}: ${by} recorded ${nameRelease(recorded)}${barrier === null ? '' : `, a barrier: ${barrier}`}`,
    facts: { release: recorded.id, by },
  };
  return {
    state: withReleases(state, changed),
    change: { commit: { releases: changed, entries: [entry] }, events: [] },
  };
}

/** A release of which nothing is known but its components; `servedAt` 0 says that it has never run here. */
export function blank(
  target: string,
  components: readonly Component[],
  because: string,
  at: number,
): Release {
  return {
    id: releaseId(components),
    target,
    components,
    standing: 'unproven',
    because,
    firstSeenAt: at,
    servedAt: 0,
    goodAt: null,
    bakedMs: 0,
    barrier: null,
    sealed: null,
  };
}

/** Whether a release contains everything that was recorded of another; images also match by registry digest. */
export function covers(release: Release, recorded: Release): boolean {
  return recorded.components.every((wanted) =>
    release.components.some(
      ({ kind, value, digests = [] }) =>
        kind === wanted.kind &&
        (value === wanted.value ||
          digests.some((digest) => digest === wanted.value || digest.endsWith(`@${wanted.value}`))),
    ),
  );
}

/** What people read until the release is seen: a short digest, or the end of a path. */
function shorten(value: string): string {
  const bare = value.replace(/^sha256:/, '');
  if (/^[0-9a-f]{40,}$/.test(bare)) return bare.slice(0, 12);
  return bare.split('/').findLast((part) => part !== '') ?? bare;
}
