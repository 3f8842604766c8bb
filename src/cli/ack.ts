import { ask } from './answer.ts';
import { noteOption, optionText, positional, type CliCommand } from './command.ts';

/** Says that somebody has taken over. */
export const command = {
  name: 'ack',
  summary: 'Acknowledge an incident: you own it now',
  usage: 'ack INCIDENT [--note TEXT]',
  takes: ['INCIDENT'],
  options: noteOption,
  examples: ['rollbackd ack i-7k3f9a -m "on it"'],
  run: (context) =>
    ask(context, { do: 'ack', incident: positional(context, 0), note: optionText(context, 'note') ?? '' }),
} satisfies CliCommand;
