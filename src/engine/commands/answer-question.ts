import type { Actor, Command, CommandAnswer } from '../../domain/ports/daemon.ts';
import type { Case } from '../case.ts';
import type { Core } from '../core.ts';
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
    const problem = whyNot(core, open, command);
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

function whyNot(core: Core, open: Case, { do: answer, incident, planDigest }: AnswerCommand): string | null {
  const { approval } = open;
  if (approval === null) return `nothing is asked about ${incident}`;
  if (approval.value !== 'open') return `the question is over: ${endOf(open)}`;
  if (planDigest !== null && planDigest !== approval.context.planDigest) {
    return `that answer is for plan ${planDigest}, but the question is about plan ${approval.context.planDigest}; look at rollbackd show ${incident}`;
  }
  if (answer === 'reject') return null;
  const halted = haltedBecause(core.parts, core.book);
  return halted === null ? null : `nothing may start: ${halted}; rollbackd unhalt first`;
}

function endOf({ approval }: Case): string {
  const { answers = [], endedBecause = '' } = approval?.context ?? {};
  const last = answers.at(-1);
  if (approval?.value === 'approved' || approval?.value === 'rejected')
    return `${approval.value} by ${last?.by ?? 'nobody'}`;
  return `${approval?.value ?? 'gone'}${endedBecause === '' ? '' : `, ${endedBecause}`}`;
}
