import { answerQuestion } from './answer-question.ts';
import { noteOption, type CliCommand } from './command.ts';

/** Say yes to the open question of an incident. */
export const command = {
  name: 'approve',
  summary: 'Say yes to the open question of an incident',
  usage: 'approve INCIDENT [--plan DIGEST] [--note TEXT]',
  takes: ['INCIDENT'],
  options: {
    plan: { type: 'string', value: 'DIGEST', help: 'the plan you saw; refused if it is another by now' },
    ...noteOption,
  },
  examples: [
    'rollbackd approve i-7k3f9a --plan 9f8e7d6c5b4a3210',
    'rollbackd approve i-7k3f9a                  # approves the plan it shows you',
  ],
  run: (context) => answerQuestion(context, 'approve'),
} satisfies CliCommand;
