import type { Deploy } from '../domain/controls.ts';
import type { Migration } from '../domain/migration.ts';
import type { Observer } from '../domain/ports/observer.ts';
import type { ReleaseChange } from '../domain/ports/releases.ts';
import type { Serving } from '../domain/ports/store.ts';
import type { Component, Release } from '../domain/release.ts';

/** The part of a target that one observer sees. */
export type Facet = Observer['kind'];

/** What one observer saw last. */
export interface FacetSeen {
  readonly at: number;
  /** Empty when the thing is not there. */
  readonly components: readonly Component[];
  readonly healthy: boolean | null;
  readonly exited: boolean;
  readonly leaving: boolean;
}

/** A change whose other parts may still arrive. */
export interface OngoingChange {
  readonly at: number;
  readonly facets: ReadonlySet<Facet>;
  /** Release that ran before it. */
  readonly from: string | null;
}

/** What was stored last of values that grow all the time, so that they are stored only now and then. */
export interface Checkpoint {
  readonly servedAt: number;
  readonly bakedMs: number;
}

/** Everything remembered about the releases of one target. Replaced, never changed. */
export interface TargetState {
  readonly name: string;
  readonly releases: ReadonlyMap<string, Release>;
  readonly serving: Serving | null;
  /** What ran before it left; a release that comes back unchanged has not changed. */
  readonly left: Serving | null;
  readonly facets: ReadonlyMap<Facet, FacetSeen>;
  /** First sighting since the daemon started. */
  readonly lookedAt: number | null;
  readonly ongoing: OngoingChange | null;
  /** Seen running since the daemon started. */
  readonly running: boolean;
  readonly healthy: boolean | null;
  /** What runs was told to stop. */
  readonly leaving: boolean;
  /** The last instant at which it ran and was quiet; baking counts from here. */
  readonly bakedAt: number | null;
  readonly checkpoints: ReadonlyMap<string, Checkpoint>;
  readonly graceUntil: number | null;
  readonly deploy: Deploy | null;
  readonly migration: Migration | null;
  /** Releases that need something which is gone. */
  readonly missing: ReadonlySet<string>;
}

/** A target before anything is known of it. */
export function unseen(name: string): TargetState {
  return {
    name,
    releases: new Map(),
    serving: null,
    left: null,
    facets: new Map(),
    lookedAt: null,
    ongoing: null,
    running: false,
    healthy: null,
    leaving: false,
    bakedAt: null,
    checkpoints: new Map(),
    graceUntil: null,
    deploy: null,
    migration: null,
    missing: new Set(),
  };
}

/** A fold's result: the next state, and what to store and to tell. */
export interface Turned {
  readonly state: TargetState;
  readonly change: ReleaseChange;
}

/** Nothing to store, nothing to tell. */
export const nothing: ReleaseChange = { commit: {}, events: [] };

/** The release that runs now; null when none does, or none has been seen. */
export function currentOf(state: TargetState): Release | null {
  const id = state.serving?.release ?? null;
  return id === null ? null : (state.releases.get(id) ?? null);
}

/** Remembers releases that are about to be stored. */
export function withReleases(state: TargetState, changed: readonly Release[]): TargetState {
  if (changed.length === 0) return state;
  const releases = new Map(state.releases);
  const checkpoints = new Map(state.checkpoints);
  for (const release of changed) {
    releases.set(release.id, release);
    checkpoints.set(release.id, { servedAt: release.servedAt, bakedMs: release.bakedMs });
  }
  return { ...state, releases, checkpoints };
}
