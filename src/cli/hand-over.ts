import { ask } from './answer.ts';
import { noteOption, optionText, positional, type CliCommand } from './command.ts';

/** Takes an incident with an open question over: a third answer beside yes and no. */
export const command = {
  name: 'hand-over',
  summary: 'End the open question of an incident: people own it now',
  usage: 'hand-over INCIDENT [--note TEXT]',
  takes: ['INCIDENT'],
  options: noteOption,
  examples: ['rollbackd hand-over i-7k3f9a -m "I repair it by hand"'],
  run: (context) =>
    ask(context, {
      do: 'hand_over',
      incident: positional(context, 0),
      note: optionText(context, 'note') ?? '',
    }),
} satisfies CliCommand;
