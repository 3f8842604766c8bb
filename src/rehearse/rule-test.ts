import type { BreachPhase } from '../domain/breach.ts';
import type { DecisionAction, GuardName, Outcome } from '../domain/incident.ts';
import type { Labels } from '../domain/labels.ts';
import type { Verdict } from '../domain/reading.ts';
import type { Mode, Severity } from '../domain/rule.ts';
import type { WrittenReading } from './reading-notation.ts';
import type { WrittenSample } from './series-notation.ts';

/** Where something is written, counted from 1. */
export interface Where {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A file of tests for the rules of one pack, or of one configuration. Times are ms since the beginning of a test. */
export interface RuleTestFile {
  readonly file: string;
  readonly tests: readonly RuleTest[];
  /** The instant of 0s, epoch ms. */
  readonly nowAt: number;
}

/** What ran on a target before the test began. */
export interface WrittenReleases {
  /** Label of a release proven good that ran before; null for none. */
  readonly good: string | null;
  /** Label of the one that runs; null when nothing known does. */
  readonly running: string | null;
  /** How long it has been running. */
  readonly forMs: number;
}

/** One test, read and checked. */
export interface RuleTest {
  readonly name: string;
  readonly where: Where;
  readonly mode: Mode;
  readonly intervalMs: number;
  readonly series: readonly { readonly labels: Labels; readonly samples: readonly WrittenSample[] }[];
  /** What rules without PromQL read, by `rule id` and subject. */
  readonly readings: ReadonlyMap<string, ReadonlyMap<string, readonly WrittenReading[]>>;
  readonly releases: Readonly<Record<string, WrittenReleases>>;
  readonly deploys: readonly { readonly target: string; readonly atMs: number; readonly release: string }[];
  /** Deployments that CI announces: `deploy begin`, and `deploy end`. */
  readonly deploying: readonly { readonly target: string; readonly fromMs: number; readonly toMs: number }[];
  readonly answers: readonly {
    readonly target: string;
    readonly atMs: number;
    readonly answer: 'approve' | 'reject';
    readonly by: string;
  }[];
  readonly fails: { readonly steps: readonly string[]; readonly checks: readonly string[] };
  /** False: rules are new, and one that breaches at its first reading stays unarmed. */
  readonly armed: boolean;
  readonly endMs: number;
  readonly expectations: readonly Expectation[];
  readonly queries: readonly QueryTest[];
}

/** When an expectation must hold: at an instant, at some instant until then, or at none until then. */
export interface Timing {
  readonly when: 'at' | 'by' | 'never';
  readonly ms: number;
}

/** What is expected of a rule on a subject. What is null is not compared. */
export interface RuleWants {
  /** `pack/name`. */
  readonly rule: string;
  readonly subject: string;
  readonly verdict: Verdict | 'never_seen' | 'not_read' | null;
  readonly level: Severity | null;
  /** Any of these. */
  readonly phases: readonly BreachPhase[] | null;
  readonly armed: boolean | null;
  readonly value: number | null;
}

/** What is expected of the incident on a target, and of what runs there. What is null is not compared. */
export interface TargetWants {
  readonly target: string;
  readonly decision: DecisionAction | 'none' | null;
  readonly wanted: DecisionAction | null;
  readonly guards: readonly GuardName[] | null;
  readonly severity: Severity | null;
  readonly lead: string | null;
  readonly state: string | null;
  readonly outcome: Outcome | 'none' | null;
  /** `pack/name`. */
  readonly playbook: string | null;
  readonly rolledBackTo: string | null;
  readonly running: string | null;
}

/** One line of `expect`. Everything in it must hold at the same instant. */
export interface Expectation {
  readonly where: Where;
  readonly timing: Timing;
  readonly rule: RuleWants | null;
  readonly target: TargetWants | null;
}

/** A query, and what it must return at an instant; labels that are not written are not compared. */
export interface QueryTest {
  readonly where: Where;
  readonly query: string;
  readonly atMs: number;
  readonly samples: readonly { readonly labels: Labels; readonly value: number }[];
}
