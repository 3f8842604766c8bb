import { HOUR } from '../domain/time.ts';
import { ask } from './answer.ts';
import { noteOption, optionDuration, optionText, type CliCommand } from './command.ts';

/** Makes every automatic rollback a question for a time. */
export const command = {
  name: 'freeze',
  summary: 'Ask people instead of rolling back, for a time',
  usage: 'freeze [TARGET] [--for DURATION] [--note TEXT]',
  takes: ['[TARGET]'],
  options: {
    for: { type: 'string', value: 'DURATION', help: '1h unless stated' },
    ...noteOption,
  },
  examples: ['rollbackd freeze --for 4h -m "data centre move"', 'rollbackd freeze backend'],
  run: (context) =>
    ask(context, {
      do: 'freeze',
      target: context.positionals[0] ?? null,
      forMs: optionDuration(context, 'for', HOUR),
      note: optionText(context, 'note') ?? '',
    }),
} satisfies CliCommand;
