import type { RefusedAccess } from '../access.ts';
import type { BreachPhase } from '../breach.ts';
import type { Role } from '../configuration.ts';
import type { Actor, Command } from '../command.ts';
import type { DataIntegrity, DataTally } from '../data-integrity.ts';
import type { Effect } from '../effect.ts';
import type { ExplainView } from '../explanation.ts';
import type { Decision, FiredLevel, Outcome } from '../incident.ts';
import type { Migration, MigrationView } from '../migration.ts';
import type { Finding, Risk } from '../plan.ts';
import type { ComponentKind, Standing } from '../release.ts';
import type { Mode, Severity } from '../rule.ts';
import type { ScrapeView } from '../scraping.ts';
import type { Verdict } from '../reading.ts';
import type { RtoView } from './rto.ts';
import type { MadeToken } from '../controls.ts';
import type { Entry, IncidentRow, PhaseTime, RtoPhase, Ticket } from './store.ts';

/** What came of a command. `refused` is an expected answer, not an exception. */
export interface CommandAnswer {
  readonly accepted: boolean;
  /** One sentence: what was done, or why not and what to do instead. */
  readonly message: string;
  /** The incident it belongs to, if any. */
  readonly incident: string | null;
}

export interface LevelView {
  readonly severity: Severity;
  readonly condition: string;
  readonly phase: BreachPhase;
  readonly since: number | null;
  /** `3 of 2 failures`, `40s of 1m`. */
  readonly progress: string;
}

export interface RuleView {
  readonly rule: string;
  readonly subject: string;
  readonly summary: string;
  readonly verdict: Verdict | 'never_seen' | 'not_read';
  readonly detail: string;
  readonly readAt: number | null;
  readonly armed: boolean;
  readonly silenced: boolean;
  readonly mode: Mode;
  readonly levels: readonly LevelView[];
}

export interface ReleaseView {
  readonly id: string;
  readonly name: string;
  readonly components: readonly {
    readonly kind: ComponentKind;
    readonly value: string;
    readonly label: string;
  }[];
  readonly standing: Standing;
  readonly because: string;
  readonly current: boolean;
  readonly lastGood: boolean;
  readonly bakedMs: number;
  readonly barrier: string | null;
  readonly firstSeenAt: number;
  readonly servedAt: number;
}

export interface TargetView {
  readonly name: string;
  readonly mode: Mode;
  readonly current: ReleaseView | null;
  readonly lastGood: ReleaseView | null;
  /** Why a rollback has nowhere to go; null when it has. */
  readonly noWayBack: string | null;
  readonly bakeMs: number;
  readonly incident: string | null;
  readonly deploying: boolean;
  /** The migration that is open on it. */
  readonly migration: Migration | null;
  readonly graceUntil: number | null;
  readonly frozen: string | null;
  readonly rules: readonly RuleView[];
}

export interface StatusView {
  readonly version: string;
  readonly environment: string;
  readonly mode: Mode;
  readonly now: number;
  readonly startedAt: number;
  /** Why nothing may start, or null. */
  readonly halted: string | null;
  readonly configuration: {
    readonly digest: string;
    readonly loadedAt: number;
    readonly lastReloadFailed: string | null;
  };
  readonly blind: readonly string[];
  readonly scrape: ScrapeView;
  readonly unknownSeries: Readonly<Record<string, number>>;
  readonly targets: readonly TargetView[];
  readonly hosts: readonly RuleView[];
  readonly open: readonly IncidentRow[];
}

export interface PlanView {
  readonly target: string;
  readonly playbook: string;
  readonly digest: string;
  readonly from: ReleaseView | null;
  readonly to: ReleaseView | null;
  readonly risk: Risk;
  /** One line a step. */
  readonly steps: readonly string[];
  /** Those of the steps that can destroy data. */
  readonly destroys: readonly string[];
  /** What is looked at afterwards, one line a phase. */
  readonly verification: readonly string[];
  readonly findings: readonly Finding[];
  /** What a person who asked for this would be told; null when the plan could not be built. */
  readonly refusal: string | null;
}

export interface QuestionView {
  readonly id: string;
  /** Behind its buttons and links. */
  readonly ticket: string;
  readonly planDigest: string;
  readonly askedAt: number;
  readonly dueAt: number;
  /** How often its time may still be prolonged. */
  readonly prolongs: number;
  /** Why an approval would be refused just now, whoever gives it; null when nothing is halted. */
  readonly halted: string | null;
  readonly otherwise: string;
  readonly needs: { readonly people: number; readonly role: 'approver' | 'dba' };
  readonly answers: readonly {
    readonly by: string;
    readonly answer: 'approve' | 'reject' | 'hand_over';
    readonly at: number;
  }[];
  readonly state: string;
  /** Why it ended, where no answer ended it. */
  readonly endedBecause: string;
}

/** The readings of one rule in an incident, for pictures. */
export interface SeriesView {
  readonly rule: string;
  readonly subject: string;
  readonly summary: string;
  readonly levels: readonly {
    readonly severity: Severity;
    readonly condition: string;
    /** In the unit of the readings; null for probes and for thresholds in times. */
    readonly threshold: number | null;
  }[];
  /** Oldest first, thinned to 500 at most. `value` is null for probes and where nothing was read. */
  readonly readings: readonly {
    readonly at: number;
    readonly value: number | null;
    readonly verdict: 'value' | 'passed' | 'failed' | 'unknown';
    readonly detail: string;
  }[];
}

