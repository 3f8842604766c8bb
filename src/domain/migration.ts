import { HOUR, SECOND } from './time.ts';

/** A migration that goes on: a window on one target, from `begin` or `retry` to `end`, or until its time is over. */
export interface Migration {
  readonly by: string;
  readonly since: number;
  /** It is over by itself then, and counts as failed. */
  readonly until: number;
  readonly recipe: string;
  /** The backup set behind it; null where the environment makes none. */
  readonly set: string | null;
  /** Id of the release that ran when it began; null when none was known. */
  readonly release: string | null;
  /** The commit that ran, where the release says so. */
  readonly commit: string | null;
  readonly note: string;
  /** Set when it is tried again: the incident whose rollback was verified, and what was fixed since. */
  readonly again: { readonly incident: string; readonly fixed: string } | null;
}

/** A line of the checklist before a migration. */
export interface MigrationCheck {
  readonly what: string;
  /** null: the daemon cannot know it; it is for people. */
  readonly done: boolean | null;
  readonly detail: string;
}

/** How a target stands to migrations: the window that is open, and what a new one would find. */
export interface MigrationView {
  readonly target: string;
  readonly now: number;
  readonly open: Migration | null;
  readonly checks: readonly MigrationCheck[];
  /** Why none can begin now; empty: one can. */
  readonly refusals: readonly string[];
  /** What a person has to confirm before one begins. */
  readonly confirm: readonly string[];
  /** Whether a set has to be made first; false where the environment makes none. */
  readonly needsSet: boolean;
}

/** A set that is older does not speak of what is about to change. */
export const freshSetMs = HOUR;
/** How long a window stays open unless stated. */
export const usualWindowMs = 2 * HOUR;

/** How often a rule is read of a target whose migration is tried again: twice as often, at most once a second. */
export function closerMs(everyMs: number): number {
  return Math.min(everyMs, Math.max(SECOND, Math.floor(everyMs / 2)));
}
