/** What came of one test, for a report. */
export interface Reported {
  readonly file: string;
  readonly name: string;
  readonly line: number;
  /** Of the machine, not of the simulated clock. */
  readonly tookMs: number;
  /** Why it failed; null when it passed. */
  readonly failure: string | null;
}

/** A report in the JUnit format that CI systems read: a suite for each file. */
export function junit(results: readonly Reported[]): string {
  const files = Map.groupBy(results, ({ file }) => file);
  const suites = [...files].map(([file, tests]) => suite(file, tests));
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${counts(results)}>`,
    ...suites,
    '</testsuites>',
    '',
  ].join('\n');
}

function suite(file: string, tests: readonly Reported[]): string {
  const cases = tests.map((test) => testCase(test));
  return [`  <testsuite name="${escaped(file)}"${counts(tests)}>`, ...cases, '  </testsuite>'].join('\n');
}

function testCase({ file, name, line, tookMs, failure }: Reported): string {
  const head = `    <testcase name="${escaped(name)}" classname="${escaped(file)}" file="${escaped(file)}" line="${line}" time="${seconds(tookMs)}"`;
  if (failure === null) return `${head}/>`;
  const first = failure.split('\n')[0] ?? '';
  return [
    `${head}>`,
    `      <failure message="${escaped(first)}">${escaped(failure)}</failure>`,
    '    </testcase>',
  ].join('\n');
}

function counts(tests: readonly Reported[]): string {
  const failed = tests.filter(({ failure }) => failure !== null).length;
  const tookMs = tests.reduce((sum, test) => sum + test.tookMs, 0);
  return ` tests="${tests.length}" failures="${failed}" errors="0" time="${seconds(tookMs)}"`;
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3);
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

/** Characters that XML has no place for are replaced. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[&<>"]/g, (character) => entities[character] ?? character)
    .replaceAll(/[^\P{Cc}\n\t]/gu, '\uFFFD');
}
