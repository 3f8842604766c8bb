import { controlKeys } from '../../domain/controls.ts';
import type { Actor, Command } from '../../domain/command.ts';
import type { CommandAnswer } from '../../domain/ports/daemon.ts';
import { formatDuration } from '../../domain/time.ts';
import type { Core } from '../core.ts';
import { accepted, refused, unknownTarget } from './answers.ts';

type Freeze = Extract<Command, { do: 'freeze' }>;

/** Automatic becomes ask, for a time. */
export function freeze(core: Core, { target, forMs, note }: Freeze, actor: Actor): Promise<CommandAnswer> {
  return core.turn((turn) => {
    if (target !== null && core.book.target(target) === null) return unknownTarget(core, target);
    const value = { by: actor.name, until: turn.at + forMs, note };
    turn.control(controlKeys.freeze(target), value);
    const what = `${target ?? 'every target'} for ${formatDuration(forMs)}`;
    turn.note({
      type: 'command.freeze',
      target,
      message: `${actor.name} froze ${what}${note === '' ? '' : `: ${note}`}`,
      facts: value,
    });
    return accepted(`froze ${what}: rollbacks ask people until then`);
  });
}

export function unfreeze(core: Core, target: string | null, actor: Actor): Promise<CommandAnswer> {
  return core.turn((turn) => {
    const key = controlKeys.freeze(target);
    if (core.book.control(key) === null) return refused(`${target ?? 'every target'} is not frozen by hand`);
    turn.control(key, null);
    turn.note({
      type: 'command.unfreeze',
      target,
      message: `${actor.name} lifted the freeze of ${target ?? 'every target'}`,
      facts: { by: actor.name },
    });
    return accepted(`the freeze of ${target ?? 'every target'} is lifted`);
  });
}
