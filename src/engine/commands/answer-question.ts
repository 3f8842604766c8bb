import type { Actor, Command } from '../../domain/command.ts';
import type { CommandAnswer } from '../../domain/ports/daemon.ts';
import { haltedBecause } from '../situation.ts';
import type { Case } from '../case.ts';
import type { Core } from '../core.ts';
import type { Flow } from '../flow.ts';
import { whyNotFor, type Wish } from '../judging.ts';
import { wordHandOver } from '../questions.ts';
import type { Turn } from '../turn.ts';
import { accepted, afterApproval, refused } from './answers.ts';
import {
  closedQuestion,
  otherPlan,
  otherQuestion,
  refuseLate,
  refusedAnswer,
  whoMayAnswer,
} from './open-question.ts';

type AnswerCommand = Extract<Command, { do: 'approve' | 'reject' | 'hand_over' }>;

/** An answer belongs to one incident and one plan. The first durable one wins; late and stale ones are refused. */
export async function answerQuestion(
  core: Core,
  command: AnswerCommand,
  actor: Actor,
): Promise<CommandAnswer> {
  const { incident } = command;
  const by = whoMayAnswer(actor);
  if (by === null) return refused(`${actor.name} is ${actor.role} and may not answer`, incident);
  const answer = await core.turn((turn, flow) => {
    const open = core.book.find(incident);
    if (open === null) return null;
    const problem = whyNot(flow, open, command, by);
    return problem === null
      ? take(turn, flow, open, command, by)
      : refusedAnswer(turn, open, by.name, problem);
  });
  return answer ?? refuseLate(core, incident, actor.name);
}

function take(turn: Turn, flow: Flow, open: Case, command: AnswerCommand, by: Wish['by']): CommandAnswer {
  const { do: answer, incident, note } = command;
  // Who approves has seen what is the matter: no reading has to confirm it.
  if (answer === 'approve') open.needsFreshReading = false;
  if (open.approval?.value === 'open')
    flow.approval(turn, open, { type: 'answered', at: turn.at, by: by.name, role: by.role, answer, note });
  else
    flow.incident(turn, open, {
      type: 'takenOver',
      at: turn.at,
      by: by.name,
      reason: wordHandOver(by.name, note),
    });
  return accepted(`${incident}: ${whatCame(answer, open)}`, incident);
}

function whatCame(answer: AnswerCommand['do'], open: Case): string {
  switch (answer) {
    case 'approve':
      return afterApproval(open);
    case 'reject':
      return 'rejected; nothing will be done by itself';
    case 'hand_over':
      return 'handed over; nothing will be done by itself, it is yours now';
  }
}

function whyNot(flow: Flow, open: Case, command: AnswerCommand, by: Wish['by']): string | null {
  const { approval } = open;
  const other = otherQuestion(open, command.ticket);
  if (other !== null) return other;
  if (command.do === 'hand_over') return whyNotHandedOver(open);
  if (approval?.value !== 'open') return closedQuestion(open);
  const { planDigest } = command;
  const stale = otherPlan(open, planDigest);
  if (stale !== null || command.do === 'reject') return stale;
  if (planDigest === null)
    return `an approval says which plan it is for: the question is about plan ${approval.context.planDigest}; look at rollbackd show ${command.incident}`;
  const halted = haltedBecause(flow.parts, flow.book);
  if (halted !== null) return `nothing may start: ${halted}; rollbackd unhalt first`;
  const { named, playbook } = open.incident.context;
  return whyNotFor(flow, open, { by, named, playbook });
}

/** A person may take it on whether it is asked about or not, but not in the middle of a step, nor after an answer. */
function whyNotHandedOver(open: Case): string | null {
  const { incident, approval } = open;
  if (incident.value === 'rolling_back')
    return 'it is being rolled back: rollbackd halt stops it before its next step';
  if (incident.value === 'handed_over') return `it is handed over already: ${incident.context.reason}`;
  // The same button may be behind both: the first answer counts.
  return approval?.value === 'approved' || approval?.value === 'rejected' ? closedQuestion(open) : null;
}
