import { answerQuestion } from './answer-question.ts';
import { noteOption, type CliCommand } from './command.ts';

/** Say no to the open question of an incident. */
export const command = {
  name: 'reject',
  summary: 'Say no to the open question of an incident',
  usage: 'reject INCIDENT [--plan DIGEST] [--note TEXT]',
  takes: ['INCIDENT'],
  options: {
    plan: { type: 'string', value: 'DIGEST', help: 'the plan you saw; refused if it is another by now' },
    ...noteOption,
  },
  examples: ['rollbackd reject i-7k3f9a -m "known, a fix is on its way"'],
  run: (context) => answerQuestion(context, 'reject'),
} satisfies CliCommand;
