import type { Release } from './release.ts';
import type { Mode, Otherwise, Severity, Want } from './rule.ts';
import type { Risk } from './plan.ts';
import type { Target } from './target.ts';
import type { Role } from './configuration.ts';

/**
 * Everything that a decision may depend on, gathered at one instant. Deciding is a pure function of it.
 */
export interface Situation {
  readonly at: number;
  readonly target: Target;
  /** The level that leads the incident. */
  readonly severity: Severity;
  readonly want: Want;
  readonly withinMs: number;
  readonly otherwise: Otherwise;
  readonly modes: { readonly daemon: Mode; readonly target: Mode; readonly rule: Mode };
  /** The person whose approval (or request) is being weighed; null for an automatic decision. */
  readonly person: {
    readonly name: string;
    readonly role: Role;
    readonly namedRelease: boolean;
    /** How many distinct people approved, this one included; 1 unless stated. */
    readonly people?: number;
  } | null;
  /** Why nothing may start. */
  readonly halted: string | null;
  /** Why automatic becomes ask. */
  readonly frozen: string | null;
  /** Whether the playbook goes to an older release at all; a mere restart does not. */
  readonly needsRelease: boolean;
  readonly current: Release | null;
  /** Where a rollback would go; null with the reason. */
  readonly candidate: { readonly release: Release } | { readonly release: null; readonly problem: string };
  /** The present release was put there by a rollback of ours. */
  readonly afterRollback: boolean;
  /** Until when, or until what, this target rests after an automatic rollback; null if it does not. */
  readonly cooldown: string | null;
  readonly budget: { readonly used: number; readonly limit: number; readonly perMs: number };
  /** When the target last changed, and how recent a change must be to be blamed (null: blame is off). */
  readonly changedAt: number | null;
  readonly blameMs: number | null;
  /** The leading level was already firing when the present release arrived. */
  readonly alreadyFiring: boolean;
  /** Targets that fired or became unknown within the last 2 minutes, this one included, of how many. */
  readonly affected: { readonly targets: number; readonly of: number };
  /** Risk of the plan, once there is one. */
  readonly risk: Risk | null;
  /** How often facts changed under a plan of this incident. */
  readonly voided: number;
  /** Who put the old state back within an hour of a rollback, and what to do about it; null if nobody did. */
  readonly interference: string | null;
  /** This incident was rejected by a person: it never rolls back by itself again. */
  readonly rejected: boolean;
}
