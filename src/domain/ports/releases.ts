import type { Migration } from '../migration.ts';
import type { ComponentKind, Release, Sighting, Standing } from '../release.ts';
import type { Target } from '../target.ts';
import type { Arrival } from './arrivals.ts';
import type { Observer } from './observer.ts';
import type { Commit, Control, Serving } from './store.ts';

/** What came of a sighting: what to store, and what happened in words the engine acts on. */
export interface ReleaseChange {
  readonly commit: Pick<Commit, 'releases' | 'forgotten' | 'serving' | 'entries' | 'controls'>;
  readonly events: readonly ReleaseEvent[];
}

export type ReleaseEvent =
  /** A release left or arrived: grace begins. */
  | {
      readonly event: 'changed';
      readonly target: string;
      readonly from: Release | null;
      readonly to: Release | null;
      readonly manager: string | null;
      readonly opId: string | null;
    }
  /** A release known to be bad runs again. Announced; only a new breach makes an incident. */
  | {
      readonly event: 'bad_returned';
      readonly target: string;
      readonly release: Release;
      readonly manager: string | null;
    }
  | { readonly event: 'became_good'; readonly target: string; readonly release: Release };

/** Where a rollback would go, or why it cannot. */
export type Candidate = { readonly release: Release } | { readonly release: null; readonly problem: string };

/** A release found by what a person typed, or why there is not exactly one. */
export type Found =
  | { readonly release: Release }
  | { readonly release: null; readonly problem: string; readonly ambiguous: boolean };

/** What has run, what is proven, and what a rollback may go to. Holds state in memory; every change is returned to be stored. */
export interface Releases {
  /** Takes up what was stored; `controls` bring grace and deployments back. */
  restore(releases: readonly Release[], serving: readonly Serving[], controls?: readonly Control[]): void;
  configure(targets: Readonly<Record<string, Target>>): void;
  /** Folds what an observer saw. Say which one for targets that several observers look at. */
  sighted(target: string, sighting: Sighting, observer?: Observer['kind']): ReleaseChange;
  /** Lets time pass for baking; `quiet` says that no rule of the target is pending or firing and a critical one reads ok. */
  bake(target: string, now: number, quiet: boolean): ReleaseChange;
  current(target: string): Release | null;
  serving(target: string): Serving | null;
  /** How the present release arrived; null when that was not seen. */
  arrival(target: string): Arrival | null;
  /** Good, different from the present one, served within 30 d, not behind a barrier, and not known to be missing. */
  candidate(target: string, now: number): Candidate;
  /** A release asked for by name: any standing but it must exist; barriers and age are the person's to judge. */
  named(target: string, id: string): Candidate;
  /** By its id, the beginning of its id, or its label such as `shop:1`. */
  find(target: string, text: string): Found;
  list(target: string): readonly Release[];
  record(
    target: string,
    components: readonly { readonly kind: ComponentKind; readonly value: string }[],
    barrier: string | null,
    now: number,
    by: string,
  ): ReleaseChange;
  setStanding(target: string, id: string, standing: Standing, because: string, now: number): ReleaseChange;
  /** Told by the keeper: what the release needs is gone (or is back). */
  setPresent(target: string, id: string, present: boolean): void;
  inGrace(target: string, now: number): boolean;
  graceUntil(target: string, now: number): number | null;
  deploying(target: string, now: number): boolean;
  /** The migration whose window is open; null when there is none, or its time is over. */
  migrating(target: string, now: number): Migration | null;
  /** Opens a window, or closes it with null. What is stored is the caller's to store. */
  setMigration(target: string, migration: Migration | null): void;
  deploy(target: string, phase: 'begin' | 'end', by: string, now: number): ReleaseChange;
}
