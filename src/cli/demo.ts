import type { CliCommand } from './command.ts';
import { packageVersion } from './package-version.ts';

/** The real daemon at work on a sample shop. */
export const command = {
  name: 'demo',
  summary: 'Watch a bad release being detected, rolled back and verified',
  usage: 'demo [--once]',
  takes: [],
  options: {
    once: {
      type: 'boolean',
      help: 'end after the rollback, with a last line of JSON; exit 0 only if it was rolled back',
    },
  },
  examples: ['rollbackd demo', 'rollbackd demo --once | tail -n 1 | jq .rto'],
  run: async (context) => {
    const { runDemo } = await import('../app/demo/demo.ts');
    const once = context.values['once'] === true || context.json;
    return runDemo({ ...context, version: packageVersion(), once });
  },
} satisfies CliCommand;
