import type { Actor, Command, CommandAnswer } from '../../domain/ports/daemon.ts';
import type { Case } from '../case.ts';
import type { Core } from '../core.ts';
import type { Flow } from '../flow.ts';
import { whyNotFor, type Wish } from '../judging.ts';
import { haltedBecause } from '../situation.ts';
import { accepted, refused } from './answers.ts';

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
  const past = core.book.find(incident) === null ? await core.parts.store.incident(incident) : null;
  return core.turn((turn, flow) => {
    const open = core.book.find(incident);
    if (open === null)
      return refused(
        past === null ? `there is no incident ${incident}` : `${incident} is closed: ${past.reason}`,
        incident,
      );
    const problem = whyNot(flow, open, command, { name: actor.name, role });
    if (problem !== null) {
      turn.note(
        {
          type: 'answer.refused',
          message: `the answer of ${actor.name} was refused: ${problem}`,
          facts: { by: actor.name },
        },
        open,
      );
      return refused(problem, incident);
    }
    flow.approval(turn, open, { type: 'answered', at: turn.at, by: actor.name, role, answer: command.do });
    if (open.approval?.value === 'open')
      return accepted(`${incident}: noted; one more person has to approve`, incident);
    return accepted(
      `${incident}: ${command.do === 'approve' ? 'approved; the rollback starts' : 'rejected; nothing will be done by itself'}`,
      incident,
    );
  });
}

function whyNot(
  flow: Flow,
  open: Case,
  { do: answer, incident, planDigest }: AnswerCommand,
  by: Wish['by'],
): string | null {
  const { approval } = open;
  if (approval === null) return `nothing is asked about ${incident}`;
  if (approval.value !== 'open') return `the question is over: ${endOf(open)}`;
  if (planDigest !== null && planDigest !== approval.context.planDigest) {
    return `that answer is for plan ${planDigest}, but the question is about plan ${approval.context.planDigest}; look at rollbackd show ${incident}`;
  }
  if (answer === 'reject') return null;
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
