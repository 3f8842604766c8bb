import type { NewEntry } from '../domain/ports/store.ts';
import { nameRelease, releaseId, schemasOf, type Component, type Release } from '../domain/release.ts';
import { currentOf, withReleases, type TargetState, type Turned } from './target-state.ts';

/**
 * Whether only what is known of schemas differs: a version that could not be read until now, or a store that is watched
 * since lately, or not any more. Then nothing arrived.
 */
export function onlyLearnt(current: Release, components: readonly Component[]): boolean {
  const others = (parts: readonly Component[]) => releaseId(parts.filter(({ kind }) => kind !== 'schema'));
  if (components.length === 0 || others(current.components) !== others(components)) return false;
  const before = schemasOf(current);
  const now = schemasOf({ components });
  return [...now].every(([store, version]) => (before.get(store) ?? version) === version);
}

/**
 * The present release under the id that it has with what is known of its schemas. It goes on as it was: serving, baked,
 * good. What it was called before stays known, and is not gone back to.
 */
export function learn(state: TargetState, components: readonly Component[], at: number): Turned {
  const current = currentOf(state);
  if (current === null || state.serving === null) return { state, change: { commit: {}, events: [] } };
  const id = releaseId(components);
  const heir: Release = { ...(state.releases.get(id) ?? current), id, components, servedAt: at };
  const former: Release =
    current.standing === 'bad'
      ? current
      : { ...current, standing: 'unproven', because: `known as ${id} since its schema was read` };
  const serving = { ...state.serving, release: id };
  const entry: NewEntry = {
    at,
    incident: null,
    target: state.name,
    type: 'release.schema_known',
    message: `${state.name}: what runs is ${nameRelease(heir)}, now that its schema is known; nothing arrived`,
    facts: { from: current.id, to: id },
  };
  const { ongoing } = state;
  return {
    state: {
      ...withReleases(state, [former, heir]),
      serving,
      ongoing: ongoing?.from === current.id ? { ...ongoing, from: id } : ongoing,
    },
    change: { commit: { releases: [former, heir], serving: [serving], entries: [entry] }, events: [] },
  };
}
