import { ask } from './answer.ts';
import { positional, type CliCommand } from './command.ts';

/** Ends a silence. */
export const command = {
  name: 'unsilence',
  summary: 'End a silence',
  usage: 'unsilence RULE [TARGET]',
  takes: ['RULE', '[TARGET]'],
  options: {},
  examples: ['rollbackd unsilence layra/queue-depth backend'],
  run: (context) =>
    ask(context, { do: 'unsilence', rule: positional(context, 0), target: context.positionals[1] ?? null }),
} satisfies CliCommand;
