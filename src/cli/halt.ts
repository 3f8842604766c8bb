import { messageOf, RollbackError } from '../domain/errors.ts';
import { ask } from './answer.ts';
import { noteOption, optionText, type CliCommand, type CliContext } from './command.ts';
import { writeHaltFile } from './halt-file.ts';

/** Stops the daemon from starting any effect. */
export const command = {
  name: 'halt',
  summary: 'Nothing starts from now on; works with the daemon down, too (--file)',
  usage: 'halt [--note TEXT] [--file PATH]',
  takes: [],
  options: {
    file: {
      type: 'string',
      value: 'PATH',
      help: 'create this halt file (`halt_file`) instead of asking the daemon',
    },
    ...noteOption,
  },
  examples: [
    'rollbackd halt -m "moving the database"',
    'rollbackd halt --file /var/lib/rollbackd/HALT   # the daemon need not answer',
  ],
  run: async (context) => {
    const note = optionText(context, 'note') ?? '';
    const path = optionText(context, 'file');
    return path === null ? haltDaemon(context, note) : haltByFile(context, path, note);
  },
} satisfies CliCommand;

async function haltDaemon(context: CliContext, note: string): Promise<number> {
  try {
    return await ask(context, { do: 'halt', note });
  } catch (error) {
    if (!(error instanceof RollbackError) || error.code !== 'DAEMON_UNREACHABLE') throw error;
    throw new RollbackError(
      'DAEMON_UNREACHABLE',
      `${messageOf(error)}\nto halt it all the same, create its halt file: rollbackd halt --file /var/lib/rollbackd/HALT (or what \`halt_file\` says)`,
      error.facts,
      { cause: error },
    );
  }
}

async function haltByFile(
  { environment, clock, json, out }: CliContext,
  path: string,
  note: string,
): Promise<number> {
  const by = environment['USER'] ?? 'somebody';
  const created = await writeHaltFile(
    path,
    `halted by ${by} at ${new Date(clock.wall()).toISOString()}: ${note}\n`,
  );
  const message = created
    ? `created ${path}: a daemon whose halt_file it is starts nothing until it is gone (rollbackd unhalt --file ${path})`
    : `${path} was there already: a daemon whose halt_file it is starts nothing until it is gone`;
  out(json ? JSON.stringify({ accepted: true, message, incident: null }) : `ok  ${message}`);
  return 0;
}
