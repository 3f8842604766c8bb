import { assign, setup } from 'xstate';
import type { Decision, FiredLevel, Marks, Outcome } from '../src/domain/incident.ts';
import { noMarks } from '../src/domain/incident.ts';
import type { Plan } from '../src/domain/plan.ts';
import type { Rule, Severity } from '../src/domain/rule.ts';

/**
 * What is wrong with one target, from the first level that fires to its outcome.
 *
 *   judging ─▶ monitoring | investigating      told or recorded; worse ─▶ judging
 *      │  ╲──▶ halted                          nothing may start; unhalted ─▶ judging
 *      ▼
 *   planning ─▶ asking ─approved─▶ starting ─▶ rolling_back ─▶ closed (rolled_back)
 *      │           ╲─rejected─▶ monitoring         │
 *      ╲── decided ─▶ starting                     ╲─failed─▶ handed_over ─▶ closed
 *
 * Every level recovered before the first effect ─▶ closed (recovered); its rule or target removed ─▶ closed
 * (withdrawn). After the first effect only the rollback itself ends it.
 *
 * Pure: time arrives in events (`at`); effects, questions and messages are rows that the engine writes in the same
 * commit as the new snapshot.
 */
export const incidentVersion = 1;

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
      readonly request: { readonly named: string | null; readonly playbook: string | null } | null;
    }
  | { readonly type: 'rejected'; readonly at: number; readonly reason: string }
  | {
      readonly type: 'expired';
      readonly at: number;
      readonly then: 'rollback' | 'monitor' | 'investigate' | 'hand_over';
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
    }
  | { readonly type: 'unhalted'; readonly at: number }
  | { readonly type: 'withdrawn'; readonly at: number; readonly reason: string }
  | { readonly type: 'acknowledged'; readonly at: number; readonly by: string };

type Recovered = Extract<IncidentEvent, { type: 'recovered' }>;

