import {
  type ApprovalEvent,
  mostProlongs,
  type QuestionReminder,
} from '../../state-machines/approval.machine.ts';
import type { NewEntry } from '../domain/ports/store.ts';
import { riskOf, type Plan } from '../domain/plan.ts';
import { nameRelease } from '../domain/release.ts';
import { formatDuration, MINUTE } from '../domain/time.ts';
import type { Case } from './case.ts';
import type { Moves } from './moves.ts';
import { approvals } from './machines.ts';
import type { Turn } from './turn.ts';
import { wordOtherwise } from './words.ts';

/** How long before its end people are reminded of an open question: enough for one look and one click. */
const lastCallMs = 2 * MINUTE;

/** Opens the question of a case that is `asking`: bound to this incident and this plan. */
export function askPeople(flow: Moves, turn: Turn, open: Case): void {
  const { id, plan, decision, questions } = open.incident.context;
  if (plan === null || decision === null) return;
  const question = `${id}.${questions}`;
  const ticket = flow.parts.ids.unguessable();
  const { otherwise, needs, withinMs } = decision;
  open.approval = approvals.begin({
    id: question,
    ticket,
    incident: id,
    planDigest: plan.digest,
    askedAt: turn.at,
    dueAt: turn.at + withinMs,
    otherwise,
    needs,
  });
  turn.include({ tickets: [{ id: ticket, incident: id, question, planDigest: plan.digest, at: turn.at }] });
  const who = needs.people > 1 ? 'a DBA or two people have to approve it; ' : '';
  turn.note(
    {
      type: 'question.asked',
      message: `${wordQuestion(plan)} ${who}without an answer within ${formatDuration(withinMs)} ${wordOtherwise(otherwise)}`,
      facts: {
        ...factsOf(open),
        steps: plan.descriptions,
        risk: riskOf(plan.steps),
        playbook: plan.playbook,
        from: plan.from === null ? null : nameRelease(plan.from),
        to: plan.to === null ? null : nameRelease(plan.to),
      },
    },
    open,
  );
}

/** Notes what happened to the question, and tells the incident how it ended. */
export function followQuestion(flow: Moves, turn: Turn, open: Case, event: ApprovalEvent): void {
  const { approval } = open;
  if (approval === null) return;
  switch (approval.value) {
    case 'approved':
      return approve(flow, turn, open, event);
    case 'rejected':
    case 'handed_over':
      return decline(flow, turn, open, event);
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
      return noteProgress(turn, open, event);
    default:
      return undefined;
  }
}

/** When people are to be reminded of the open question; null when they need not be, any more. */
export function remindAt({ approval }: Case): number | null {
  if (approval?.value !== 'open') return null;
  const { askedAt, dueAt, reminded } = approval.context;
  const halfMs = (dueAt - askedAt) / 2;
  // Of what ends soon anyway, or is about to be told again, one word is enough.
  if (!reminded.includes('half') && halfMs >= lastCallMs + MINUTE) return askedAt + halfMs;
  return reminded.includes('end') || halfMs < lastCallMs ? null : dueAt - lastCallMs;
}

/** Reminds people, when it is time to. */
export function remindOfQuestion(flow: Moves, turn: Turn, open: Case): void {
  const at = remindAt(open);
  if (at === null || at > turn.at) return;
  const isLast = turn.at >= (open.approval?.context.dueAt ?? 0) - lastCallMs;
  flow.approval(turn, open, { type: 'reminded', at: turn.at, reminder: isLast ? 'end' : 'half' });
}

/** One of several who have to agree, more time, or a reminder. */
function noteProgress(turn: Turn, open: Case, event: ApprovalEvent): void {
  switch (event.type) {
    case 'answered': {
      const message = `approved by ${event.by}${said(event.note)}; one more person has to approve`;
      const facts = { by: event.by, answer: 'approve' };
      return turn.note({ type: 'question.answered', message, facts }, open);
    }
    case 'prolonged':
      return noteProlonged(turn, open, event);
    case 'reminded':
      return noteReminder(turn, open, event.reminder);
    case 'due':
    case 'resumed':
    case 'superseded':
    case 'withdrawn':
      return undefined;
  }
}

