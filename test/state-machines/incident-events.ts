import type { Decision, FiredLevel } from '../../src/domain/incident.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { MINUTE } from '../../src/domain/time.ts';
import type {
  IncidentContext,
  IncidentEvent,
  IncidentInput,
  Lead,
} from '../../state-machines/incident.context.ts';

export const at = Date.UTC(2026, 0, 5, 12, 0, 0);

export const highLead: Lead = { rule: 'shop/errors', severity: 'high' };
export const criticalLead: Lead = { rule: 'shop/errors', severity: 'critical' };

export function level({ rule, severity }: Lead): FiredLevel {
  return {
    rule,
    subject: 'shop',
    severity,
    since: at - MINUTE,
    firedAt: at,
    detail: 'errors is 0.3',
    condition: 'above 25% for 1m',
    recoveredAt: null,
  };
}

export const bySignals: IncidentInput = {
  id: 'i-1',
  target: 'shop',
  at,
  origin: { by: 'signals' },
  named: null,
  level: level(highLead),
  lead: highLead,
  playbook: null,
};

export const byPerson: IncidentInput = {
  ...bySignals,
  origin: { by: 'person', name: 'alice', role: 'approver', cause: 'regression' },
  level: null,
  lead: { rule: 'request/regression', severity: 'high' },
};

export function decision(action: Decision['action'], halted = false): Decision {
  return {
    action,
    wanted: action,
    halted,
    objections: [],
    reason: `decided to ${action}`,
    playbook: 'shop/service',
    withinMs: 15 * MINUTE,
    otherwise: 'hand_over',
    needs: { people: 1, role: 'approver' },
  };
}

export const plan: Plan = {
  incident: 'i-1',
  target: 'shop',
  playbook: 'shop/service',
  otherwisePlaybook: null,
  from: null,
  to: null,
  steps: [],
  descriptions: [],
  findings: [],
  identities: [],
  verification: { settleMs: 5_000, phases: [] },
  objectives: { rollbackMs: 1, verificationMs: 1, totalMs: 1 },
  builtAt: at,
  digest: '0123456789abcdef',
};

const actions = ['rollback', 'ask', 'investigate', 'monitor', 'hand_over'] as const;
const alice = { name: 'alice', role: 'approver' } as const;

/** At least one event for each transition of the machine. */
export const incidentEvents: readonly IncidentEvent[] = [
  { type: 'fired', at, level: level(criticalLead), lead: criticalLead, worse: true },
  { type: 'fired', at, level: level(highLead), lead: highLead, worse: false },
  {
    type: 'fired',
    at,
    level: level({ rule: 'shop/queue', severity: 'medium' }),
    lead: criticalLead,
    worse: false,
  },
  { type: 'recovered', at, ...criticalLead, lead: highLead },
  { type: 'recovered', at, rule: 'shop/queue', severity: 'medium', lead: criticalLead },
  { type: 'recovered', at, rule: 'shop/queue', severity: 'medium', lead: highLead },
  { type: 'recovered', at, ...highLead, lead: null },
  ...actions.map((action) => ({ type: 'judged', at, decision: decision(action) }) as const),
  { type: 'judged', at, decision: decision('monitor', true) },
  ...actions.map((action) => ({ type: 'planned', at, plan, decision: decision(action) }) as const),
  { type: 'planned', at, plan, decision: decision('monitor', true) },
  { type: 'refused', at, reason: 'no release' },
  { type: 'voided', at, reason: 'the facts changed' },
  { type: 'approved', at, by: alice, reason: 'approved by alice', request: null },
  { type: 'approved', at, by: alice, reason: 'alice asked', request: { named: 'v0', playbook: null } },
  { type: 'rejected', at, by: 'alice', reason: 'rejected by alice' },
  ...(['rollback', 'monitor', 'investigate', 'hand_over'] as const).map(
    (otherwise) => ({ type: 'expired', at, otherwise, reason: 'nobody answered' }) as const,
  ),
  { type: 'begun', at, plan, pinned: [] },
  { type: 'progressed', at, effect: 'first' },
  { type: 'progressed', at, effect: 'last' },
  { type: 'rolledBack', at, reason: 'verified' },
  { type: 'rollbackFailed', at, reason: 'a step failed', nextPlaybook: null, riskier: false },
  { type: 'rollbackFailed', at, reason: 'a step failed', nextPlaybook: 'shop/second', riskier: false },
  { type: 'rollbackFailed', at, reason: 'a step failed', nextPlaybook: 'shop/second', riskier: true },
  { type: 'takenOver', at, by: 'alice', reason: 'handed over at the word of alice' },
  { type: 'unhalted', at },
  { type: 'withdrawn', at, reason: 'the rule was removed' },
  { type: 'acknowledged', at, by: 'alice' },
];

/** What the machine's guards look at; counters are capped where more of them changes nothing. */
export function incidentKey({ value, context }: { value: unknown; context: IncidentContext }): string {
  const firing = context.levels.filter(({ recoveredAt }) => recoveredAt === null);
  return JSON.stringify([
    value,
    context.approvedBy !== null,
    Math.min(context.rejections, 2),
    context.lead,
    firing.map(({ rule, severity }) => `${rule}/${severity}`).toSorted(),
    context.outcome,
    context.marks.firstEffectAt !== null,
  ]);
}
