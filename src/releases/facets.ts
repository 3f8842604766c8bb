import { releaseId, type Component, type ComponentKind, type Sighting } from '../domain/release.ts';
import type { Target } from '../domain/target.ts';
import { MINUTE } from '../domain/time.ts';
import type { Facet, FacetSeen, TargetState } from './target-state.ts';

/** Components that change within this time are one release. */
export const togetherMs = 2 * MINUTE;

const facetOf: Record<ComponentKind, Facet> = {
  image: 'container',
  config: 'container',
  link: 'link',
  commit: 'repository',
  stack: 'stack',
  service: 'swarm',
  schema: 'schema',
};

/** The observers that a target needs, from what its configuration names. */
export function facetsOf(target: Target): readonly Facet[] {
  const facets: Facet[] = [];
  if (target.container !== null) facets.push('container');
  if (target.link !== null) facets.push('link');
  if (target.repository !== null) facets.push('repository');
  if (target.stack !== null) facets.push('stack');
  if (target.swarm !== null) facets.push('swarm');
  if ((target.schemaOf ?? []).length > 0) facets.push('schema');
  return facets;
}

/** A release taken apart by who sees which part of it, as it was at `at`. */
export function facetsIn(components: readonly Component[], at: number): ReadonlyMap<Facet, FacetSeen> {
  const groups = Map.groupBy(components, ({ kind }) => facetOf[kind]);
  const seen = new Map<Facet, FacetSeen>();
  for (const [facet, part] of groups)
    seen.set(facet, { at, components: part, healthy: null, exited: false, leaving: false });
  return seen;
}

/**
 * What is known of every part after this sighting; null when the sighting is late, or cannot be placed: nothing is
 * there, several observers look at the target, and it is not said which of them looked.
 */
export function place(
  state: TargetState,
  target: Target,
  sighting: Sighting,
  observer: Facet | null,
): ReadonlyMap<Facet, FacetSeen> | null {
  const { at, healthy, exited, leaving = false } = sighting;
  const parts = facetsIn(sighting.components, at);
  const facets = parts.size > 0 ? [...parts.keys()] : soleFacet(target, observer);
  if (facets.length === 0) return null;
  if (facets.some((facet) => (state.facets.get(facet)?.at ?? at) > at)) return null;
  const seen = new Map(state.facets);
  for (const facet of facets)
    seen.set(facet, { at, components: parts.get(facet)?.components ?? [], healthy, exited, leaving });
  // What was watched once and is not any more is not part of what runs.
  if ((target.schemaOf ?? []).length === 0) seen.delete('schema');
  return seen;
}

function soleFacet(target: Target, observer: Facet | null): readonly Facet[] {
  if (observer !== null) return [observer];
  const facets = facetsOf(target);
  return facets.length === 1 ? facets : [];
}

/** Whether every part has been looked at once, or has been waited for long enough since the first look. */
export function complete(target: Target, seen: ReadonlyMap<Facet, FacetSeen>, waitedMs: number): boolean {
  return waitedMs >= togetherMs || facetsOf(target).every((facet) => seen.has(facet));
}

/** What runs as a whole: all parts together, or nothing when one of them is not there. */
export interface Whole {
  readonly components: readonly Component[];
  readonly healthy: boolean | null;
  readonly exited: boolean;
  readonly leaving: boolean;
}

/** The whole of the parts. One that is unhealthy, ended or leaving makes the whole so. */
export function join(seen: ReadonlyMap<Facet, FacetSeen>): Whole {
  const parts = [...seen.values()];
  const gone = parts.some(({ components }) => components.length === 0);
  const health = parts.map(({ healthy }) => healthy);
  return {
    components: gone ? [] : parts.flatMap(({ components }) => components),
    healthy: health.includes(false) ? false : health.includes(true) ? true : null,
    exited: parts.some(({ exited }) => exited),
    leaving: parts.some(({ leaving }) => leaving),
  };
}

/** Whether the whole serves, as far as anybody can tell. */
export function isRunning({ healthy, exited, leaving }: Whole): boolean {
  return !exited && !leaving && healthy !== false;
}

/** The parts that differ from what ran before. */
export function changedFacets(
  before: ReadonlyMap<Facet, FacetSeen>,
  after: ReadonlyMap<Facet, FacetSeen>,
): ReadonlySet<Facet> {
  const changed = [...after].filter(([facet, { components }]) => {
    return identity(components) !== identity(before.get(facet)?.components ?? []);
  });
  return new Set(changed.map(([facet]) => facet));
}

function identity(components: readonly Component[]): string {
  return components.length === 0 ? '' : releaseId(components);
}
