import { releaseId, type Component, type Release, type Sighting } from '../domain/release.ts';
import { blank, covers } from './record.ts';
import type { TargetState } from './target-state.ts';

/**
 * The release that these components are, as it arrives: known already, or new and `unproven`.
 *
 * What was recorded of it beforehand, with fewer components, passes on to it: barrier and standing.
 */
export function arrive(
  state: TargetState,
  components: readonly Component[],
  sighting: Pick<Sighting, 'at' | 'sealed'>,
): Release {
  const { at, sealed } = sighting;
  const known = state.releases.get(releaseId(components));
  const release = known ?? blank(state.name, components, 'first seen running', at);
  const first = release.servedAt === 0;
  const arrived: Release = {
    ...release,
    components,
    firstSeenAt: first ? at : release.firstSeenAt,
    servedAt: at,
    sealed: sealed ?? release.sealed,
  };
  return first ? inherit(arrived, recordedParts(state, arrived)) : arrived;
}

function recordedParts(state: TargetState, release: Release): readonly Release[] {
  return [...state.releases.values()].filter(
    (other) => other.id !== release.id && other.servedAt === 0 && covers(release, other),
  );
}

function inherit(release: Release, recorded: readonly Release[]): Release {
  let heir = release;
  for (const { id, barrier, standing, because, goodAt } of recorded) {
    heir = { ...heir, barrier: heir.barrier ?? barrier };
    // A bad word about any part of it outweighs a good one.
    const speaks = standing === 'bad' || (standing === 'good' && heir.standing === 'unproven');
    if (speaks) heir = { ...heir, standing, goodAt, because: `${because} (as ${id})` };
  }
  return heir;
}
