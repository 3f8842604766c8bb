import type { Phase } from '../playbook.ts';
import type { Reading } from '../reading.ts';
import type { Rule, Severity } from '../rule.ts';
import type { TemplateScope } from '../template.ts';

export interface CheckResult {
  readonly check: string;
  readonly passed: boolean;
  /** What was seen, or why nothing could be seen. */
  readonly detail: string;
  readonly tries: number;
}

export interface PhaseResult {
  readonly phase: string;
  readonly passed: boolean;
  /** True: nothing was seen to be wrong, but not everything could be seen. */
  readonly inconclusive: boolean;
  readonly checks: readonly CheckResult[];
}

/** Asks the checks of a phase until all pass, or its time is over. */
export interface Verifier {
  run(phase: Phase, scope: TemplateScope, deadlineAt: number, signal: AbortSignal): Promise<PhaseResult>;
}

/** How far a level of the incident has come in proving that it recovered. Plain JSON. */
export interface Confirmation {
  readonly rule: string;
  readonly severity: Severity;
  /** Readings before this instant prove nothing: last effect + settle + window. */
  readonly from: number;
  readonly state: 'waiting' | 'recovering' | 'recovered' | 'breaching';
  readonly recoverMs: number;
  readonly count: number;
  /** The reading before, if it was known: what adjacent means. */
  readonly previous: { readonly at: number; readonly good: boolean } | null;
  /** The last known reading; more than three intervals after it, recovering starts over. */
  readonly knownAt?: number | null;
  /** For `need` without `recover`: whether each of the last known readings breached, oldest first. */
  readonly recent?: readonly boolean[];
  /** Known readings so far; none at the deadline means inconclusive. */
  readonly known: number;
  readonly detail: string;
}

/** The pure fold over fresh readings that decides whether the incident's own rules recovered. */
export interface Confirmer {
  begin(rule: Rule, severity: Severity, effectAt: number, settleMs: number): Confirmation;
  fold(confirmation: Confirmation, rule: Rule, reading: Reading): Confirmation;
  /** settle + window + recover `for`, with a margin of three intervals: when to stop waiting, epoch ms. */
  deadline(
    rules: readonly { readonly rule: Rule; readonly severity: Severity }[],
    effectAt: number,
    settleMs: number,
  ): number;
}
