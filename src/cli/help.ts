import { RollbackError } from '../domain/errors.ts';
import type { CliCommand } from './command.ts';
import { nearest } from './spelling.ts';
import { commandHelp, overview } from './usage.ts';

/** Explains the commands. */
export const command = {
  name: 'help',
  summary: 'List the commands, or explain one',
  usage: 'help [COMMAND]',
  takes: ['[COMMAND]'],
  options: {},
  examples: ['rollbackd help rollback'],
  run: ({ positionals, commands, out }) => {
    const [name] = positionals;
    const lines = name === undefined ? overview(commands) : helpOn(name, commands);
    lines.forEach((line) => out(line));
    return Promise.resolve(0);
  },
} satisfies CliCommand;

function helpOn(name: string, commands: Readonly<Record<string, CliCommand>>): string[] {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command !== undefined) return commandHelp(command);
  const meant = nearest(name, Object.keys(commands));
  throw new RollbackError(
    'USAGE',
    `unknown command ${name}${meant === null ? '' : `, did you mean ${meant}?`}`,
  );
}
