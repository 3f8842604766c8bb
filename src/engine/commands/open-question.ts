import type { Actor } from '../../domain/command.ts';
import type { CommandAnswer } from '../../domain/ports/daemon.ts';
import { stateOf, type Case } from '../case.ts';
import type { Core } from '../core.ts';
import type { Wish } from '../judging.ts';
import type { Note, Turn } from '../turn.ts';
import { refused } from './answers.ts';

/** The actor as somebody who may answer questions; null for roles that may not. */
export function whoMayAnswer({ name, role }: Actor): Wish['by'] | null {
  return role === 'approver' || role === 'dba' || role === 'admin' ? { name, role } : null;
}

/** Why there is no question that could be answered. */
export function closedQuestion(open: Case): string {
  const { approval, incident } = open;
  if (approval === null)
    return `nothing is asked about ${incident.context.id}: it is ${stateOf(open).replaceAll('_', ' ')}`;
  return `the question is over: ${endOf(open)}`;
}

/** Why an answer is for another plan than is asked about; null when it is for this one, or does not say. */
export function otherPlan({ approval, incident }: Case, planDigest: string | null): string | null {
  if (approval === null || planDigest === null || planDigest === approval.context.planDigest) return null;
  return `that answer is for plan ${planDigest}, but the question is about plan ${approval.context.planDigest}; look at rollbackd show ${incident.context.id}`;
}

/** Why an answer by a button or a link is for another question than is open; null when it does not say which. */
export function otherQuestion(open: Case, ticket: string | undefined): string | null {
  if (ticket === undefined || open.approval?.context.ticket === ticket) return null;
  return `that answer is for an earlier question about ${open.incident.context.id}; look at rollbackd show ${open.incident.context.id}`;
}

/** Refuses, visibly: the journal has what people tried. */
export function refusedAnswer(turn: Turn, open: Case, name: string, problem: string): CommandAnswer {
  turn.note(refusedNote(name, problem), open);
  return refused(problem, open.incident.context.id);
}

/** An answer that came too late is journaled where somebody will look for it: with its incident. */
export async function refuseLate(core: Core, incident: string, name: string): Promise<CommandAnswer> {
  const past = await core.parts.store.incident(incident);
  if (past === null) return refused(`there is no incident ${incident}`, incident);
  const problem = `${incident} is closed: ${past.reason}`;
  await core.turn((turn) =>
    turn.note({ ...refusedNote(name, problem), target: past.target, incident: past.id }),
  );
  return refused(problem, incident);
}

function refusedNote(name: string, problem: string): Note {
  return {
    type: 'answer.refused',
    message: `the answer of ${name} was refused: ${problem}`,
    facts: { by: name },
  };
}

function endOf({ approval }: Case): string {
  const { answers = [], endedBecause = '' } = approval?.context ?? {};
  const last = answers.at(-1);
  if (approval?.value === 'approved' || approval?.value === 'rejected' || approval?.value === 'handed_over')
    return `${approval.value.replace('_', ' ')} by ${last?.by ?? 'nobody'}`;
  return `${approval?.value ?? 'gone'}${endedBecause === '' ? '' : `, ${endedBecause}`}`;
}
