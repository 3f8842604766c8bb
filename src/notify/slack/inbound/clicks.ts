import { crashPoint } from '../../../domain/crash-point.ts';
import { sameName } from '../../../domain/names.ts';
import type { ClickAction } from '../../../domain/ports/interactions.ts';
import type { Command } from '../../../domain/command.ts';
import type { AskedView, CommandAnswer } from '../../../domain/ports/daemon.ts';
import { utc } from './details.ts';
import { actorFor, refused, type Desk, type Outcome } from './desk.ts';
import type { Origin } from './interaction.ts';

type Answering = Exclude<ClickAction, 'view'>;

/** A click on a button under a question. */
export interface Answer {
  readonly action: Answering;
  readonly ticket: string;
  readonly by: Origin;
}

const ticketPattern = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * Takes an answer to a question. What it is about is looked up by the ticket; who may answer is asked before anything
 * is told about the question; the engine decides whether it still counts.
 */
export function takeAnswer(desk: Desk, answer: Answer): Promise<Outcome> {
  return desk.questions.inTurn(answer.ticket, () => take(desk, answer));
}

async function take(desk: Desk, { action, ticket, by }: Answer): Promise<Outcome> {
  const asked = ticketPattern.test(ticket) ? await desk.questions.look(ticket) : null;
  if (asked === null)
    return refused(
      'unknown',
      'Not taken: rollbackd knows no question behind that button. Look at the newest card.',
    );
  const { id, target, severity, plan } = asked.incident;
  // A plan that cannot be read may be anything.
  const risk = plan?.risk ?? 'destructive-data';
  const may = await actorFor(desk, by, { role: 'approver', on: { target }, severity, risk });
  if ('refused' in may) return refused(may.because, `Not taken: ${may.refused}.`, id);
  const { actor } = may;
  if (!asked.current) return over(asked, { action, name: actor.name });
  const answer = await desk.daemon.execute(commandOf(action, asked), actor);
  crashPoint('click.taken');
  if (answer.accepted)
    return {
      ended: 'accepted',
      because: action,
      say: acceptedWords(action, answer),
      incident: id,
      journaled: true,
    };
  return afterRefusal(desk, asked, answer, { action, name: actor.name });
}

function commandOf(action: Answering, { ticket, incident }: AskedView): Command {
  const { id, planDigest } = ticket;
  // Another question about the same plan may be open by the time it is taken, for which others may be asked.
  const bound = { incident: incident.id, ticket: id };
  const note = 'in Slack';
  switch (action) {
    case 'approve':
    case 'reject':
      return { do: action, ...bound, planDigest, note };
    case 'hand_over':
      return { do: action, ...bound, note };
    case 'prolong':
      return { do: action, ...bound, planDigest };
  }
}

function acceptedWords(action: Answering, { message }: CommandAnswer): string {
  switch (action) {
    case 'approve':
      return `Your approval counts. ${message}.`;
    case 'reject':
      return `Your rejection counts. ${message}.`;
    case 'hand_over':
      return `It is in people's hands now. ${message}.`;
    case 'prolong':
      return `There is more time. ${message}.`;
  }
}

interface Clicked {
  readonly action: Answering;
  readonly name: string;
}

/** The engine's word; unless the question ended between the look and the answer, which is told like a late click. */
async function afterRefusal(
  desk: Desk,
  before: AskedView,
  answer: CommandAnswer,
  clicked: Clicked,
): Promise<Outcome> {
  const now = await desk.questions.look(before.ticket.id);
  if (now !== null && !now.current) return { ...over(now, clicked), journaled: true };
  const say = `Not taken: ${answer.message}.`;
  return { ended: 'refused', because: 'engine', say, incident: before.incident.id, journaled: true };
}

/** Why a button counts no more. */
function over({ ticket, incident }: AskedView, { action, name }: Clicked): Outcome {
  const { id, question } = incident;
  if (question !== null && question.id !== ticket.question && question.state === 'open')
    return refused(
      'older_plan',
      `Not taken: that button belongs to an older plan of ${id}. A newer question is open: answer on its card.`,
      id,
    );
  if (question === null || question.id !== ticket.question)
    return refused('late', `Too late: that question is over, and ${id} is ${stateOf(incident)}.`, id);
  const last = question.answers.at(-1);
  const ended =
    question.state === 'approved' || question.state === 'rejected' || last?.answer === 'hand_over';
  if (last === undefined || !ended) return refused('late', `Too late: ${lateWords(question)}.`, id);
  const own = question.answers.find(({ by }) => sameName(by, name));
  if (own?.answer === action)
    return {
      ended: 'told',
      because: 'again',
      say: 'Your answer was counted already.',
      incident: id,
      journaled: true,
    };
  const what = decidedWords[last.answer];
  return refused('decided', `Already decided: ${what} by ${last.by}, ${utc(last.at)}.`, id);
}

const decidedWords = { approve: 'approved', reject: 'rejected', hand_over: 'taken over' } as const;

function lateWords({ state, endedBecause }: NonNullable<AskedView['incident']['question']>): string {
  return `the question is ${state}${endedBecause === '' ? '' : `, ${endedBecause}`}`;
}

function stateOf({ state, closedAt, reason }: AskedView['incident']): string {
  return closedAt === null ? state.replaceAll('_', ' ') : `closed: ${reason}`;
}
