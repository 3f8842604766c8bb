import type { ZodType } from 'zod';
import type { BackedUp } from '../backup.ts';
import type { DataIntegrity } from '../data-integrity.ts';
import type { EffectOutcome, ProbeAnswer } from '../effect.ts';
import type { EffectClass, Finding, Risk, Step, StepFacts } from '../plan.ts';

/**
 * Carries out one kind of step.
 *
 * Drivers hold no state of a rollback and decide nothing. A driver of several calls is a reconciler: before each
 * call it reads where it stands, so `apply` with the same `opId` may be run again after a crash and finishes the
 * rest. Reads reject with a `RollbackError`; `apply`, `undo` and `release` resolve to an outcome, and reject with
 * recourse `reconcile` when nobody can tell what happened.
 */
export interface Driver<Options = unknown> {
  /** The word in YAML, e.g. `docker.rollback`. */
  readonly kind: string;
  readonly effect: EffectClass;
  readonly risk: Risk;
  /** Where the options, as written or filled in, say more than the kind. */
  riskOf?(options: unknown): Risk;
  /** Options as written in a playbook, templates filled in. */
  readonly options: ZodType<Options>;
  /** Used when the playbook states no deadline. */
  readonly deadlineMs: number;
  /** True: the step goes from the present release to an older one, so a plan needs a release to go to. */
  readonly needsRelease: boolean;
  /** What is there now. Changes nothing. Used by preflight, preconditions and descriptions. */
  read(step: Step, signal: AbortSignal): Promise<StepFacts>;
  /** Everything that can be known to be wrong before any effect of the plan. */
  preflight(step: Step, facts: StepFacts, signal: AbortSignal): Promise<readonly Omit<Finding, 'step'>[]>;
  /** What a dry run and an approval show. */
  describe(step: Step, facts: StepFacts): string;
  apply(step: Step, opId: string, signal: AbortSignal): Promise<EffectOutcome>;
  /** Asks the target whether the effect `opId` happened. */
  probe(step: Step, opId: string, signal: AbortSignal): Promise<ProbeAnswer>;
  /** Whether this step can be undone, where only some of its kind can; all can unless stated. */
  undoable?(step: Step): boolean;
  /** Compensation, in reverse order, when a later step fails. `opId` is that of the effect to be undone. */
  undo?(step: Step, opId: string, signal: AbortSignal): Promise<EffectOutcome>;
  /** Lets go of what the step holds (write quiesce, locks), on every path. `opId` is that of the step's effect. */
  release?(step: Step, opId: string, signal: AbortSignal): Promise<EffectOutcome>;
  /**
   * Makes what the step holds last, and says whether it still does: called every 20 s while the plan is carried out,
   * and before each later step. `failed`: it was lost. Rejects while nobody can tell.
   */
  renew?(step: Step, opId: string, signal: AbortSignal): Promise<EffectOutcome>;
  /** What the step destroys or replaces of people's data: a plan needs a backup of it before. */
  replaces?(step: Step): readonly BackedUp[];
  /**
   * What became of the records over an effect that the probe says is done, as the driver has noted it: asked when the
   * daemon stopped before the outcome was journaled. null: it was not noted.
   */
  integrityOf?(step: Step, opId: string): Promise<readonly DataIntegrity[] | null>;
  /** What the step makes a backup of, for the steps after it. */
  backsUp?(step: Step): readonly BackedUp[];
  /** Commands a person would run to do this by hand; goes into the message of a hand-over. */
  byHand(step: Step): readonly string[];
}

/** The drivers by their word in YAML. */
export type Drivers = Readonly<Record<string, Driver>>;
