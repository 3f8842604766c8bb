import { ask } from './answer.ts';
import type { CliCommand } from './command.ts';

/** Ends a freeze that was set by hand. */
export const command = {
  name: 'unfreeze',
  summary: 'End a freeze',
  usage: 'unfreeze [TARGET]',
  takes: ['[TARGET]'],
  options: {},
  examples: ['rollbackd unfreeze', 'rollbackd unfreeze backend'],
  run: (context) => ask(context, { do: 'unfreeze', target: context.positionals[0] ?? null }),
} satisfies CliCommand;
