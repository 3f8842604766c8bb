import { controlKeys, type Cooldown } from '../../domain/controls.ts';
import type { Actor, Command } from '../../domain/command.ts';
import type { CommandAnswer } from '../../domain/ports/daemon.ts';
import type { IncidentRow } from '../../domain/ports/store.ts';
import { stateOf } from '../case.ts';
import type { Core } from '../core.ts';
import type { Turn } from '../turn.ts';
import { accepted, refused } from './answers.ts';

type Acknowledge = Extract<Command, { do: 'ack' }>;

/** Somebody has it: reminders end, a handed-over incident closes, and its target rests no longer than its time. */
export async function acknowledge(core: Core, command: Acknowledge, actor: Actor): Promise<CommandAnswer> {
  const { incident, note } = command;
  const past = core.book.find(incident) === null ? await core.parts.store.incident(incident) : null;
  return core.turn((turn, flow) => {
    const open = core.book.find(incident);
    if (open === null) return past === null ? unknown(incident) : settle(core, turn, past, command, actor);
    if (note !== '')
      turn.note(
        { type: 'incident.note', message: `${actor.name}: ${note}`, facts: { by: actor.name } },
        open,
      );
    flow.incident(turn, open, { type: 'acknowledged', at: turn.at, by: actor.name });
    const holding = stateOf(open) === 'holding';
    flow.rollback(turn, open, { type: 'letGo', at: turn.at });
    const more = holding ? '; what is held is let go of' : '';
    return accepted(`${incident} is acknowledged by ${actor.name}${more}`, incident);
  });
}

/** An incident that ended by itself, after a rollback that did not help, may still keep its target from acting. */
function settle(
  core: Core,
  turn: Turn,
  { id, target, reason }: IncidentRow,
  { note }: Acknowledge,
  { name }: Actor,
): CommandAnswer {
  const key = controlKeys.cooldown(target);
  const cooldown = core.book.control<Cooldown>(key);
  if (cooldown?.incident !== id || cooldown.settled) return refused(`${id} is closed: ${reason}`, id);
  turn.control(key, { ...cooldown, settled: true });
  turn.note({
    type: 'incident.acknowledged',
    incident: id,
    target,
    message: `acknowledged by ${name}${note === '' ? '' : `: ${note}`}`,
    facts: { by: name },
  });
  return accepted(`${id} is acknowledged by ${name}; ${target} rests no longer because of it`, id);
}

function unknown(id: string): CommandAnswer {
  return refused(`there is no incident ${id}; rollbackd incidents lists them`);
}
