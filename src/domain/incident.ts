import type { Severity, Otherwise } from './rule.ts';

/** How an incident ended, and so who owns the problem now. */
export type Outcome = 'recovered' | 'rolled_back' | 'withdrawn' | 'handed_over';

export type DecisionAction = 'rollback' | 'ask' | 'investigate' | 'monitor' | 'hand_over';

/** The guards of the decision table, in the order in which they are shown. */
export const guardNames = [
  'mode',
  'halt',
  'freeze',
  'release',
  'rejected',
  'repeat',
  'cooldown',
  'budget',
  'blame',
  'already_firing',
  'many_targets',
  'destructive_data',
  'facts_changed',
  'interference',
] as const;
export type GuardName = (typeof guardNames)[number];

/** What a guard that objects makes of an automatic decision. */
export type Weakening = 'record' | 'tell' | 'ask' | 'wait' | 'hand_over';

/** A guard's word against acting. `lifts` says what a person's approval does to it. */
export interface Objection {
  readonly guard: GuardName;
  readonly weakens: Weakening;
  /** What an approval does: lift it, be refused, or only count with a release named by `--to`. */
  readonly approval: 'lifts' | 'refused' | 'needs_release' | 'needs_dba';
  readonly reason: string;
}

/** What the matrix and the guards together say. */
export interface Decision {
  readonly action: DecisionAction;
  /** What the matrix wanted before any guard objected. */
  readonly wanted: DecisionAction;
  /** Nothing may start at all; judged again when the halt is lifted. */
  readonly halted: boolean;
  readonly objections: readonly Objection[];
  /** One sentence for people: why this, or why not that. */
  readonly reason: string;
  readonly playbook: string | null;
  readonly withinMs: number;
  readonly otherwise: Otherwise;
  /** The environment whose policy answered instead of people; absent where none did. */
  readonly answeredBy?: string;
  /** Who must answer: how many distinct people, and in which role. */
  readonly needs: { readonly people: number; readonly role: 'approver' | 'dba' };
}

/** A level that fired in this incident. */
export interface FiredLevel {
  readonly rule: string;
  /** What the rule read: the target, its host (`host:NAME`), or a thing of the daemon's own. */
  readonly subject: string;
  readonly severity: Severity;
  readonly since: number;
  readonly firedAt: number;
  readonly detail: string;
  readonly condition: string;
  readonly recoveredAt: number | null;
}

/** Instants of the level that led to the rollback, epoch ms; null while they have not come. */
export interface Marks {
  /** First breaching reading of the run that fired. */
  readonly breachedAt: number | null;
  readonly detectedAt: number | null;
  readonly decidedAt: number | null;
  readonly askedAt: number | null;
  readonly answeredAt: number | null;
  readonly firstEffectAt: number | null;
  readonly lastEffectAt: number | null;
  readonly verifiedAt: number | null;
}

export const noMarks: Marks = {
  breachedAt: null,
  detectedAt: null,
  decidedAt: null,
  askedAt: null,
  answeredAt: null,
  firstEffectAt: null,
  lastEffectAt: null,
  verifiedAt: null,
};

/** Why a person asks for a rollback, and how severe that makes it. */
export const causes = {
  corruption: 'critical',
  security: 'critical',
  regression: 'high',
  integration: 'high',
  slowdown: 'medium',
} as const satisfies Record<string, Severity>;
export type Cause = keyof typeof causes;
