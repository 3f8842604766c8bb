import type { Actor, Command, CommandAnswer } from '../../domain/ports/daemon.ts';
import { stateOf, type Case } from '../case.ts';
import type { Core } from '../core.ts';
import type { Flow } from '../flow.ts';
import { whyNotFor, type Wish } from '../judging.ts';
import { haltedBecause } from '../situation.ts';
import type { Note, Turn } from '../turn.ts';
import { accepted, afterApproval, refused } from './answers.ts';

type AnswerCommand = Extract<Command, { do: 'approve' | 'reject' }>;

/** An answer belongs to one incident and one plan. The first durable one wins; late and stale ones are refused. */
export async function answerQuestion(
  core: Core,
  command: AnswerCommand,
  actor: Actor,
): Promise<CommandAnswer> {
  const { incident } = command;
  const { role } = actor;
  if (role !== 'approver' && role !== 'dba' && role !== 'admin')
    return refused(`${actor.name} is ${role} and may not answer`, incident);
  const answer = await core.turn((turn, flow) => {
    const open = core.book.find(incident);
    return open === null ? null : take(turn, flow, open, command, { name: actor.name, role });
  });
  return answer ?? refuseLate(core, command, actor);
}

function take(turn: Turn, flow: Flow, open: Case, command: AnswerCommand, by: Wish['by']): CommandAnswer {
  const { do: answer, incident } = command;
  const problem = whyNot(flow, open, command, by);
  if (problem !== null) {
    turn.note(refusedNote(by.name, problem), open);
    return refused(problem, incident);
  }
  // Who approves has seen what is the matter: no reading has to confirm it.
  if (answer === 'approve') open.needsFreshReading = false;
  flow.approval(turn, open, { type: 'answered', at: turn.at, by: by.name, role: by.role, answer });
  const said = answer === 'approve' ? afterApproval(open) : 'rejected; nothing will be done by itself';
  return accepted(`${incident}: ${said}`, incident);
}

/** An answer that came too late is journaled where somebody will look for it: with its incident. */
async function refuseLate(core: Core, { incident }: AnswerCommand, actor: Actor): Promise<CommandAnswer> {
  const past = await core.parts.store.incident(incident);
  if (past === null) return refused(`there is no incident ${incident}`, incident);
  const problem = `${incident} is closed: ${past.reason}`;
  await core.turn((turn) =>
    turn.note({ ...refusedNote(actor.name, problem), target: past.target, incident: past.id }),
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

function whyNot(
  flow: Flow,
  open: Case,
  { do: answer, incident, planDigest }: AnswerCommand,
  by: Wish['by'],
): string | null {
  const { approval } = open;
  if (approval === null)
    return `nothing is asked about ${incident}: it is ${stateOf(open).replaceAll('_', ' ')}`;
  if (approval.value !== 'open') return `the question is over: ${endOf(open)}`;
  if (planDigest !== null && planDigest !== approval.context.planDigest) {
    return `that answer is for plan ${planDigest}, but the question is about plan ${approval.context.planDigest}; look at rollbackd show ${incident}`;
  }
  if (answer === 'reject') return null;
  if (planDigest === null)
    return `an approval says which plan it is for: the question is about plan ${approval.context.planDigest}; look at rollbackd show ${incident}`;
  const halted = haltedBecause(flow.parts, flow.book);
  if (halted !== null) return `nothing may start: ${halted}; rollbackd unhalt first`;
  const { named, playbook } = open.incident.context;
  return whyNotFor(flow, open, { by, named, playbook });
}

function endOf({ approval }: Case): string {
  const { answers = [], endedBecause = '' } = approval?.context ?? {};
  const last = answers.at(-1);
  if (approval?.value === 'approved' || approval?.value === 'rejected')
    return `${approval.value} by ${last?.by ?? 'nobody'}`;
  return `${approval?.value ?? 'gone'}${endedBecause === '' ? '' : `, ${endedBecause}`}`;
}
