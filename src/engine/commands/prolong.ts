import { mostProlongs, prolongMs } from '../../../state-machines/approval.machine.ts';
import type { Actor, Command } from '../../domain/command.ts';
import type { CommandAnswer } from '../../domain/ports/daemon.ts';
import { formatDuration } from '../../domain/time.ts';
import type { Case } from '../case.ts';
import type { Core } from '../core.ts';
import { wordProlongs } from '../questions.ts';
import { accepted, refused } from './answers.ts';
import {
  closedQuestion,
  otherPlan,
  otherQuestion,
  refuseLate,
  refusedAnswer,
  whoMayAnswer,
} from './open-question.ts';

type Prolong = Extract<Command, { do: 'prolong' }>;

/** Ten more minutes for people to answer. It is no answer: whoever answers first still decides. */
export async function prolong(
  core: Core,
  { incident, planDigest, ticket }: Prolong,
  actor: Actor,
): Promise<CommandAnswer> {
  const by = whoMayAnswer(actor);
  if (by === null) return refused(`${actor.name} is ${actor.role} and may not prolong a question`, incident);
  const answer = await core.turn((turn, flow) => {
    const open = core.book.find(incident);
    if (open === null) return null;
    const problem = otherQuestion(open, ticket) ?? whyNot(open, planDigest);
    if (problem !== null) return refusedAnswer(turn, open, by.name, problem);
    // One that waits for a reading after a restart may be past its time.
    const dueAt = Math.max(open.approval?.context.dueAt ?? 0, turn.at) + prolongMs;
    flow.approval(turn, open, { type: 'prolonged', at: turn.at, dueAt, by: by.name });
    return accepted(
      `${incident}: ${formatDuration(dueAt - turn.at)} are left to answer; ${wordProlongs(prolongsLeft(open))}`,
      incident,
    );
  });
  return answer ?? refuseLate(core, incident, actor.name);
}

function whyNot(open: Case, planDigest: string | null): string | null {
  if (open.approval?.value !== 'open') return closedQuestion(open);
  const stale = otherPlan(open, planDigest);
  if (stale !== null || prolongsLeft(open) > 0) return stale;
  return `the question was prolonged ${mostProlongs} times already: answer it, or hand it over`;
}

/** How often the question of a case may still be prolonged. */
export function prolongsLeft({ approval }: Case): number {
  return approval?.value === 'open' ? Math.max(0, mostProlongs - approval.context.prolonged) : 0;
}
