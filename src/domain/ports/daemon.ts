import type { BreachPhase } from '../breach.ts';
import type { Role } from '../configuration.ts';
import type { Effect } from '../effect.ts';
import type { ExplainView } from '../explanation.ts';
import type { Cause, Decision, FiredLevel, Outcome } from '../incident.ts';
import type { Finding, Risk } from '../plan.ts';
import type { ComponentKind, Standing } from '../release.ts';
import type { Mode, Severity } from '../rule.ts';
import type { ScrapeView } from '../scraping.ts';
import type { Verdict } from '../reading.ts';
import type { Entry, IncidentRow, LedgerRow, PhaseTime, RtoPhase } from './store.ts';

/** Who asks: the name and role of the token. */
export interface Actor {
  readonly name: string;
  readonly role: Role;
}

/** Everything that can be asked of the running daemon. One shape for CLI, API and, later, Slack. */
export type Command =
  | {
      readonly do: 'rollback';
      readonly target: string;
      readonly because: Cause;
      readonly to: string | null;
      readonly playbook: string | null;
      readonly note: string;
    }
  | {
      readonly do: 'approve' | 'reject';
      readonly incident: string;
      readonly planDigest: string | null;
      readonly note: string;
    }
  | { readonly do: 'halt' | 'unhalt'; readonly note: string }
  | { readonly do: 'freeze'; readonly target: string | null; readonly forMs: number; readonly note: string }
  | { readonly do: 'unfreeze'; readonly target: string | null }
  | {
      readonly do: 'silence';
      readonly rule: string;
      readonly target: string | null;
      readonly forMs: number;
      readonly note: string;
    }
  | { readonly do: 'unsilence'; readonly rule: string; readonly target: string | null }
  | { readonly do: 'arm'; readonly rule: string; readonly target: string | null }
  | { readonly do: 'ack'; readonly incident: string; readonly note: string }
  | { readonly do: 'deploy'; readonly target: string; readonly phase: 'begin' | 'end' }
  | {
      readonly do: 'bug';
      readonly target: string;
      readonly issue: string;
      /** Who found it; null: whoever asks. */
      readonly by: string | null;
      readonly note: string;
    }
  | {
      readonly do: 'release';
      readonly target: string;
      readonly action: 'record';
      readonly components: readonly { readonly kind: ComponentKind; readonly value: string }[];
      readonly barrier: string | null;
    }
  | {
      readonly do: 'release';
      readonly target: string;
      readonly action: 'good' | 'bad';
      readonly release: string;
      readonly note: string;
    };

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
  readonly findings: readonly Finding[];
  /** What a person who asked for this would be told; null when the plan could not be built. */
  readonly refusal: string | null;
}

export interface QuestionView {
  readonly id: string;
  readonly planDigest: string;
  readonly dueAt: number;
  readonly otherwise: string;
  readonly needs: { readonly people: number; readonly role: 'approver' | 'dba' };
  readonly answers: readonly {
    readonly by: string;
    readonly answer: 'approve' | 'reject';
    readonly at: number;
  }[];
  readonly state: string;
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
  /** Names of the evidence texts that were captured. */
  readonly evidence: Readonly<Record<string, string>>;
  readonly rto: Readonly<Record<RtoPhase, PhaseTime>> | null;
  readonly outcome: Outcome | null;
  /** What a person would have to do now, after a hand-over. */
  readonly byHand: readonly string[];
}

export interface GateView {
  readonly open: boolean;
  readonly reasons: readonly string[];
}

export interface RtoView {
  readonly incidents: number;
  readonly rows: readonly LedgerRow[];
  /** By phase: median and 95th percentile in ms, share within objective, and the change of the median, newer half against older half. */
  readonly summary: Readonly<
    Record<
      RtoPhase,
      {
        readonly medianMs: number | null;
        readonly p95Ms: number | null;
        readonly withinObjective: number | null;
        readonly trendMs: number | null;
      }
    >
  >;
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
  }): Promise<PlanView>;
  releases(target: string): Promise<readonly ReleaseView[]>;
  gate(target: string, release: string | null): Promise<GateView>;
  rto(filter: { readonly target?: string; readonly sinceMs?: number }): Promise<RtoView>;
  doctor(): Promise<DoctorView>;
  verifyJournal(): Promise<string | null>;
  /** True once it evaluates and the store accepts commits. */
  ready(): boolean;
  /** The metrics page of prom-client. */
  metrics(): Promise<string>;
  reload(): Promise<CommandAnswer>;
}
