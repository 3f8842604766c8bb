import { printAnswer } from './answer.ts';
import type { CliCommand } from './command.ts';

/** Makes the daemon read its configuration again. */
export const command = {
  name: 'reload',
  summary: 'Read the configuration again; a broken one changes nothing',
  usage: 'reload',
  takes: [],
  options: {},
  examples: ['rollbackd check && rollbackd reload'],
  run: async (context) => printAnswer(context, await context.api().reload()),
} satisfies CliCommand;