export interface IncidentView extends IncidentRow {
  readonly levels: readonly FiredLevel[];
  readonly decision: Decision | null;
  readonly question: QuestionView | null;
  readonly plan: PlanView | null;
  readonly effects: readonly Effect[];
  readonly journal: readonly Entry[];
  /** What the leading rule read of its subject from the breach on, oldest first; 500 at most. */
  readonly readings: readonly { readonly at: number; readonly detail: string }[];
  /** What each of its rules read of its subject, the leading rule first. */
  readonly series: readonly SeriesView[];
  /** Names of the evidence texts that were captured. */
  readonly evidence: Readonly<Record<string, string>>;
  readonly rto: Readonly<Record<RtoPhase, PhaseTime>> | null;
  /** What became of the records that its steps replaced, thing by thing. */
  readonly integrity: readonly DataIntegrity[];
  /** The sums of `integrity`; null where no data was replaced. */
  readonly data: DataTally | null;
  readonly outcome: Outcome | null;
  /** What a person would have to do now, after a hand-over. */
  readonly byHand: readonly string[];
}

/** A question as a button or a link finds it. */
export interface AskedView {
  readonly ticket: Ticket;
  readonly incident: IncidentView;
  /** Its buttons still count: it is the question that is open now. */
  readonly current: boolean;
}

/** A token that was made at run time, without its secret. */
export type TokenView = Omit<MadeToken, 'hash'>;

/** A one-time code, shown this once. */
export interface MadeCode {
  readonly code: string;
  readonly expiresAt: number;
  /** Where it can be used: under the public URL, or a path of this API where none is configured. */
  readonly page: string;
}

/** The report on one incident, ready to be read. */
export interface Report {
  /** `i-7k3f9a.md`, without its ending. */
  readonly name: string;
  readonly markdown: string;
  /** Self-contained: no script, nothing is loaded. */
  readonly html: string;
}

/** What became of a message to one channel. */
export interface Tried {
  readonly channel: string;
  readonly ok: boolean;
  readonly detail: string;
}

export interface GateView {
  readonly open: boolean;
  readonly reasons: readonly string[];
}

export interface DoctorView {
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[];
}

/** The running daemon as the API and the commands see it. */
export interface Daemon {
  execute(command: Command, actor: Actor): Promise<CommandAnswer>;
  status(): Promise<StatusView>;
  incidents(filter: {
    readonly open?: boolean;
    readonly target?: string;
    readonly limit: number;
  }): Promise<readonly IncidentRow[]>;
  incident(id: string): Promise<IncidentView | null>;
  /**
   * Why a rule fires on a subject, or why not: the value, its parts, the levels, and what the guards would say.
   *
   * @throws RollbackError `NOT_FOUND` when there is no such rule, or it does not apply to the target
   */
  explain(request: {
    /** `pack/name`, or the name alone where only one pack has it. */
    readonly rule: string;
    /** null: the rule's only subject. */
    readonly target: string | null;
    /** Epoch ms; null is now. */
    readonly at: number | null;
  }): Promise<ExplainView>;
  /** A dry run: builds and preflights the plan; changes nothing. */
  plan(request: {
    readonly target: string;
    readonly to: string | null;
    readonly playbook: string | null;
    /** By the playbook for emergencies, where none is named. */
    readonly emergency?: boolean;
  }): Promise<PlanView>;
  /** The migration that is open on a target, and what one that began now would find; `again`: after a rollback. */
  migration(request: {
    readonly target: string;
    /** null: only what is open is asked about. */
    readonly recipe: string | null;
    readonly again: boolean;
  }): Promise<MigrationView>;
  releases(target: string): Promise<readonly ReleaseView[]>;
  gate(target: string, release: string | null): Promise<GateView>;
  rto(filter: { readonly target?: string; readonly sinceMs?: number }): Promise<RtoView>;
  doctor(): Promise<DoctorView>;
  verifyJournal(): Promise<string | null>;
  /** Entries of the journal after a number, oldest first. */
  entries(filter: {
    readonly incident?: string;
    readonly after?: number;
    readonly limit: number;
  }): Promise<readonly Entry[]>;
  /** Number of the journal's last entry. */
  head(): Promise<number>;
  /** Calls back after each commit that journaled something. @returns how to end it */
  onJournaled(call: () => void): () => void;
  /** The question behind a button or link, open or over; null when there never was one. */
  asked(ticket: string): Promise<AskedView | null>;
  tokens(): Promise<readonly TokenView[]>;
  /**
   * @returns the secret, which is shown this once; or why there is none
   */
  makeToken(
    request: { readonly name: string; readonly role: Role; readonly forMs: number | null },
    actor: Actor,
  ): Promise<{ readonly secret: string; readonly token: TokenView } | { readonly refused: string }>;
  revokeToken(name: string, actor: Actor): Promise<CommandAnswer>;
  /** A code with which a person who is named may answer one open question once, within ten minutes. */
  makeCode(
    request: {
      readonly incident: string;
      readonly name: string;
      readonly role: 'approver' | 'dba' | 'admin';
    },
    actor: Actor,
  ): Promise<MadeCode | { readonly refused: string }>;
  /** Who a code stands for; it counts once. Wrong guesses are counted against every code of that question. */
  useCode(ticket: string, code: string): Promise<Actor | { readonly refused: string }>;
  report(incident: string): Promise<Report | null>;
  /** Sends one message of each kind to each channel, marked as a test, past outbox and routes. */
  notifyTest(actor: Actor): Promise<readonly Tried[]>;
  /** Journals and counts that somebody was not let in. Never rejects, and says nothing back. */
  refusedAccess(refused: RefusedAccess): void;
  /** True once it evaluates and the store accepts commits. */
  ready(): boolean;
  /** The metrics page of prom-client. */
  metrics(): Promise<string>;
  reload(): Promise<CommandAnswer>;
}
