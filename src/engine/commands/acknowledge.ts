import type { Actor, Command, CommandAnswer } from '../../domain/ports/daemon.ts';
import type { Core } from '../core.ts';
import { accepted, refused } from './answers.ts';

/** Somebody has it: reminders end, and a handed-over incident closes. */
export function acknowledge(
  core: Core,
  { incident, note }: Extract<Command, { do: 'ack' }>,
  actor: Actor,
): Promise<CommandAnswer> {
  return core.turn((turn, flow) => {
    const open = core.book.find(incident);
    if (open === null)
      return refused(`there is no open incident ${incident}; rollbackd incidents lists them`);
    if (note !== '')
      turn.note(
        { type: 'incident.note', message: `${actor.name}: ${note}`, facts: { by: actor.name } },
        open,
      );
    flow.incident(turn, open, { type: 'acknowledged', at: turn.at, by: actor.name });
    return accepted(`${incident} is acknowledged by ${actor.name}`, incident);
  });
}