function noteProlonged(
  turn: Turn,
  open: Case,
  { by, dueAt }: Extract<ApprovalEvent, { type: 'prolonged' }>,
): void {
  const left = mostProlongs - (open.approval?.context.prolonged ?? 0);
  turn.note(
    {
      type: 'question.prolonged',
      message: `${by} asked for more time: ${formatDuration(dueAt - turn.at)} are left to answer, and ${wordProlongs(left)}`,
      facts: { ...factsOf(open), by, prolongs: left },
    },
    open,
  );
}

/** `it can be prolonged twice more`, for people. */
export function wordProlongs(left: number): string {
  if (left <= 0) return 'it cannot be prolonged again';
  return left === 1 ? 'it can be prolonged once more' : `it can be prolonged ${left} more times`;
}

function noteReminder(turn: Turn, open: Case, reminder: QuestionReminder): void {
  const { plan } = open.incident.context;
  const { approval } = open;
  if (plan === null || approval === null) return;
  const { answers, dueAt, otherwise } = approval.context;
  const so = answers.length === 0 ? 'nobody has answered yet' : 'one more person has to approve';
  turn.note(
    {
      type: 'question.reminder',
      message: `${so}: ${wordQuestion(plan)} ${formatDuration(dueAt - turn.at)} are left; without an answer ${wordOtherwise(otherwise)}`,
      facts: { ...factsOf(open), reminder },
    },
    open,
  );
}

function wordQuestion({ to, target, playbook }: Plan): string {
  return to === null
    ? `may I follow ${playbook} on ${target}?`
    : `may I roll ${target} back to ${nameRelease(to)}?`;
}

/** What tells which question it is, and until when it can be answered. */
function factsOf({ approval }: Case): NewEntry['facts'] {
  if (approval === null) return {};
  const { id: question, ticket, planDigest, dueAt, otherwise, needs } = approval.context;
  return { question, ticket, planDigest, dueAt, otherwise, people: needs.people, role: needs.role };
}

function approve(flow: Moves, turn: Turn, open: Case, event: ApprovalEvent): void {
  if (event.type !== 'answered') return;
  const names = open.approval?.context.answers.map((answer) => answer.by).join(', ') ?? event.by;
  flow.incident(turn, open, {
    type: 'approved',
    at: turn.at,
    by: { name: event.by, role: event.role },
    reason: `approved by ${names}${said(event.note)}`,
    request: null,
  });
}

/** Nothing will be done by itself: because somebody said no, or because a person does it. */
function decline(flow: Moves, turn: Turn, open: Case, event: ApprovalEvent): void {
  if (event.type !== 'answered') return;
  const { by, note } = event;
  if (event.answer === 'reject') {
    const reason = `rejected by ${by}${said(note)}`;
    return flow.incident(turn, open, { type: 'rejected', at: turn.at, by, reason });
  }
  flow.incident(turn, open, { type: 'takenOver', at: turn.at, by, reason: wordHandOver(by, note) });
}

/** Why an incident is a person's that the daemon could have gone on with. */
export function wordHandOver(by: string, note: string): string {
  return `handed over at the word of ${by}${said(note)}`;
}

function said(note: string): string {
  return note === '' ? '' : `: ${note}`;
}

function expire(flow: Moves, turn: Turn, open: Case): void {
  const { approval } = open;
  if (approval === null) return;
  const { otherwise, askedAt } = approval.context;
  const reason = `nobody answered within ${formatDuration(turn.at - askedAt)}`;
  flow.incident(turn, open, { type: 'expired', at: turn.at, otherwise, reason });
}
