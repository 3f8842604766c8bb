import type { Checked } from '../app/check.ts';
import { RollbackError } from '../domain/errors.ts';
import { compareGravity, gravities, type Gravity } from '../domain/finding.ts';
import { optionText, type CliCommand, type CliContext } from './command.ts';
import { countFindings, findingLines } from './finding-lines.ts';
import { painter } from './paint.ts';
import { configPath } from './run.ts';

/** Reads a configuration as a start would, and says everything that is wrong with it, and what is doubtful. */
export const command = {
  name: 'check',
  summary: 'Check a configuration or a pack without starting anything',
  usage: 'check [FILE]',
  takes: ['[FILE]'],
  options: {
    config: { type: 'string', short: 'c', value: 'FILE', help: 'the same, as for run' },
    online: { type: 'boolean', help: 'also ask the configured Prometheus what it has' },
    'fail-on': {
      type: 'string',
      value: 'GRAVITY',
      help: 'exit 1 from error, warning or info on; error unless given',
    },
  },
  examples: [
    'rollbackd check deploy/rollbackd.yaml',
    'rollbackd check rules/layra --fail-on warning',
    'rollbackd check --online',
    'rollbackd check --json | jq .problems',
  ],
  run: async (context) => {
    const failOn = gravityOf(context);
    const path = configPath(context.positionals[0] ?? optionText(context, 'config'), context.environment);
    const onAnswer = (answered: number): void => context.progress?.(`asking Prometheus: ${answered} answers`);
    const online = context.values['online'] === true ? { signal: context.signal, onAnswer } : null;
    const { checkConfiguration } = await import('../app/check.ts');
    const checked = await checkConfiguration({ ...context, path, online });
    if (online !== null) context.progress?.('');
    const failed =
      !checked.ok || checked.findings.some(({ gravity }) => compareGravity(gravity, failOn) <= 0);
    if (context.json) context.out(JSON.stringify(checked.json));
    else tell(context, checked, failed);
    return failed ? 1 : 0;
  },
} satisfies CliCommand;

function gravityOf(context: CliContext): Gravity {
  const written = optionText(context, 'fail-on') ?? 'error';
  const gravity = gravities.find((one) => one === written);
  if (gravity !== undefined) return gravity;
  throw new RollbackError('USAGE', `check: --fail-on takes error, warning or info, got ${written}`);
}

function tell({ out, err, color }: CliContext, checked: Checked, failed: boolean): void {
  if (!checked.ok) {
    checked.lines.forEach((line) => err(line));
    return;
  }
  const paint = painter(color);
  findingLines(checked.findings, paint).forEach((line) => out(line));
  const { findings, silenced, assumptions, path, counts } = checked;
  for (const assumption of assumptions) out(paint.dim(`assumed: ${assumption}`));
  const found = [countFindings(findings), silenced === 0 ? '' : `${silenced} silenced`]
    .filter(Boolean)
    .join(', ');
  if (found !== '') out(`${found}; docs/lint.md explains each`);
  if (failed) err(`${path} has findings that matter: ${counts}`);
  else out(`${path} is fine: ${counts}`);
}
