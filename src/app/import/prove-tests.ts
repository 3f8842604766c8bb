import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Problem } from '../../domain/configuration.ts';
import type { RuleTest, Where } from '../../rehearse/rule-test.ts';
import type { Surroundings } from '../connections.ts';
import { openTestFile } from '../rule-tests/open-test-file.ts';
import { runTest, type TestFailure } from '../rule-tests/run-test.ts';
import { testsText } from './texts.ts';
import type { Carried, ImportedTest, ImportedTests } from './to-tests.ts';
import type { Note } from './written.ts';

interface Proving {
  /** The pack's `rules.yaml`. */
  readonly rules: string;
  /** Takes what did not hold. */
  readonly notes: Note[];
  /** The file that the tests are from. */
  readonly file: string;
  readonly surroundings: Surroundings;
}

/** The tests as far as they hold: what cannot be read, and what comes out otherwise than in Prometheus, is noted. */
export async function proven(carried: ImportedTests, proving: Proving): Promise<ImportedTests> {
  const folder = mkdtempSync(join(tmpdir(), 'rollbackd-import-'));
  try {
    const readable = await withoutProblems(carried, folder, proving);
    return { ...readable, tests: await whatHolds(readable, folder, proving) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Without the tests that cannot be read, e.g. for native histograms in their series. */
async function withoutProblems(
  carried: ImportedTests,
  folder: string,
  proving: Proving,
): Promise<ImportedTests> {
  const problems = await problemsOf(carried, folder, proving);
  const bad = new Map(
    problems.flatMap((problem) => {
      const index = /^tests\.?\[(\d+)\]/.exec(problem.path)?.[1];
      return index === undefined ? [] : [[Number(index), problem] as const];
    }),
  );
  const general = problems.find(({ path }) => !/^tests\.?\[/.test(path));
  if (general !== undefined) note(proving, 1, `no test is carried over: ${general.path} ${general.message}`);
  for (const [index, { path, message }] of bad) {
    const name = carried.tests[index]?.name ?? '';
    note(proving, lineOf(carried.tests[index]), `the test "${name}" is not carried over: ${path} ${message}`);
  }
  return {
    ...carried,
    tests: general === undefined ? carried.tests.filter((_, index) => !bad.has(index)) : [],
  };
}

async function problemsOf(
  tests: ImportedTests,
  folder: string,
  proving: Proving,
): Promise<readonly Problem[]> {
  if (tests.tests.length === 0) return [];
  const opened = await openTestFile(write(tests, folder, proving), proving.surroundings);
  return opened.ok ? [] : opened.problems;
}

async function whatHolds(
  carried: ImportedTests,
  folder: string,
  proving: Proving,
): Promise<readonly ImportedTest[]> {
  if (carried.tests.length === 0) return [];
  const opened = await openTestFile(write(carried, folder, proving), proving.surroundings);
  if (!opened.ok) return [];
  const kept: ImportedTest[] = [];
  for (const [index, test] of opened.file.tests.entries()) {
    const imported = carried.tests[index];
    if (imported === undefined) continue;
    const { failures } = await runTest(test, opened.configuration, opened.file.nowAt);
    kept.push(withoutFailures(imported, test, failures, proving));
  }
  return kept.filter(({ expectations, queries }) => expectations.length + queries.length > 0);
}

function withoutFailures(
  imported: ImportedTest,
  test: RuleTest,
  failures: readonly TestFailure[],
  proving: Proving,
): ImportedTest {
  const holding = (
    carried: readonly Carried[],
    read: readonly { readonly where: Where }[],
  ): readonly Carried[] =>
    carried.filter(({ from }, index) => {
      const where = read[index]?.where;
      const failure = failures.find(
        ({ where: failed }) => failed.line === where?.line && failed.column === where.column,
      );
      if (failure !== undefined)
        note(proving, from.line, `not carried over, it comes out otherwise here: ${shown(failure)}`);
      return failure === undefined;
    });
  return {
    ...imported,
    expectations: holding(imported.expectations, test.expectations),
    queries: holding(imported.queries, test.queries),
  };
}

/** The first two lines say what differs; the rest is a story. */
function shown({ lines }: TestFailure): string {
  return lines
    .slice(0, 2)
    .map((line) => line.trim().replaceAll(/\s+/g, ' '))
    .join(', ');
}

function note({ notes, file }: Proving, line: number, message: string): void {
  notes.push({ file, line, message });
}

function lineOf(test: ImportedTest | undefined): number {
  return (test?.expectations[0] ?? test?.queries[0])?.from.line ?? 1;
}

/** Lays the pack and its tests out in the folder; returns the path of the tests. */
function write(tests: ImportedTests, folder: string, { rules, file }: Proving): string {
  const pack = join(folder, 'imported');
  mkdirSync(join(pack, 'tests'), { recursive: true });
  writeFileSync(join(pack, 'rules.yaml'), rules);
  const path = join(pack, 'tests', 'imported.yaml');
  writeFileSync(path, testsText(tests, file));
  return path;
}
