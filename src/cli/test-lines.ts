import type { Problem } from '../domain/configuration.ts';
import type { Severity } from '../domain/rule.ts';
import { columns } from './columns.ts';
import type { Paint } from './paint.ts';
import { printable } from './printable.ts';

interface Place {
  readonly file: string;
  readonly line: number;
}

/** What came of one test, as it is shown. */
interface TestedRule {
  readonly name: string;
  readonly where: Place;
  readonly failures: readonly { readonly where: Place; readonly lines: readonly string[] }[];
}

/** Which levels fired in a test, and whose rules were read ok. */
interface Coverage {
  readonly levels: readonly {
    readonly rule: string;
    readonly severity: Severity;
    readonly fired: boolean;
    readonly quiet: boolean;
  }[];
  readonly fired: number;
  readonly total: number;
}

interface TestedRules {
  readonly tests: readonly TestedRule[];
  readonly problems: readonly Problem[];
  readonly files: number;
}

/** Problems of files, and every test that failed, with why. Tests that passed are counted only. */
export function resultLines({ tests, problems }: TestedRules, paint: Paint): string[] {
  return [
    ...problems.map((problem) => problemLine(problem, paint)),
    ...(problems.length > 0 ? [''] : []),
    ...tests.filter(({ failures }) => failures.length > 0).flatMap((test) => failedLines(test, paint)),
  ];
}

function problemLine({ file, line, column, path, message }: Problem, paint: Paint): string {
  const what = path === '' ? message : `${path}  ${message}`;
  return `${paint.red(printable(`${file}:${line}:${column}`))}  ${printable(what)}`;
}

function failedLines({ name, where, failures }: TestedRule, paint: Paint): string[] {
  return [
    `${paint.red('FAILED')}  ${where.file}:${where.line}  ${paint.bold(printable(name))}`,
    ...failures.flatMap(({ where: at, lines: [first = '', ...rest] }) => [
      `  ${printable(first)}  ${paint.dim(`(${at.file}:${at.line})`)}`,
      ...rest.map((line) => `  ${printable(line)}`),
    ]),
    '',
  ];
}

/** Levels that never fired in a test, and rules that were never read ok. */
export function coverageLines({ levels, fired, total }: Coverage, paint: Paint): string[] {
  const share = total === 0 ? 100 : Math.floor((fired / total) * 1000) / 10;
  const head = `coverage: ${fired} of ${total} levels fired in a test (${share}%)`;
  const gaps = levels
    .filter((level) => !level.fired || !level.quiet)
    .map(({ rule, severity, fired: did, quiet }) => [
      rule,
      severity,
      [...(did ? [] : ['never fired']), ...(quiet ? [] : ['never read ok'])].join(', '),
    ]);
  return [head, ...columns(gaps, '  ').map((line) => paint.yellow(line)), ''];
}

/** Share of the levels that no test made fire. */
export function uncoveredShare({ fired, total }: Coverage): number {
  return total === 0 ? 0 : 1 - fired / total;
}

/** `12 passed, 1 failed, in 3 files`. */
export function summaryLine({ tests, problems, files }: TestedRules, paint: Paint): string {
  const failed = tests.filter(({ failures }) => failures.length > 0).length;
  const passed = `${tests.length - failed} passed`;
  const parts = [
    failed === 0 && problems.length === 0 ? paint.green(passed) : passed,
    failed === 0 ? '0 failed' : paint.red(`${failed} failed`),
    ...(problems.length === 0
      ? []
      : [paint.red(`${problems.length} problem${problems.length === 1 ? '' : 's'}`)]),
  ];
  return `${parts.join(', ')}, in ${files} file${files === 1 ? '' : 's'}`;
}
