import { HOUR } from '../domain/time.ts';
import { ask } from './answer.ts';
import { noteOption, optionDuration, optionText, positional, type CliCommand } from './command.ts';

/** Stops messages of a rule; decisions go on. */
export const command = {
  name: 'silence',
  summary: 'No messages for a rule, for a time; decisions go on',
  usage: 'silence RULE [TARGET] [--for DURATION] [--note TEXT]',
  takes: ['RULE', '[TARGET]'],
  options: {
    for: { type: 'string', value: 'DURATION', help: '1h unless stated' },
    ...noteOption,
  },
  examples: ['rollbackd silence layra/queue-depth backend --for 2h', 'rollbackd silence layra/queue-depth'],
  run: (context) =>
    ask(context, {
      do: 'silence',
      rule: positional(context, 0),
      target: context.positionals[1] ?? null,
      forMs: optionDuration(context, 'for', HOUR),
      note: optionText(context, 'note') ?? '',
    }),
} satisfies CliCommand;
