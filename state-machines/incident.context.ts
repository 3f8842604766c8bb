import { type Decision, type FiredLevel, type Marks, noMarks, type Outcome } from '../src/domain/incident.ts';
import type { Plan } from '../src/domain/plan.ts';
import type { Rule, Severity } from '../src/domain/rule.ts';

/** The level that leads, and what it may weigh. */
export interface Lead {
  readonly rule: string;
  readonly severity: Severity;
}

/** Why the incident exists: signals, or a person who asked for a rollback. */
export type Origin =
  | { readonly by: 'signals' }
  | {
      readonly by: 'person';
      readonly name: string;
      readonly role: 'approver' | 'dba' | 'admin';
      readonly cause: string;
    };

export interface IncidentInput {
  readonly id: string;
  readonly target: string;
  readonly at: number;
  readonly origin: Origin;
  /** Release asked for by name. */
  readonly named: string | null;
  readonly level: FiredLevel | null;
  readonly lead: Lead;
  readonly playbook: string | null;
}

export interface IncidentContext {
  readonly id: string;
  readonly target: string;
  readonly openedAt: number;
  readonly origin: Origin;
  /** Release that a person asked for by name; null for the last good one. */
  readonly named: string | null;
  readonly severity: Severity;
  readonly lead: Lead;
  readonly levels: readonly FiredLevel[];
  readonly decision: Decision | null;
  /** Playbook to follow instead of the decision's, e.g. after a failed one. */
  readonly playbook: string | null;
  /** Playbooks that were tried, so that a chain of `otherwise_playbook` ends. */
  readonly tried: readonly string[];
  readonly plan: Plan | null;
  /** Rules of the levels as they were at the first effect: the incident keeps its own copy. */
  readonly pinned: readonly Rule[];
  /** How often the facts changed under a plan. */
  readonly voided: number;
  /** A person said no: it never rolls back by itself again. */
  readonly rejected: boolean;
  /** How often people said no: after the first, getting worse asks once more. */
  readonly rejections: number;
  readonly questions: number;
  /** Who approved the present plan; null for an automatic decision. */
  readonly approvedBy: { readonly name: string; readonly role: 'approver' | 'dba' | 'admin' } | null;
  readonly acknowledgedBy: string | null;
  readonly outcome: Outcome | null;
  readonly reason: string;
  readonly marks: Marks;
}

export type IncidentEvent =
  | {
      readonly type: 'fired';
      readonly at: number;
      readonly level: FiredLevel;
      readonly lead: Lead;
      readonly worse: boolean;
    }
  | {
      readonly type: 'recovered';
      readonly at: number;
      readonly rule: string;
      readonly severity: Severity;
      readonly lead: Lead | null;
      /** Set when the level did not get better but no longer counts. */
      readonly because?: string;
    }
  | { readonly type: 'judged'; readonly at: number; readonly decision: Decision }
  | { readonly type: 'planned'; readonly at: number; readonly plan: Plan; readonly decision: Decision }
  | { readonly type: 'refused'; readonly at: number; readonly reason: string }
  | { readonly type: 'voided'; readonly at: number; readonly reason: string }
  | {
      readonly type: 'approved';
      readonly at: number;
      readonly by: { readonly name: string; readonly role: 'approver' | 'dba' | 'admin' };
      readonly reason: string;
      /** Set when the approval is a request of its own, not the answer to a question. */
      readonly request: {
        readonly named: string | null;
        readonly playbook: string | null;
        /** Where the request makes it that severe. */
        readonly severity?: Severity;
      } | null;
    }
  | { readonly type: 'rejected'; readonly at: number; readonly by: string; readonly reason: string }
  /** A person takes it on: nothing starts by itself any more. */
  | { readonly type: 'takenOver'; readonly at: number; readonly by: string; readonly reason: string }
  | {
      readonly type: 'expired';
      readonly at: number;
      readonly otherwise: 'rollback' | 'monitor' | 'investigate' | 'hand_over';
      readonly reason: string;
    }
  | { readonly type: 'begun'; readonly at: number; readonly plan: Plan; readonly pinned: readonly Rule[] }
  | { readonly type: 'progressed'; readonly at: number; readonly effect: 'first' | 'last' }
  | { readonly type: 'rolledBack'; readonly at: number; readonly reason: string }
  | {
      readonly type: 'rollbackFailed';
      readonly at: number;
      readonly reason: string;
      readonly nextPlaybook: string | null;
      /** The next playbook risks more than the one that failed. */
      readonly riskier: boolean;
    }
  | { readonly type: 'unhalted'; readonly at: number }
  | { readonly type: 'withdrawn'; readonly at: number; readonly reason: string }
  | { readonly type: 'acknowledged'; readonly at: number; readonly by: string };

