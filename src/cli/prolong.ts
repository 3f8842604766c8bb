import { ask } from './answer.ts';
import { optionText, positional, type CliCommand } from './command.ts';

/** More time for the open question of an incident; no answer. */
export const command = {
  name: 'prolong',
  summary: 'Ten more minutes to answer the open question of an incident, three times at most',
  usage: 'prolong INCIDENT [--plan DIGEST]',
  takes: ['INCIDENT'],
  options: {
    plan: { type: 'string', value: 'DIGEST', help: 'the plan you saw; refused if it is another by now' },
  },
  examples: ['rollbackd prolong i-7k3f9a'],
  run: (context) =>
    ask(context, {
      do: 'prolong',
      incident: positional(context, 0),
      planDigest: optionText(context, 'plan'),
    }),
} satisfies CliCommand;
