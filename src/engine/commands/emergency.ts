import type { Actor, Command } from '../../domain/command.ts';
import type { CommandAnswer } from '../../domain/ports/daemon.ts';
import type { Core } from '../core.ts';
import { unknownTarget } from './answers.ts';
import { askRollback } from './rollback.ts';

/**
 * Goes back now, by the target's playbook for emergencies: an incident that is open is joined and becomes CRITICAL.
 *
 * Whoever orders it is its approval, as with `rollback`: what would only ask is gone before and journaled with their
 * name; a halt, and data that takes others to approve, are not.
 */
export async function emergency(
  core: Core,
  { target: name, note, planDigest }: Extract<Command, { do: 'emergency' }>,
  actor: Actor,
): Promise<CommandAnswer> {
  const target = core.book.target(name);
  if (target === null) return unknownTarget(core, name);
  return askRollback(
    core,
    {
      target: name,
      to: null,
      playbook: target.emergencyPlaybook,
      because: 'emergency',
      severity: 'critical',
      emergency: true,
      note,
      ...(planDigest === undefined ? {} : { planDigest }),
    },
    actor,
  );
}
