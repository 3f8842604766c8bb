import type { Actor, Command } from '../../domain/command.ts';
import type { CommandAnswer } from '../../domain/ports/daemon.ts';
import type { Core } from '../core.ts';
import { takeChange } from '../levels.ts';
import { accepted, findRule, unknownTarget } from './answers.ts';

/** Lets a rule decide that breached at its first reading. What fires already decides now. */
export function arm(
  core: Core,
  { rule, target }: Extract<Command, { do: 'arm' }>,
  actor: Actor,
): Promise<CommandAnswer> {
  return core.turn((turn, flow) => {
    const found = findRule(core, rule);
    if ('accepted' in found) return found;
    const { id } = found;
    if (target !== null && core.book.target(target) === null) return unknownTarget(core, target);
    const { watches, changes } = core.parts.detection.arm(id, target, turn.at);
    turn.watches(watches);
    turn.note({
      type: 'command.arm',
      target,
      message: `${actor.name} armed ${id} on ${target ?? 'every target'}`,
      facts: { by: actor.name, rule: id },
    });
    for (const change of changes) takeChange(flow, turn, change);
    return accepted(`${id} is armed on ${target ?? 'every target'}`);
  });
}
