import type { ReleaseChange, ReleaseEvent } from '../domain/ports/releases.ts';
import type { NewEntry, Serving } from '../domain/ports/store.ts';
import { nameRelease, type Release, type Sighting } from '../domain/release.ts';
import type { Target } from '../domain/target.ts';
import { formatDuration } from '../domain/time.ts';
import { arrive } from './arrival.ts';
import { changedFacets, isRunning, togetherMs, type Whole } from './facets.ts';
import { setGrace } from './grace.ts';
import {
  currentOf,
  withReleases,
  type Facet,
  type FacetSeen,
  type TargetState,
  type Turned,
} from './target-state.ts';

export interface ChangeSeen {
  readonly state: TargetState;
  readonly target: Target;
  readonly sighting: Sighting;
  readonly whole: Whole;
  readonly facets: ReadonlyMap<Facet, FacetSeen>;
}

/** A release left, arrived, or was seen for the first time. */
export function foldChange(seen: ChangeSeen): Turned {
  const { state, target, sighting, whole, facets } = seen;
  const { at } = sighting;
  const changed = changedFacets(state.facets, facets);
  const before = currentOf(state);
  const partial = continues(state, changed, at) ? before : null;
  const from = partial === null ? before : (state.releases.get(state.ongoing?.from ?? '') ?? null);
  const to = whole.components.length === 0 ? null : arrive(state, whole.components, sighting);
  const first = state.serving === null;
  const serving = servingNow(seen, to, partial !== null);
  const releases = [...lastServed(before, partial, to), ...(to === null ? [] : [to])];
  const grace = setGrace(state, graceEnd(seen, first));
  const ongoing =
    partial === null || state.ongoing === null
      ? { at, facets: changed, from: from?.id ?? null }
      : { ...state.ongoing, facets: changed.union(state.ongoing.facets) };
  const next: TargetState = {
    ...withReleases(grace.state, releases),
    serving,
    left: to === null ? state.serving : null,
    facets,
    ongoing: first ? null : ongoing,
    running: to !== null && isRunning(whole),
    healthy: whole.healthy,
    leaving: whole.leaving,
    bakedAt: null,
  };
  const told = tell({ target, sighting, first, from, to });
  const change: ReleaseChange = {
    events: told.events,
    commit: { releases, serving: [serving], entries: told.entries, controls: grace.controls },
  };
  return { state: next, change };
}

/** Another part of the change that is going on, rather than a change of its own. */
function continues(state: TargetState, changed: ReadonlySet<Facet>, at: number): boolean {
  const { ongoing, serving } = state;
  if (ongoing === null || serving === null || serving.release === null) return false;
  return at - ongoing.at <= togetherMs && changed.isDisjointFrom(ongoing.facets);
}

function servingNow(seen: ChangeSeen, to: Release | null, isPart: boolean): Serving {
  const { state, sighting } = seen;
  const opId = to === null ? null : sighting.opId;
  const { at } = sighting;
  const now = { target: state.name, release: to?.id ?? null, since: at, notBefore: lookedBefore(seen), opId };
  if (isPart)
    return { ...now, ...arrivalOf(state.serving ?? now), opId: opId ?? state.serving?.opId ?? null };
  // What left and came back unchanged did not change, whatever happened in between.
  if (to !== null && state.left?.release === to.id && opId === null)
    return { ...now, ...arrivalOf(state.left), opId: state.left.opId };
  return now;
}

function arrivalOf({ since, notBefore }: Serving): Pick<Serving, 'since' | 'notBefore'> {
  return { since, notBefore };
}

/** The look before this one, of those who see what changed: a remote is asked only now and then. */
function lookedBefore({ state, sighting, facets }: ChangeSeen): number {
  const looks = [...changedFacets(state.facets, facets)].map((facet) => state.facets.get(facet)?.at);
  return Math.min(sighting.at, ...looks.filter((at) => at !== undefined));
}

/** The release that ran until now, with the instant at which it was last seen, or as the part that it was. */
function lastServed(before: Release | null, partial: Release | null, to: Release | null): readonly Release[] {
  if (before === null) return [];
  if (partial === null || to === null || before.standing !== 'unproven') return [before];
  return [{ ...before, because: `seen on the way to ${to.id}` }];
}

function graceEnd({ state, target, sighting, whole }: ChangeSeen, first: boolean): number | null {
  // What has been running before the daemon looked did not arrive.
  if (first) return state.graceUntil;
  if (whole.components.length > 0 && (whole.exited || whole.healthy === true)) return null;
  return target.graceMs === 0 ? null : sighting.at + target.graceMs;
}

interface Telling {
  readonly target: Target;
  readonly sighting: Sighting;
  readonly first: boolean;
  readonly from: Release | null;
  readonly to: Release | null;
}

function tell(telling: Telling): {
  readonly events: readonly ReleaseEvent[];
  readonly entries: readonly NewEntry[];
} {
  const { target, sighting, first, from, to } = telling;
  if (first && to === null) return { events: [], entries: [] };
  const { manager, opId, at } = sighting;
  const changed: ReleaseEvent = { event: 'changed', target: target.name, from, to, manager, opId };
  const message = describe(telling);
  const entry: NewEntry = {
    at,
    incident: null,
    target: target.name,
    type: first ? 'release.first_seen' : 'release.changed',
    message: `${target.name}: ${message}`,
    facts: { from: from?.id ?? null, to: to?.id ?? null, manager, op_id: opId },
  };
  const bad = to !== null && to.standing === 'bad' && opId === null;
  const returned: readonly ReleaseEvent[] = bad
    ? [{ event: 'bad_returned', target: target.name, release: to, manager }]
    : [];
  return { events: [changed, ...returned], entries: [entry] };
}

function describe({ target, sighting, first, from, to }: Telling): string {
  if (to === null) return `${from === null ? 'what ran' : nameRelease(from)} left`;
  const name = nameRelease(to);
  if (first && to.standing === 'unproven')
    return `${name} runs at first sight; it is unproven and bakes for ${formatDuration(target.bakeMs)}`;
  if (first) return `${name} runs at first sight; it is ${to.standing}: ${to.because}`;
  const replaced = from === null ? '' : `, after ${nameRelease(from)}`;
  if (sighting.opId !== null) return `${name} arrived${replaced}, by ${sighting.opId}`;
  return `${name} arrived${replaced}${sighting.manager === null ? '' : `, managed by ${sighting.manager}`}`;
}
