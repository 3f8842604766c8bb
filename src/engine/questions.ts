import type { ApprovalEvent } from '../../state-machines/approval.machine.ts';
import { nameRelease } from '../domain/release.ts';
import { formatDuration } from '../domain/time.ts';
import type { Case } from './case.ts';
import type { Moves } from './moves.ts';
import { approvals } from './machines.ts';
import type { Turn } from './turn.ts';
import { wordOtherwise } from './words.ts';

/** Opens the question of a case that is `asking`: bound to this incident and this plan. */
export function askPeople(turn: Turn, open: Case): void {
  const { id, plan, decision, questions } = open.incident.context;
  if (plan === null || decision === null) return;
  const dueAt = turn.at + decision.withinMs;
  const { otherwise, needs } = decision;
  open.approval = approvals.begin({
    id: `${id}.${questions}`,
    incident: id,
    planDigest: plan.digest,
    askedAt: turn.at,
    dueAt,
    otherwise,
    needs,
  });
  const to = plan.to === null ? null : nameRelease(plan.to);
  const what =
    to === null ? `follow ${plan.playbook} on ${plan.target}` : `roll ${plan.target} back to ${to}`;
  const who = needs.people > 1 ? 'a DBA or two people have to approve it; ' : '';
  turn.note(
    {
      type: 'question.asked',
      message: `may I ${what}? ${who}without an answer within ${formatDuration(decision.withinMs)} ${wordOtherwise(otherwise)}`,
      facts: {
        question: `${id}.${questions}`,
        planDigest: plan.digest,
        dueAt,
        otherwise,
        people: needs.people,
        steps: plan.descriptions,
        to,
      },
    },
    open,
  );
}

/** Tells the incident how its question ended. */
export function endQuestion(flow: Moves, turn: Turn, open: Case, event: ApprovalEvent): void {
  const { approval } = open;
  if (approval === null) return;
  switch (approval.value) {
    case 'approved':
      return approve(flow, turn, open, event);
    case 'rejected':
      return flow.incident(turn, open, { type: 'rejected', at: turn.at, reason: `rejected by ${by(event)}` });
    case 'expired':
      return expire(flow, turn, open);
    case 'superseded':
    case 'withdrawn':
      return turn.note(
        {
          type: `question.${approval.value}`,
          message: `question ${approval.value}: ${approval.context.endedBecause}`,
        },
        open,
      );
    case 'open':
      return noteAnswer(turn, open, event);
    default:
      return undefined;
  }
}

/** One of several who have to agree. */
function noteAnswer(turn: Turn, open: Case, event: ApprovalEvent): void {
  if (event.type !== 'answered') return;
  const message = `approved by ${event.by}; one more person has to approve`;
  turn.note({ type: 'question.answered', message, facts: { by: event.by, answer: 'approve' } }, open);
}

function approve(flow: Moves, turn: Turn, open: Case, event: ApprovalEvent): void {
  if (event.type !== 'answered') return;
  const names = open.approval?.context.answers.map((answer) => answer.by).join(', ') ?? event.by;
  flow.incident(turn, open, {
    type: 'approved',
    at: turn.at,
    by: { name: event.by, role: event.role },
    reason: `approved by ${names}`,
    request: null,
  });
}

function expire(flow: Moves, turn: Turn, open: Case): void {
  const { approval } = open;
  if (approval === null) return;
  const { otherwise, askedAt } = approval.context;
  const reason = `nobody answered within ${formatDuration(turn.at - askedAt)}`;
  flow.incident(turn, open, { type: 'expired', at: turn.at, otherwise, reason });
}

function by(event: ApprovalEvent): string {
  return event.type === 'answered' ? event.by : 'nobody';
}
