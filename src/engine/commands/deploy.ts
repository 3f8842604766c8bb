import type { Actor, Command } from '../../domain/command.ts';
import type { CommandAnswer } from '../../domain/ports/daemon.ts';
import type { Core } from '../core.ts';
import { accepted, unknownTarget } from './answers.ts';

/** A deployment begins or ends, as CI says it. */
export async function deploy(
  core: Core,
  { target, phase }: Extract<Command, { do: 'deploy' }>,
  actor: Actor,
): Promise<CommandAnswer> {
  const answer = await core.turn((turn) => {
    if (core.book.target(target) === null) return unknownTarget(core, target);
    turn.include(core.parts.releases.deploy(target, phase, actor.name, turn.at).commit);
    return accepted(
      phase === 'begin'
        ? `${target} is being deployed: grace until it is healthy`
        : `the deployment of ${target} is over`,
    );
  });
  core.hints.give(target);
  return answer;
}
