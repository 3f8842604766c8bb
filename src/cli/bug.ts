import { ask } from './answer.ts';
import { noteOption, optionText, positional, type CliCommand } from './command.ts';

/** Counts somebody's confirmed bug report; rules with `reports:` look at how many people name the same issue. */
export const command = {
  name: 'bug',
  summary: 'Enter a confirmed bug report of a user',
  usage: 'bug TARGET ISSUE [--by NAME] [--note TEXT]',
  takes: ['TARGET', 'ISSUE'],
  options: {
    by: { type: 'string', value: 'NAME', help: 'who found it; you unless stated' },
    ...noteOption,
  },
  examples: ['rollbackd bug backend LAYRA-12', 'rollbackd bug backend LAYRA-12 --by ana -m "cart is empty"'],
  run: (context) =>
    ask(context, {
      do: 'bug',
      target: positional(context, 0),
      issue: positional(context, 1),
      by: optionText(context, 'by'),
      note: optionText(context, 'note') ?? '',
    }),
} satisfies CliCommand;
