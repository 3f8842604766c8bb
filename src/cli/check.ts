import { checkConfiguration } from '../app/check.ts';
import { optionText, type CliCommand } from './command.ts';
import { configPath } from './run.ts';

/** Reads a configuration as a start would, and says everything that is wrong with it. */
export const command = {
  name: 'check',
  summary: 'Check a configuration without starting anything',
  usage: 'check [FILE]',
  takes: ['[FILE]'],
  options: {
    config: { type: 'string', short: 'c', value: 'FILE', help: 'the same, as for run' },
  },
  examples: ['rollbackd check deploy/rollbackd.yaml', 'rollbackd check --json | jq .problems'],
  run: async (context) => {
    const path = configPath(context.positionals[0] ?? optionText(context, 'config'), context.environment);
    const { ok, lines, json } = await checkConfiguration({ ...context, path });
    if (context.json) context.out(JSON.stringify(json));
    else lines.forEach((line) => (ok ? context.out(line) : context.err(line)));
    return ok ? 0 : 1;
  },
} satisfies CliCommand;
