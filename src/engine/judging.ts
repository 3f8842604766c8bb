import type { IncidentContext } from '../../state-machines/incident.context.ts';
import type { Decision } from '../domain/incident.ts';
import { riskOf, type Plan } from '../domain/plan.ts';
import type { Case } from './case.ts';
import type { Flow } from './flow.ts';
import { gather, leadOf } from './situation.ts';
import type { Turn } from './turn.ts';

/** Judges a case that is `judging`, in the same turn: detection and decision are one commit. */
export function judgeNow(flow: Flow, turn: Turn, open: Case): void {
  flow.incident(turn, open, { type: 'judged', at: turn.at, decision: judge(flow, open) });
}

/**
 * Judges again right before the first effect, or when the plan is known. What a person asked for or approved, and
 * what nobody answered in time, is a rollback whatever the level would want by itself.
 */
export function judgeWithPlan(flow: Flow, open: Case, plan: Plan, expired: boolean): Decision {
  const decided = expired || open.incident.context.approvedBy !== null;
  const situation = gather(flow.parts, flow.book, open, {
    risk: riskOf(plan.steps),
    ...(decided ? { want: { action: 'rollback', playbook: plan.playbook } } : {}),
  });
  return situation === null
    ? told(open, 'its target is no longer configured')
    : flow.parts.decider.judge(situation);
}

/** Why a person's word cannot make it a rollback now, in one sentence; null when it can, alone or with others. */
export function whyNotFor(flow: Flow, open: Case, wish: Wish): string | null {
  const { incident } = open;
  const { by, named, playbook } = wish;
  const context = { ...incident.context, approvedBy: by, named, playbook };
  const asked: Case = { ...open, incident: { ...incident, context } };
  const situation = gather(flow.parts, flow.book, asked, { want: { action: 'rollback', playbook } });
  if (situation === null) return `${context.target} is no longer configured`;
  const { action, reason } = flow.parts.decider.judge(situation);
  return action === 'rollback' ? null : reason;
}

/** What a person asks for, or approves. */
export type Wish = Pick<IncidentContext, 'named' | 'playbook'> & {
  readonly by: NonNullable<IncidentContext['approvedBy']>;
};

/** Things of the daemon's own (a blind source, a lost pin) have no target: people are told until they acknowledge. */
function judge(flow: Flow, open: Case): Decision {
  const situation = gather(flow.parts, flow.book, open);
  const { context } = open.incident;
  if (situation === null)
    return told(open, 'nothing can be rolled back here; people are told until they acknowledge');
  if (leadOf(flow.book, open) === null && context.approvedBy === null)
    return told(open, `the rule ${context.lead.rule} is gone`);
  return flow.parts.decider.judge(situation);
}

function told(open: Case, why: string): Decision {
  return {
    action: 'investigate',
    wanted: 'investigate',
    halted: false,
    objections: [],
    reason: `investigate ${open.incident.context.target}: ${why}`,
    playbook: null,
    withinMs: 0,
    otherwise: 'hand_over',
    needs: { people: 1, role: 'approver' },
  };
}
