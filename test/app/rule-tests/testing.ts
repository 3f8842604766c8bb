import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '../../../src/app/clock.ts';
import { testRules, type TestedRules } from '../../../src/app/rule-tests/test-rules.ts';
import { formatProblems } from '../../../src/config/format-problems.ts';

/** A folder of files that is gone after the test. */
export function filesIn(files: Readonly<Record<string, string>>): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'rollbackd-rule-tests-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** A pack with a rule of each kind; what a case does not need is left out by whoever reads it. */
export const shopRules = `
rules:
  errors:
    every: 15s
    prometheus: { query: sum by (service) (errors) }
    levels:
      critical: { above: 0.5, for: 1m }
      high: { above: 0.1, for: 1m }
  health:
    every: 10s
    http: { url: '\${target.address}/health' }
    levels: { high: { failures: 3 } }
  memory:
    every: 30s
    docker: memory
    levels: { critical: { above: 95%, for: 1m } }
  disk:
    every: 30s
    scope: host
    disk: { path: /, measure: free }
    levels: { medium: { below: 10%, for: 1m } }
  queue:
    every: 15s
    scrape: { query: max by (service) (queue_length) }
    levels: { medium: { above: 100, for: 30s } }
  latency:
    every: 15s
    prometheus: { query: max by (service) (latency_seconds), fallback: scrape }
    baseline: { offset: 10m }
    levels: { critical: { above: 3x, for: 30s } }
  slow-and-full:
    every: 10s
    all:
      - http: { url: '\${target.address}/slow' }
      - { docker: memory, above: 90% }
      - { prometheus: { query: sum by (service) (errors) }, above: 0.5 }
    levels: { medium: { failures: 2 } }
  down:
    every: 15s
    prometheus: { query: max by (service) (down) }
    levels: { critical: { above: 0, for: 0s } }
  start-up:
    every: 10s
    docker: restarts
    levels: { critical: { above: 2, for: 0s, while: deploying } }
`;

export const shopPlaybooks = `
playbooks:
  service:
    steps: [{ docker.rollback: { to: last_good } }]
    verify:
      settle: 5s
      infrastructure: { within: 30s, checks: [{ docker: healthy }, { http: { url: '\${target.address}/health' } }] }
`;

/** Runs the tests of a file for the shop's pack. */
export function tested(text: string, only: RegExp | null = null): Promise<TestedRules> {
  return testedFiles(
    { 'shop/rules.yaml': shopRules, 'shop/playbooks.yaml': shopPlaybooks, 'shop/tests/case.yaml': text },
    only,
  );
}

/** Runs all tests that some files hold. */
export async function testedFiles(
  texts: Readonly<Record<string, string>>,
  only: RegExp | null = null,
): Promise<TestedRules> {
  using files = filesIn(texts);
  return await testRules({
    paths: [files.path],
    only,
    progress: () => {},
    signal: new AbortController().signal,
    clock: systemClock(),
    environment: {},
  });
}

/** What failed, as people read it: problems, then failures; empty when all is as expected. */
export async function verdictOn(text: string): Promise<string> {
  const { problems, tests } = await tested(text);
  const shown = problems.map((problem) => ({
    ...problem,
    file: problem.file.replace(/^.*\/shop\//, 'shop/'),
  }));
  const failures = tests.flatMap(({ name, failures: all }) =>
    all.map(({ where, lines }) => `${name} (line ${where.line})\n${lines.join('\n')}`),
  );
  return [...(shown.length === 0 ? [] : [formatProblems(shown)]), ...failures].join('\n\n');
}

/** A test file with one test of this body, whose lines are indented already. */
export function oneTest(body: string): string {
  return `tests:\n  - name: case\n${body}`;
}
