import { ask } from './answer.ts';
import { noteOption, optionText, type CliCommand, type CliContext } from './command.ts';
import { removeHaltFile } from './halt-file.ts';

/** Lets the daemon act again. */
export const command = {
  name: 'unhalt',
  summary: 'End a halt; incidents that waited are judged again',
  usage: 'unhalt [--note TEXT] [--file PATH]',
  takes: [],
  options: {
    file: { type: 'string', value: 'PATH', help: 'remove this halt file' },
    ...noteOption,
  },
  examples: ['rollbackd unhalt', 'rollbackd unhalt --file /var/lib/rollbackd/HALT'],
  run: (context) => {
    const path = optionText(context, 'file');
    if (path !== null) return unhaltByFile(context, path);
    return ask(context, { do: 'unhalt', note: optionText(context, 'note') ?? '' });
  },
} satisfies CliCommand;

async function unhaltByFile({ json, out }: CliContext, path: string): Promise<number> {
  const removed = await removeHaltFile(path);
  const message = removed
    ? `removed ${path}; a daemon that was also halted by command needs \`rollbackd unhalt\``
    : `there is no ${path}; if the daemon is halted, it was by command: \`rollbackd unhalt\``;
  out(json ? JSON.stringify({ accepted: true, message, incident: null }) : `ok  ${message}`);
  return 0;
}
