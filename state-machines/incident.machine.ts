import { assign, setup } from 'xstate';
import type { Decision, Marks, Outcome } from '../src/domain/incident.ts';
import {
  begin,
  type IncidentContext,
  type IncidentEvent,
  type IncidentInput,
  leavesLead,
  nothingFires,
  sameLead,
  withDecision,
  withEffect,
  withFired,
  whatRecovered,
  withRecovered,
} from './incident.context.ts';
import {
  answered,
  approval,
  nothingToWaitFor,
  otherLeads,
  recoveredWhole,
  takeOver,
  toInvestigating,
  toMonitoring,
  withdrawal,
} from './incident.transitions.ts';

/** Grows when a stored snapshot of the machine would mean something else. */
export const incidentVersion = 1;

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
 * (withdrawn); a person takes it on while nothing is being rolled back ─▶ handed_over. From the first effect on
 * `rolling_back` ends with the rollback alone; until then another lead is judged anew, unless a person approved.
 * Between a failed playbook and the next, every level recovered ─▶ closed (recovered).
 *
 * Pure: time arrives in events (`at`); effects, questions and messages are rows that the engine writes in the same
 * commit as the new snapshot.
 */
export const incidentMachine = setup({
  types: {
    input: {} as IncidentInput,
    context: {} as IncidentContext,
    events: {} as IncidentEvent,
  },
  guards: {
    allRecovered: ({ event }) => event.type === 'recovered' && event.lead === null,
    // Nothing was done to the target yet, e.g. because the daemon was away.
    recoveredUntouched: ({ context, event }) =>
      event.type === 'recovered' && event.lead === null && context.marks.firstEffectAt === null,
    leadChanged: ({ context, event }) => event.type === 'recovered' && leavesLead(context, event),
    leadChangedUntouched: ({ context, event }) =>
      event.type === 'recovered' &&
      leavesLead(context, event) &&
      context.marks.firstEffectAt === null &&
      context.approvedBy === null,
    worse: ({ event }) => event.type === 'fired' && event.worse,
    // What leads still leads: it was judged already, and one more sign of it changes nothing.
    addsEvidence: ({ context, event }) => event.type === 'fired' && sameLead(event.lead, context.lead),
    nothingFires: ({ context }) => nothingFires(context),
    nothingFiresAfterEffects: ({ context }) => context.marks.firstEffectAt !== null && nothingFires(context),
    isRequest: ({ event }) => event.type === 'approved' && event.request !== null,
    // People said no: only getting worse is asked about again, and only once.
    saidNo: ({ context, event }) =>
      context.rejected && (context.rejections > 1 || event.type !== 'fired' || !event.worse),
    isHalted: ({ event }) => 'decision' in event && event.decision.halted,
    wants: ({ event }, params: { action: Decision['action'] }) =>
      'decision' in event && event.decision.action === params.action,
    wantsPlan: ({ event }) =>
      event.type === 'judged' && (event.decision.action === 'rollback' || event.decision.action === 'ask'),
    otherwise: ({ event }, params: { action: string }) =>
      event.type === 'expired' && event.otherwise === params.action,
    hasNextPlaybook: ({ event }) => event.type === 'rollbackFailed' && event.nextPlaybook !== null,
    // Who approved the first playbook did not approve of more risk.
    approvalEnds: ({ event }) =>
      event.type === 'rollbackFailed' && event.nextPlaybook !== null && event.riskier,
    byPerson: ({ context }) => context.approvedBy !== null,
  },
  actions: {
    add: assign(({ context, event }) => (event.type === 'fired' ? withFired(context, event) : {})),
    drop: assign(({ context, event }) => (event.type === 'recovered' ? withRecovered(context, event) : {})),
    sayWhatWasDone: assign(({ context }) => ({ reason: whatRecovered(context) })),
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
    reject: assign(({ context }) => ({ rejected: true, rejections: context.rejections + 1 })),
    approve: assign(({ event }) =>
      event.type === 'approved' ? { approvedBy: event.by, ...event.request } : {},
    ),
    forgetApproval: assign({ approvedBy: null }),
    reopen: assign({ outcome: null }),
    // Who had it before had something else.
    unacknowledge: assign({ acknowledgedBy: null }),
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
  context: ({ input }) => begin(input),
  on: {
    acknowledged: { actions: 'acknowledge' },
  },
  states: {
    judging: {
      on: {
        judged: [
          { guard: 'isHalted', target: 'halted', actions: 'decide' },
          { ...toMonitoring, actions: 'decide' },
          { ...toInvestigating, actions: 'decide' },
          {
            guard: { type: 'wants', params: { action: 'hand_over' } },
            target: 'handed_over',
            actions: 'decide',
          },
          { guard: 'wantsPlan', target: 'planning', actions: 'decide' },
        ],
        fired: { actions: 'add' },
        recovered: [recoveredWhole, { actions: 'drop' }],
        takenOver: takeOver,
        withdrawn: withdrawal,
      },
    },
    monitoring: {
      always: nothingToWaitFor,
      on: {
        fired: [
          { guard: 'saidNo', actions: 'add' },
          { guard: 'addsEvidence', actions: 'add' },
          { target: 'judging', actions: 'add' },
        ],
        recovered: [recoveredWhole, { guard: 'saidNo', actions: 'drop' }, otherLeads, { actions: 'drop' }],
        approved: { target: 'planning', actions: approval },
        takenOver: takeOver,
        withdrawn: withdrawal,
      },
    },
    investigating: {
      always: nothingToWaitFor,
      on: {
        fired: [
          { guard: 'addsEvidence', actions: 'add' },
          { target: 'judging', actions: 'add' },
        ],
        recovered: [recoveredWhole, otherLeads, { actions: 'drop' }],
        approved: { target: 'planning', actions: approval },
        takenOver: takeOver,
        withdrawn: withdrawal,
      },
    },
    halted: {
      on: {
        fired: { actions: 'add' },
        recovered: [recoveredWhole, { actions: 'drop' }],
        unhalted: 'judging',
        takenOver: takeOver,
        withdrawn: withdrawal,
      },
    },
    planning: {
      on: {
        planned: [
          // Nobody knows how long it waits: what was approved may be something else by then.
          { guard: 'isHalted', target: 'halted', actions: ['keepPlan', 'decide', 'forgetApproval'] },
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
          { ...toMonitoring, actions: 'decide' },
          { ...toInvestigating, actions: 'decide' },
          { target: 'handed_over', actions: ['keepPlan', 'decide'] },
        ],
        refused: { target: 'handed_over', actions: 'because' },
        approved: { target: 'judging', actions: approval },
        fired: [{ guard: 'worse', target: 'judging', actions: 'add' }, { actions: 'add' }],
        recovered: [recoveredWhole, otherLeads, { actions: 'drop' }],
        takenOver: takeOver,
        withdrawn: withdrawal,
      },
    },
    asking: {
      on: {
        approved: [
          // Another release or playbook than the one asked about is another plan.
          { guard: 'isRequest', target: 'planning', actions: approval },
          { target: 'starting', actions: approval },
        ],
        rejected: {
          target: 'monitoring',
          actions: ['reject', 'because', answered],
        },
        expired: [
          {
            guard: { type: 'otherwise', params: { action: 'rollback' } },
            target: 'starting',
            actions: ['because', answered],
          },
          {
            guard: { type: 'otherwise', params: { action: 'monitor' } },
            target: 'monitoring',
            actions: 'because',
          },
          {
            guard: { type: 'otherwise', params: { action: 'investigate' } },
            target: 'investigating',
            actions: 'because',
          },
          { target: 'handed_over', actions: 'because' },
        ],
        fired: [{ guard: 'worse', target: 'judging', actions: 'add' }, { actions: 'add' }],
        recovered: [recoveredWhole, otherLeads, { actions: 'drop' }],
        takenOver: { ...takeOver, actions: [...takeOver.actions, answered] },
        withdrawn: withdrawal,
      },
    },
    starting: {
      on: {
        begun: { target: 'rolling_back', actions: ['keepPlan', 'pin'] },
        voided: { target: 'judging', actions: ['countVoid', 'because'] },
        judged: [
          { guard: 'isHalted', target: 'halted', actions: ['decide', 'forgetApproval'] },
          { ...toMonitoring, actions: ['decide', 'forgetApproval'] },
          { ...toInvestigating, actions: ['decide', 'forgetApproval'] },
          { guard: 'wantsPlan', target: 'planning', actions: ['decide', 'forgetApproval'] },
          { target: 'handed_over', actions: ['decide', 'forgetApproval'] },
        ],
        refused: { target: 'handed_over', actions: 'because' },
        approved: { target: 'judging', actions: approval },
        fired: { actions: 'add' },
        recovered: [recoveredWhole, { actions: 'drop' }],
        takenOver: takeOver,
        withdrawn: withdrawal,
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
          {
            guard: 'approvalEnds',
            target: 'planning',
            actions: ['because', 'nextPlaybook', 'forgetApproval'],
          },
          { guard: 'hasNextPlaybook', target: 'planning', actions: ['because', 'nextPlaybook'] },
          { target: 'handed_over', actions: 'because' },
        ],
        fired: { actions: 'add' },
        recovered: [
          { ...recoveredWhole, guard: 'recoveredUntouched' },
          { guard: 'leadChangedUntouched', target: 'judging', actions: 'drop' },
          { actions: 'drop' },
        ],
      },
    },
    handed_over: {
      entry: [{ type: 'outcome', params: { outcome: 'handed_over' } }, 'unacknowledge'],
      on: {
        fired: { actions: 'add' },
        recovered: [
          { guard: 'allRecovered', target: 'closed', actions: ['drop', 'sayWhatWasDone'] },
          { actions: 'drop' },
        ],
        acknowledged: { target: 'closed', actions: 'acknowledge' },
        approved: { target: 'planning', actions: ['approve', 'because', 'reopen'] },
        withdrawn: { target: 'closed', actions: 'because' },
      },
    },
    closed: { type: 'final' },
  },
});
