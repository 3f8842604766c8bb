import type { Actor, Command } from '../../domain/command.ts';
import type { CommandAnswer } from '../../domain/ports/daemon.ts';
import { releaseId } from '../../domain/release.ts';
import type { Core } from '../core.ts';
import { accepted, refused, unknownTarget } from './answers.ts';

type Release = Extract<Command, { do: 'release' }>;

/** What CI or a person knows of a release. */
export function release(core: Core, command: Release, actor: Actor): Promise<CommandAnswer> {
  return core.turn((turn) => {
    const { releases } = core.parts;
    const { target } = command;
    if (core.book.target(target) === null) return unknownTarget(core, target);
    if (command.action === 'record') {
      turn.include(releases.record(target, command.components, command.barrier, turn.at, actor.name).commit);
      const id = releaseId(command.components.map((component) => ({ ...component, label: component.value })));
      return accepted(`recorded ${id} of ${target}`);
    }
    const found = releases.find(target, command.release);
    if (found.release === null) return refused(found.problem);
    const known = found.release;
    const because = `${command.action} by ${actor.name}${command.note === '' ? '' : `: ${command.note}`}`;
    const change = releases.setStanding(target, known.id, command.action, because, turn.at);
    turn.include(change.commit);
    if (command.action === 'good') core.book.toPin.add(target);
    return accepted(`${known.id} of ${target} is ${command.action} now`);
  });
}
