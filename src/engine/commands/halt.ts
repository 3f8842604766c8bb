import { controlKeys } from '../../domain/controls.ts';
import type { Actor } from '../../domain/command.ts';
import type { CommandAnswer } from '../../domain/ports/daemon.ts';
import type { Core } from '../core.ts';
import { liftHalt } from '../heartbeat.ts';
import { liftBrokenJournal } from '../journal-halt.ts';
import { accepted, refused } from './answers.ts';

/** No effect starts from now on. What runs already ends. */
export function halt(core: Core, note: string, actor: Actor): Promise<CommandAnswer> {
  return core.turn((turn) => {
    turn.control(controlKeys.halt, { by: actor.name, at: turn.at, note });
    turn.note({
      type: 'command.halt',
      message: `halted by ${actor.name}${note === '' ? '' : `: ${note}`}`,
      facts: { by: actor.name },
    });
    return accepted('halted: no effect starts until rollbackd unhalt');
  });
}

export function unhalt(core: Core, actor: Actor): Promise<CommandAnswer> {
  return core.turn((turn, flow) => {
    turn.control(controlKeys.halt, null);
    const problem = liftBrokenJournal(turn, flow.book, actor.name);
    const about = problem === null ? '' : `, who looked into the journal: ${problem}`;
    turn.note({
      type: 'command.unhalt',
      message: `halt lifted by ${actor.name}${about}`,
      facts: { by: actor.name },
    });
    const file = core.parts.haltFile();
    if (file !== null) return refused(`still halted: ${file}; remove the file to lift it`);
    for (const open of flow.book.open()) liftHalt(turn, flow, open);
    return accepted('the halt is lifted: effects may start again');
  });
}
