import { controlKeys } from '../../domain/controls.ts';
import type { Actor, Command } from '../../domain/command.ts';
import type { CommandAnswer } from '../../domain/ports/daemon.ts';
import { formatDuration } from '../../domain/time.ts';
import type { Core } from '../core.ts';
import { accepted, findRule, refused, unknownTarget } from './answers.ts';

type Silence = Extract<Command, { do: 'silence' }>;
type Unsilence = Extract<Command, { do: 'unsilence' }>;

/** No messages for a rule and target. Decisions and effects go on. */
export function silence(
  core: Core,
  { rule, target, forMs, note }: Silence,
  actor: Actor,
): Promise<CommandAnswer> {
  return core.turn((turn) => {
    const found = findRule(core, rule);
    if ('accepted' in found) return found;
    const { id } = found;
    if (target !== null && core.book.target(target) === null) return unknownTarget(core, target);
    const value = { by: actor.name, until: turn.at + forMs, note };
    turn.control(controlKeys.silence(id, target), value);
    const what = `${id} on ${target ?? 'every target'} for ${formatDuration(forMs)}`;
    turn.note({
      type: 'command.silence',
      target,
      message: `${actor.name} silenced ${what}`,
      facts: { ...value, rule: id },
    });
    return accepted(`silenced ${what}; it still decides`);
  });
}

export function unsilence(core: Core, { rule, target }: Unsilence, actor: Actor): Promise<CommandAnswer> {
  return core.turn((turn) => {
    const found = findRule(core, rule);
    if ('accepted' in found) return found;
    const { id } = found;
    const key = controlKeys.silence(id, target);
    if (core.book.control(key) === null)
      return refused(`${id} on ${target ?? 'every target'} is not silenced`);
    turn.control(key, null);
    turn.note({
      type: 'command.unsilence',
      target,
      message: `${actor.name} lifted the silence of ${id}`,
      facts: { by: actor.name, rule: id },
    });
    return accepted(`${id} speaks again`);
  });
}
