import { RollbackError } from '../domain/errors.ts';
import { ask } from './answer.ts';
import { positional, type CliCommand } from './command.ts';

/** CI says that it changes a target, and when it is done. */
export const command = {
  name: 'deploy',
  summary: 'Say that a deployment begins or ends (for CI)',
  usage: 'deploy begin|end TARGET',
  takes: ['begin|end', 'TARGET'],
  options: {},
  examples: ['rollbackd deploy begin backend', 'rollbackd deploy end backend'],
  run: (context) => {
    const phase = positional(context, 0);
    if (phase === 'begin' || phase === 'end')
      return ask(context, { do: 'deploy', target: positional(context, 1), phase });
    throw new RollbackError('USAGE', `deploy: expected begin or end, got ${phase}`);
  },
} satisfies CliCommand;
