import { ask } from './answer.ts';
import { positional, type CliCommand } from './command.ts';

/** Confirms that a rule may decide. */
export const command = {
  name: 'arm',
  summary: 'Let a rule decide that breached at its first reading',
  usage: 'arm RULE [TARGET]',
  takes: ['RULE', '[TARGET]'],
  options: {},
  examples: ['rollbackd arm layra/api-error-rate backend', 'rollbackd arm layra/api-error-rate'],
  run: (context) =>
    ask(context, { do: 'arm', rule: positional(context, 0), target: context.positionals[1] ?? null }),
} satisfies CliCommand;
