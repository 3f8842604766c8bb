import type { Actor, Command } from '../../domain/command.ts';
import type { CommandAnswer } from '../../domain/ports/daemon.ts';
import type { Core } from '../core.ts';
import { scrubbed } from '../scrubbing.ts';
import { acknowledge } from './acknowledge.ts';
import { answerQuestion } from './answer-question.ts';
import { arm } from './arm.ts';
import { bug } from './bug.ts';
import { deploy } from './deploy.ts';
import { emergency } from './emergency.ts';
import { freeze, unfreeze } from './freeze.ts';
import { halt, unhalt } from './halt.ts';
import { migrate } from './migrate.ts';
import { prolong } from './prolong.ts';
import { release } from './release.ts';
import { rollback } from './rollback.ts';
import { silence, unsilence } from './silence.ts';

/** Carries out one command of a person. Refusals are answers; who may ask at all is the server's business. */
export function execute(core: Core, said: Command, actor: Actor): Promise<CommandAnswer> {
  // What people say is kept in many places and shown in more.
  const command = scrubbed(said, core.parts.scrub);
  switch (command.do) {
    case 'rollback':
      return rollback(core, command, actor);
    case 'emergency':
      return emergency(core, command, actor);
    case 'approve':
    case 'reject':
    case 'hand_over':
      return answerQuestion(core, command, actor);
    case 'prolong':
      return prolong(core, command, actor);
    case 'halt':
      return halt(core, command.note, actor);
    case 'unhalt':
      return unhalt(core, actor);
    case 'freeze':
      return freeze(core, command, actor);
    case 'unfreeze':
      return unfreeze(core, command.target, actor);
    case 'silence':
      return silence(core, command, actor);
    case 'unsilence':
      return unsilence(core, command, actor);
    case 'arm':
      return arm(core, command, actor);
    case 'ack':
      return acknowledge(core, command, actor);
    case 'bug':
      return bug(core, command, actor);
    case 'deploy':
      return deploy(core, command, actor);
    case 'migrate':
      return migrate(core, command, actor);
    case 'release':
      return release(core, command, actor);
  }
}
