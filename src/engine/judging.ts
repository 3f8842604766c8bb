import type { IncidentContext } from '../../state-machines/incident.context.ts';
import type { Decision, Objection } from '../domain/incident.ts';
import { riskOf, type Plan } from '../domain/plan.ts';
import type { Case } from './case.ts';
import type { Moves } from './moves.ts';
import { answeredByPolicy } from './policy.ts';
import { gather, leadOf } from './situation.ts';
import type { Turn } from './turn.ts';

/** Judges a case that is `judging`, in the same turn: detection and decision are one commit. */
export function judgeNow(flow: Moves, turn: Turn, open: Case): void {
  flow.incident(turn, open, {
    type: 'judged',
    at: turn.at,
    decision: answeredByPolicy(flow.book, judge(flow, open)),
  });
}

/**
 * Judges again right before the first effect, or when the plan is known. What a person asked for or approved, and
 * what nobody answered in time, is a rollback whatever the level would want by itself.
 */
export function judgeWithPlan(flow: Moves, open: Case, plan: Plan, expired: boolean): Decision {
  return answeredByPolicy(flow.book, weighPlan(flow, open, plan, expired));
}

function weighPlan(flow: Moves, open: Case, plan: Plan, expired: boolean): Decision {
  const { approvedBy } = open.incident.context;
  const request = requestOf(flow, open);
  const want = { action: 'rollback', playbook: plan.playbook } as const;
  const risk = riskOf(plan.steps);
  if (request !== null && !expired) return judgeRequest(flow, open, request, { want, risk });
  const decided = expired || approvedBy !== null;
  const situation = gather(flow.parts, flow.book, open, { risk, ...(decided ? { want } : {}) });
  if (situation === null) return told(open, 'its target is no longer configured');
  const decision = flow.parts.decider.judge(situation);
  return expired ? decision : notAlone(open, decision);
}

/** Why a person's word cannot make it a rollback now, in one sentence; null when it can, alone or with others. */
export function whyNotFor(flow: Moves, open: Case, wish: Wish): string | null {
  const decision = weighed(flow, open, wish);
  if (decision === null) return `${open.incident.context.target} is no longer configured`;
  return decision.action === 'rollback' ? null : decision.reason;
}

/** What would have kept the daemon from doing by itself what a person's word makes it do. */
export function overriddenBy(flow: Moves, open: Case, wish: Wish): readonly Objection[] {
  const decision = weighed(flow, open, wish);
  return decision?.action === 'rollback' ? decision.objections : [];
}

function weighed(flow: Moves, open: Case, { by, named, playbook }: Wish): Decision | null {
  const { incident } = open;
  const context = { ...incident.context, approvedBy: by, named, playbook };
  const asked: Case = { ...open, incident: { ...incident, context } };
  const situation = gather(flow.parts, flow.book, asked, { want: { action: 'rollback', playbook } });
  return situation === null ? null : flow.parts.decider.judge(situation);
}

/** What a person asks for, or approves. */
export type Wish = Pick<IncidentContext, 'named' | 'playbook'> & {
  readonly by: NonNullable<IncidentContext['approvedBy']>;
};

/** Things of the daemon's own (a blind source, a lost pin) have no target: people are told until they acknowledge. */
function judge(flow: Moves, open: Case): Decision {
  const situation = gather(flow.parts, flow.book, open);
  const { context } = open.incident;
  const request = requestOf(flow, open);
  if (situation === null)
    return told(open, 'nothing can be rolled back here; people are told until they acknowledge');
  if (request !== null) return judgeRequest(flow, open, request);
  if (leadOf(flow.book, open) === null && context.approvedBy === null)
    return told(open, `the rule ${context.lead.rule} is gone`);
  return notAlone(open, flow.parts.decider.judge(situation));
}

/** Who asked for a rollback that no rule leads; null when one leads, or signals opened the incident. */
function requestOf(flow: Moves, open: Case): Request | null {
  const { origin } = open.incident.context;
  return origin.by === 'person' && leadOf(flow.book, open) === null ? origin : null;
}

/**
 * A request is for people from beginning to end: what lifts for a person is asked about once the approval is spent,
 * because a halt or other facts came between, and so is what takes a DBA or two people.
 */
function judgeRequest(
  flow: Moves,
  open: Case,
  request: Request,
  planned: Parameters<typeof gather>[3] = {},
): Decision {
  const { incident } = open;
  const { approvedBy } = incident.context;
  const by = approvedBy ?? { name: request.name, role: request.role };
  const asked: Case = {
    ...open,
    incident: { ...incident, context: { ...incident.context, approvedBy: by } },
  };
  const situation = gather(flow.parts, flow.book, asked, planned);
  if (situation === null) return told(open, 'its target is no longer configured');
  const decision = flow.parts.decider.judge(situation);
  const { action, objections } = decision;
  const spent = `${request.name} asked for a rollback, and what was approved then no longer holds`;
  if (action === 'rollback') return approvedBy === null ? asks(decision, spent) : decision;
  const takesOthers = objections.every(({ approval }) => approval === 'needs_dba');
  return takesOthers ? asks(decision, objections.map(({ reason }) => reason).join('; and ')) : decision;
}

/** A release or a playbook that a person chose is gone to at a person's word only: the choice outlives the approval. */
function notAlone({ incident }: Case, decision: Decision): Decision {
  const { named, playbook, tried, approvedBy } = incident.context;
  const chosen = named !== null || (playbook !== null && tried.length === 0);
  if (!chosen || approvedBy !== null || !['rollback', 'ask'].includes(decision.action)) return decision;
  return asks(decision, 'a person chose the way, and what was approved then no longer holds');
}

function asks(decision: Decision, because: string): Decision {
  const otherwise = decision.otherwise === 'rollback' ? 'hand_over' : decision.otherwise;
  return { ...decision, action: 'ask', otherwise, reason: `asks because ${because}` };
}

type Request = Extract<IncidentContext['origin'], { by: 'person' }>;

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
