import type { LevelChange, Watch } from '../breach.ts';
import type { Reading, Verdict } from '../reading.ts';
import type { Rule } from '../rule.ts';
import type { Subject, Target } from '../target.ts';
import type { RuleView } from './daemon.ts';

/** What one evaluation of one rule brought, for all of its subjects. */
export interface Evaluation {
  readonly at: number;
  readonly rule: Rule;
  readonly readings: ReadonlyMap<string, Reading>;
  /** What the rule says about each of them. */
  readonly verdicts: ReadonlyMap<string, Verdict | 'never_seen'>;
  readonly changes: readonly LevelChange[];
  /** What must be stored: watches whose state changed, or a checkpoint. Empty most of the time. */
  readonly watches: readonly Watch[];
  /** Sources that became blind or can see again. */
  readonly blind: readonly {
    readonly identity: string;
    readonly blind: boolean;
    readonly since: number;
    readonly detail: string;
  }[];
}

/** What detection must know of the world around it, asked at each evaluation. */
export interface DeployState {
  /** Breaches of `http` and `docker` do not age now. */
  inGrace(target: string): boolean;
  /** `while: deploying` levels are valid now. */
  deploying(target: string): boolean;
  /** A migration of it is tried again: its rules are read more often. Never, where that is not said. */
  watchedClosely?(target: string): boolean;
}

/** A rule as an incident keeps it, on the incident's own subjects; everywhere else the configured one counts. */
export interface PinnedRule {
  readonly rule: Rule;
  /** No other pinned copy of a rule of this name has them. */
  readonly subjects: readonly Subject[];
}

/** The last reading of a rule on a subject, and what else it is judged by. */
export interface LastRead {
  /** null before the first one. */
  readonly reading: Reading | null;
  /** It has had data at least once. */
  readonly seen: boolean;
  /** Its breaches do not age during `grace`. */
  readonly seesDeploys: boolean;
}

/** The rules at work: schedules, reads, folds. */
export interface Detection {
  /** Takes up rules and targets; state of unchanged rules is kept. Returns changes of levels whose rule or subject is gone. */
  configure(
    rules: readonly Rule[],
    targets: Readonly<Record<string, Target>>,
    pinned?: readonly PinnedRule[],
  ): readonly LevelChange[];
  /** Restores what was stored of the pairs at work. Called once, right before or after the first `configure`. Down time adds nothing. */
  restore(watches: readonly Watch[], now: number): void;
  /** Evaluates until the signal aborts. */
  start(evaluated: (evaluation: Evaluation) => Promise<void>, signal: AbortSignal): Promise<void>;
  /** Lets an unarmed rule decide; null for all its targets. Returns the watches to store and what fires now. */
  arm(
    rule: string,
    target: string | null,
    now: number,
  ): { readonly watches: readonly Watch[]; readonly changes: readonly LevelChange[] };
  /** Pending breaches start over, e.g. after a clock jump. */
  restartPending(now: number): readonly Watch[];
  /** Any level of the subject is pending, firing or recovering, or breaches and is held back by grace. */
  troubled(subject: string): boolean;
  /** At least one critical rule read `ok` at its last reading, which is not older than three intervals. */
  criticalOk(subject: string, now: number): boolean;
  /** Subjects (targets) that fired or became unknown since `since`. */
  affected(since: number): ReadonlySet<string>;
  views(subject: string): readonly RuleView[];
  /** What a rule last read of a subject; null when it is not read there. */
  lastRead(rule: string, subject: string): LastRead | null;
  unknownSeries(): Readonly<Record<string, number>>;
  blind(): readonly string[];
  /** When the rule was last evaluated, per rule, epoch ms. */
  lastEvaluations(): ReadonlyMap<string, number>;
}
