import { MINUTE } from './time.ts';
import type { Comparison } from './rule.ts';

/** How long each phase may take, in ms; null where none is set. */
export interface Objectives {
  readonly rollbackMs: number;
  readonly verificationMs: number;
  readonly totalMs: number;
}

/** What holds where a playbook states no objectives: the runbook's table of recovery times. */
export const standardObjectives: Objectives = {
  rollbackMs: 5 * MINUTE,
  verificationMs: 3 * MINUTE,
  totalMs: 10 * MINUTE,
};

/** A step as written: a driver's word and its options, still with templates and words such as `last_good`. */
export interface PlaybookStep {
  readonly kind: string;
  readonly options: unknown;
  readonly deadlineMs: number;
  /** How often a failed attempt that changed nothing may be repeated. */
  readonly retries: number;
}

/** A check: a signal plus what it must be. `passes` is for probes, which need no comparison. */
export type Check =
  | {
      readonly name: string;
      readonly source: { readonly kind: string; readonly options: unknown };
      readonly expect: Comparison | 'passes';
    }
  | {
      readonly name: string;
      readonly tcp: { readonly host: string; readonly port: number; readonly timeoutMs: number };
    }
  | {
      readonly name: string;
      readonly command: { readonly run: readonly string[]; readonly timeoutMs: number };
    };

export const phaseNames = ['infrastructure', 'connectivity', 'functionality', 'data'] as const;
export type PhaseName = (typeof phaseNames)[number];

export interface Phase {
  readonly name: PhaseName;
  /** The checks may be retried for this long. */
  readonly withinMs: number;
  readonly checks: readonly Check[];
}

export interface Verification {
  readonly settleMs: number;
  /** In the order of `phaseNames`; phases without checks are left out. */
  readonly phases: readonly Phase[];
}

/** The ordered steps and the verification for a kind of target. */
export interface Playbook {
  /** `pack/name`. */
  readonly id: string;
  readonly steps: readonly PlaybookStep[];
  readonly verification: Verification;
  readonly objectives: Objectives;
  /** Taken when this one failed. */
  readonly otherwisePlaybook: string | null;
  /** `pack/name` of the communication plan that its incidents follow; null: none. */
  readonly communication: string | null;
}