export const incidentMachine = setup({
  types: {
    input: {} as IncidentInput,
    context: {} as IncidentContext,
    events: {} as IncidentEvent,
  },
  guards: {
    allRecovered: ({ event }) => event.type === 'recovered' && event.lead === null,
    leadChanged: ({ context, event }) =>
      event.type === 'recovered' && event.lead !== null && !sameLead(event.lead, context.lead),
    worse: ({ event }) => event.type === 'fired' && event.worse,
    isHalted: ({ event }) => 'decision' in event && event.decision.halted,
    wants: ({ event }, params: { action: Decision['action'] }) =>
      'decision' in event && event.decision.action === params.action,
    wantsPlan: ({ event }) =>
      event.type === 'judged' && (event.decision.action === 'rollback' || event.decision.action === 'ask'),
    then: ({ event }, params: { then: string }) => event.type === 'expired' && event.then === params.then,
    hasNextPlaybook: ({ event }) => event.type === 'rollbackFailed' && event.nextPlaybook !== null,
    byPerson: ({ context }) => context.approvedBy !== null,
  },
  actions: {
    add: assign(({ context, event }) => (event.type === 'fired' ? withFired(context, event) : {})),
    drop: assign(({ context, event }) => (event.type === 'recovered' ? withRecovered(context, event) : {})),
    decide: assign(({ context, event }) => ('decision' in event ? withDecision(context, event) : {})),
    keepPlan: assign(({ event }) => ('plan' in event ? { plan: event.plan } : {})),
    pin: assign(({ event }) => (event.type === 'begun' ? { pinned: event.pinned } : {})),
    because: assign(({ event }) => ('reason' in event ? { reason: event.reason } : {})),
    outcome: assign((_, params: { outcome: Outcome }) => ({ outcome: params.outcome })),
    mark: assign(({ context, event }, params: { mark: keyof Marks }) => ({
      marks: { ...context.marks, [params.mark]: event.at },
    })),
    markEffect: assign(({ context, event }) =>
      event.type === 'progressed' ? withEffect(context, event) : {},
    ),
    countVoid: assign(({ context }) => ({ voided: context.voided + 1, approvedBy: null })),
    countQuestion: assign(({ context }) => ({ questions: context.questions + 1 })),
    reject: assign({ rejected: true }),
    approve: assign(({ event }) => (event.type === 'approved' ? { approvedBy: event.by, ...event.request } : {})),
    forgetApproval: assign({ approvedBy: null }),
    acknowledge: assign(({ event }) => (event.type === 'acknowledged' ? { acknowledgedBy: event.by } : {})),
    nextPlaybook: assign(({ context, event }) =>
      event.type === 'rollbackFailed'
        ? { playbook: event.nextPlaybook, tried: [...context.tried, context.plan?.playbook ?? ''] }
        : {},
    ),
  },
}).createMachine({
  id: 'incident',
  initial: 'judging',
  context: ({ input }) => ({
    id: input.id,
    target: input.target,
    openedAt: input.at,
    origin: input.origin,
    named: input.named,
    severity: input.lead.severity,
    lead: input.lead,
    levels: input.level === null ? [] : [input.level],
    decision: null,
    playbook: input.playbook,
    tried: [],
    plan: null,
    pinned: [],
    voided: 0,
    rejected: false,
    questions: 0,
    approvedBy: input.origin.by === 'person' ? { name: input.origin.name, role: input.origin.role } : null,
    acknowledgedBy: null,
    outcome: null,
    reason:
      input.level === null ? 'a person asked for a rollback' : `${input.level.rule}: ${input.level.detail}`,
    marks: {
      ...noMarks,
      breachedAt: input.level?.since ?? input.at,
      detectedAt: input.level?.firedAt ?? input.at,
    },
  }),
  on: {
    acknowledged: { actions: 'acknowledge' },
  },
  states: {
    judging: {
      on: {
        judged: [
          { guard: 'isHalted', target: 'halted', actions: 'decide' },
          {
            guard: { type: 'wants', params: { action: 'monitor' } },
            target: 'monitoring',
            actions: 'decide',
          },
          {
            guard: { type: 'wants', params: { action: 'investigate' } },
            target: 'investigating',
            actions: 'decide',
          },
          {
            guard: { type: 'wants', params: { action: 'hand_over' } },
            target: 'handed_over',
            actions: 'decide',
          },
          { guard: 'wantsPlan', target: 'planning', actions: 'decide' },
        ],
        fired: { actions: 'add' },
        recovered: [
          {
            guard: 'allRecovered',
            target: 'closed',
            actions: ['drop', { type: 'outcome', params: { outcome: 'recovered' } }],
          },
          { actions: 'drop' },
        ],
        withdrawn: {
          target: 'closed',
          actions: ['because', { type: 'outcome', params: { outcome: 'withdrawn' } }],
        },
      },
    },
    monitoring: {
      on: {
        fired: { target: 'judging', actions: 'add' },
        recovered: [
          {
            guard: 'allRecovered',
            target: 'closed',
            actions: ['drop', { type: 'outcome', params: { outcome: 'recovered' } }],
          },
          { guard: 'leadChanged', target: 'judging', actions: 'drop' },
          { actions: 'drop' },
        ],
        approved: {
          target: 'planning',
          actions: ['approve', 'because', { type: 'mark', params: { mark: 'answeredAt' } }],
        },
        withdrawn: {
          target: 'closed',
          actions: ['because', { type: 'outcome', params: { outcome: 'withdrawn' } }],
        },
      },
    },
    investigating: {
      on: {
        fired: { target: 'judging', actions: 'add' },
        recovered: [
          {
            guard: 'allRecovered',
            target: 'closed',
            actions: ['drop', { type: 'outcome', params: { outcome: 'recovered' } }],
          },
          { guard: 'leadChanged', target: 'judging', actions: 'drop' },
          { actions: 'drop' },
        ],
        approved: {
          target: 'planning',
          actions: ['approve', 'because', { type: 'mark', params: { mark: 'answeredAt' } }],
        },
        withdrawn: {
          target: 'closed',
          actions: ['because', { type: 'outcome', params: { outcome: 'withdrawn' } }],
        },
      },
    },
    halted: {
      on: {
        fired: { actions: 'add' },
        recovered: [
          {
            guard: 'allRecovered',
            target: 'closed',
            actions: ['drop', { type: 'outcome', params: { outcome: 'recovered' } }],
          },
          { actions: 'drop' },
        ],
        unhalted: 'judging',
        withdrawn: {
          target: 'closed',
          actions: ['because', { type: 'outcome', params: { outcome: 'withdrawn' } }],
        },
      },
    },
    planning: {
      on: {
        planned: [
          { guard: 'isHalted', target: 'halted', actions: ['keepPlan', 'decide'] },
          { guard: 'byPerson', target: 'starting', actions: ['keepPlan', 'decide'] },
          {
            guard: { type: 'wants', params: { action: 'rollback' } },
            target: 'starting',
            actions: ['keepPlan', 'decide'],
          },
          {
            guard: { type: 'wants', params: { action: 'ask' } },
            target: 'asking',
            actions: ['keepPlan', 'decide', 'countQuestion', { type: 'mark', params: { mark: 'askedAt' } }],
          },
          {
            guard: { type: 'wants', params: { action: 'monitor' } },
            target: 'monitoring',
            actions: 'decide',
          },
          {
            guard: { type: 'wants', params: { action: 'investigate' } },
            target: 'investigating',
            actions: 'decide',
          },
          { target: 'handed_over', actions: ['keepPlan', 'decide'] },
        ],
        refused: { target: 'handed_over', actions: 'because' },
        fired: [{ guard: 'worse', target: 'judging', actions: 'add' }, { actions: 'add' }],
        recovered: [
          {
            guard: 'allRecovered',
            target: 'closed',
            actions: ['drop', { type: 'outcome', params: { outcome: 'recovered' } }],
          },
          { guard: 'leadChanged', target: 'judging', actions: 'drop' },
          { actions: 'drop' },
        ],
        withdrawn: {
          target: 'closed',
          actions: ['because', { type: 'outcome', params: { outcome: 'withdrawn' } }],
        },
      },
    },
    asking: {
      on: {
        approved: {
          target: 'starting',
          actions: ['approve', 'because', { type: 'mark', params: { mark: 'answeredAt' } }],
        },
        rejected: {
          target: 'monitoring',
          actions: ['reject', 'because', { type: 'mark', params: { mark: 'answeredAt' } }],
        },
        expired: [
          {
            guard: { type: 'then', params: { then: 'rollback' } },
            target: 'starting',
            actions: ['because', { type: 'mark', params: { mark: 'answeredAt' } }],
          },
          { guard: { type: 'then', params: { then: 'monitor' } }, target: 'monitoring', actions: 'because' },
          {
            guard: { type: 'then', params: { then: 'investigate' } },
            target: 'investigating',
            actions: 'because',
          },
          { target: 'handed_over', actions: 'because' },
        ],
        voided: { target: 'judging', actions: ['countVoid', 'because'] },
        fired: [{ guard: 'worse', target: 'judging', actions: 'add' }, { actions: 'add' }],
        recovered: [
          {
            guard: 'allRecovered',
            target: 'closed',
            actions: ['drop', { type: 'outcome', params: { outcome: 'recovered' } }],
          },
          { guard: 'leadChanged', target: 'judging', actions: 'drop' },
          { actions: 'drop' },
        ],
        withdrawn: {
          target: 'closed',
          actions: ['because', { type: 'outcome', params: { outcome: 'withdrawn' } }],
        },
      },
    },
    starting: {
      on: {
        begun: { target: 'rolling_back', actions: ['keepPlan', 'pin'] },
        voided: { target: 'judging', actions: ['countVoid', 'because'] },
        judged: [
          { guard: 'isHalted', target: 'halted', actions: ['decide', 'forgetApproval'] },
          {
            guard: { type: 'wants', params: { action: 'monitor' } },
            target: 'monitoring',
            actions: ['decide', 'forgetApproval'],
          },
          {
            guard: { type: 'wants', params: { action: 'investigate' } },
            target: 'investigating',
            actions: ['decide', 'forgetApproval'],
          },
          { guard: 'wantsPlan', target: 'planning', actions: ['decide', 'forgetApproval'] },
          { target: 'handed_over', actions: ['decide', 'forgetApproval'] },
        ],
        refused: { target: 'handed_over', actions: 'because' },
        fired: { actions: 'add' },
        recovered: [
          {
            guard: 'allRecovered',
            target: 'closed',
            actions: ['drop', { type: 'outcome', params: { outcome: 'recovered' } }],
          },
          { actions: 'drop' },
        ],
        withdrawn: {
          target: 'closed',
          actions: ['because', { type: 'outcome', params: { outcome: 'withdrawn' } }],
        },
      },
    },
    rolling_back: {
      on: {
        progressed: { actions: 'markEffect' },
        rolledBack: {
          target: 'closed',
          actions: [
            'because',
            { type: 'mark', params: { mark: 'verifiedAt' } },
            { type: 'outcome', params: { outcome: 'rolled_back' } },
          ],
        },
        rollbackFailed: [
          { guard: 'hasNextPlaybook', target: 'planning', actions: ['because', 'nextPlaybook'] },
          { target: 'handed_over', actions: 'because' },
        ],
        fired: { actions: 'add' },
        recovered: { actions: 'drop' },
      },
    },
    handed_over: {
      entry: { type: 'outcome', params: { outcome: 'handed_over' } },
      on: {
        fired: { actions: 'add' },
        recovered: [{ guard: 'allRecovered', target: 'closed', actions: 'drop' }, { actions: 'drop' }],
        acknowledged: { target: 'closed', actions: 'acknowledge' },
        approved: { target: 'planning', actions: ['approve', 'because'] },
        withdrawn: { target: 'closed', actions: 'because' },
      },
    },
    closed: { type: 'final' },
  },
});

function sameLead(a: Lead, b: Lead): boolean {
  return a.rule === b.rule && a.severity === b.severity;
}

function withFired(
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
    marks:
      moved && context.marks.firstEffectAt === null ? restarted(context.marks, event.level) : context.marks,
  };
}

/** Marks belong to the level that leads to the rollback. */
function restarted(marks: Marks, level: FiredLevel): Marks {
  return { ...marks, breachedAt: level.since, detectedAt: level.firedAt, decidedAt: null };
}

function withRecovered(context: IncidentContext, event: Recovered): Partial<IncidentContext> {
  const levels = context.levels.map((level) =>
    level.rule === event.rule && level.severity === event.severity
      ? { ...level, recoveredAt: event.at }
      : level,
  );
  if (event.lead === null) return { levels, reason: 'every level recovered' };
  return { levels, lead: event.lead, severity: event.lead.severity };
}

function withDecision(
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

function withEffect(
  context: IncidentContext,
  event: Extract<IncidentEvent, { type: 'progressed' }>,
): Partial<IncidentContext> {
  if (event.effect === 'last') return { marks: { ...context.marks, lastEffectAt: event.at } };
  return { marks: { ...context.marks, firstEffectAt: context.marks.firstEffectAt ?? event.at } };
}