/** The context at the first event. */
export function begin(input: IncidentInput): IncidentContext {
  const { origin, level, lead, at } = input;
  return {
    id: input.id,
    target: input.target,
    openedAt: at,
    origin,
    named: input.named,
    severity: lead.severity,
    lead,
    levels: level === null ? [] : [level],
    decision: null,
    playbook: input.playbook,
    tried: [],
    plan: null,
    pinned: [],
    voided: 0,
    rejected: false,
    rejections: 0,
    questions: 0,
    approvedBy: origin.by === 'person' ? { name: origin.name, role: origin.role } : null,
    acknowledgedBy: null,
    outcome: null,
    reason: level === null ? 'a person asked for a rollback' : `${level.rule}: ${level.detail}`,
    marks: { ...noMarks, breachedAt: level?.since ?? at, detectedAt: level?.firedAt ?? at },
  };
}

/** Whether the same level leads. */
export function sameLead(a: Lead, b: Lead): boolean {
  return a.rule === b.rule && a.severity === b.severity;
}

/** Whether another level leads once this one recovered. */
export function leavesLead(
  { lead }: IncidentContext,
  event: Extract<IncidentEvent, { type: 'recovered' }>,
): boolean {
  return event.lead !== null && !sameLead(event.lead, lead);
}

/** Whether every level that ever fired recovered; true for a request without any. */
export function nothingFires({ levels }: IncidentContext): boolean {
  return levels.every(({ recoveredAt }) => recoveredAt !== null);
}

/** Adds a level that fired, and follows the level that leads now. */
export function withFired(
  context: IncidentContext,
  event: Extract<IncidentEvent, { type: 'fired' }>,
): Partial<IncidentContext> {
  const others = context.levels.filter(
    (level) => level.rule !== event.level.rule || level.severity !== event.level.severity,
  );
  const moved = !sameLead(event.lead, context.lead);
  return {
    levels: [...others, event.level],
    lead: event.lead,
    severity: event.lead.severity,
    // Who has the lesser trouble need not know of the greater one.
    acknowledgedBy: event.worse ? null : context.acknowledgedBy,
    marks: moved ? restarted(context.marks, event.level) : context.marks,
  };
}

/** Marks belong to the level that leads to the rollback. */
function restarted(marks: Marks, level: FiredLevel): Marks {
  if (marks.firstEffectAt !== null) return marks;
  return { ...marks, breachedAt: level.since, detectedAt: level.firedAt, decidedAt: null };
}

/** Notes that a level recovered. */
export function withRecovered(
  context: IncidentContext,
  event: Extract<IncidentEvent, { type: 'recovered' }>,
): Partial<IncidentContext> {
  const levels = context.levels.map((level) =>
    level.rule === event.rule && level.severity === event.severity
      ? { ...level, recoveredAt: event.at }
      : level,
  );
  if (event.lead === null) return { levels };
  // What was rolled back for keeps its name and its severity, in messages and in the ledger, while the rest recovers.
  if (context.marks.firstEffectAt !== null) return { levels };
  const { lead } = event;
  const leading = levels.find((level) => sameLead(level, lead));
  const moved = !sameLead(lead, context.lead) && leading !== undefined;
  const marks = moved ? restarted(context.marks, leading) : context.marks;
  return { levels, lead, severity: lead.severity, marks };
}

/** How an incident recovered: untouched, or after a rollback that did not come to its end. */
export function whatRecovered({ marks }: IncidentContext): string {
  if (marks.firstEffectAt === null) return 'every level recovered';
  return 'every level recovered, after a rollback that was begun and not verified';
}

/** What a decision changes. The first one counts for the mark. */
export function withDecision(
  context: IncidentContext,
  event: Extract<IncidentEvent, { decision: Decision }>,
): Partial<IncidentContext> {
  const decided = context.marks.decidedAt ?? event.at;
  return {
    decision: event.decision,
    reason: event.decision.reason,
    marks: { ...context.marks, decidedAt: decided },
  };
}

/** Instants of the first and the last effect. */
export function withEffect(
  context: IncidentContext,
  event: Extract<IncidentEvent, { type: 'progressed' }>,
): Partial<IncidentContext> {
  if (event.effect === 'last') return { marks: { ...context.marks, lastEffectAt: event.at } };
  return { marks: { ...context.marks, firstEffectAt: context.marks.firstEffectAt ?? event.at } };
}
