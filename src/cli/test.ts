import { writeFileSync } from 'node:fs';
import type { TestedRules } from '../app/rule-tests/test-rules.ts';
import { messageOf, RollbackError } from '../domain/errors.ts';
import { SECOND } from '../domain/time.ts';
import { optionText, type CliCommand, type CliContext } from './command.ts';
import { painter } from './paint.ts';
import { printable } from './printable.ts';
import { coverageLines, resultLines, summaryLine, uncoveredShare } from './test-lines.ts';

/** Unit tests of rules, without any server. */
export const command = {
  name: 'test',
  summary: 'Run unit tests of rules, without any server',
  usage: 'test FILE|DIR… [--run REGEX] [--coverage] [--fail-under SHARE] [--junit FILE]',
  takes: ['FILE|DIR…'],
  options: {
    run: { type: 'string', value: 'REGEX', help: 'only tests whose name it matches' },
    coverage: { type: 'boolean', help: 'also list the levels that no test made fire' },
    'fail-under': {
      type: 'string',
      value: 'SHARE',
      help: 'exit 1 unless at least this share of all levels fired in a test, e.g. 100%',
    },
    junit: { type: 'string', value: 'FILE', help: 'also write a report that CI systems read' },
  },
  examples: [
    'rollbackd test rules/layra',
    'rollbackd test rules --coverage --fail-under 100%',
    "rollbackd test rules/layra/tests/errors.yaml --run 'rolls back'",
    'rollbackd test rules --junit report.xml',
  ],
  run: async (context) => {
    const only = patternIn(context);
    const least = shareIn(context);
    const paths = context.positionals;
    const { testRules } = await import('../app/rule-tests/test-rules.ts');
    const tested = await testRules({ ...context, paths, only, progress: progressOf(context) });
    context.progress?.('');
    writeReport(context, tested);
    const failed = tested.tests.some(({ failures }) => failures.length > 0) || tested.problems.length > 0;
    const none = tested.tests.length === 0;
    const uncovered = least !== null && uncoveredShare(tested.coverage) > 1 - least + 1e-9;
    if (context.json) context.out(JSON.stringify(asJson(tested)));
    else tell(context, tested, least);
    return failed || none || uncovered || context.signal.aborted ? 1 : 0;
  },
} satisfies CliCommand;

function patternIn(context: CliContext): RegExp | null {
  const written = optionText(context, 'run');
  if (written === null) return null;
  try {
    return new RegExp(written);
  } catch (error) {
    throw new RollbackError('USAGE', `--run: ${messageOf(error)}`);
  }
}

function shareIn(context: CliContext): number | null {
  const written = optionText(context, 'fail-under');
  if (written === null) return null;
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(written);
  const share = match === null ? Number.NaN : Number(match[1]) / (match[2] === '%' ? 100 : 1);
  if (share >= 0 && share <= 1) return share;
  throw new RollbackError('USAGE', `--fail-under: expected a share such as 100% or 0.9, got ${written}`);
}

/** How many there have been, once that takes longer than a person waits gladly. */
function progressOf({ clock, progress }: CliContext): (done: number, name: string) => void {
  const startedAt = clock.now();
  return (done, name) => {
    if (clock.now() - startedAt >= 2 * SECOND) progress?.(`${done} tests so far, now: ${printable(name)}`);
  };
}

function tell(context: CliContext, tested: TestedRules, least: number | null): void {
  const paint = painter(context.color);
  const wanted = context.values['coverage'] === true || least !== null;
  const lines = [
    ...resultLines(tested, paint),
    ...(wanted ? coverageLines(tested.coverage, paint) : []),
    summaryLine(tested, paint),
  ];
  lines.forEach((line) => context.out(line));
  if (tested.tests.length === 0 && tested.problems.length === 0)
    context.err(`no test has a name that matches --run ${optionText(context, 'run') ?? ''}`);
}

function writeReport(context: CliContext, { report }: TestedRules): void {
  const file = optionText(context, 'junit');
  if (file === null) return;
  try {
    writeFileSync(file, report());
  } catch (error) {
    throw new RollbackError('USAGE', `--junit: writing ${file}: ${messageOf(error)}`);
  }
}

function asJson({ tests, problems, coverage }: TestedRules) {
  return {
    ok: problems.length === 0 && tests.every(({ failures }) => failures.length === 0),
    tests: tests.map(({ name, where, failures }) => ({
      name,
      file: where.file,
      line: where.line,
      passed: failures.length === 0,
      failures: failures.map((failure) => ({ line: failure.where.line, message: failure.lines.join('\n') })),
    })),
    problems,
    coverage,
  };
}
