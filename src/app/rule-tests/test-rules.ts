import { basename, resolve } from 'node:path';
import type { Problem } from '../../domain/configuration.ts';
import type { Rule } from '../../domain/rule.ts';
import { CoverageTally, type Coverage } from '../../rehearse/coverage.ts';
import { junit, type Reported } from '../../rehearse/junit.ts';
import type { Where } from '../../rehearse/rule-test.ts';
import type { Surroundings } from '../connections.ts';
import { loadPack } from '../rehearsal/pack.ts';
import { findTests } from './find-tests.ts';
import { openTestFile } from './open-test-file.ts';
import { runTest, type TestFailure } from './run-test.ts';

export interface TestRulesOptions extends Surroundings {
  /** Files, or folders to look through. */
  readonly paths: readonly string[];
  /** Only tests whose name it matches; null for all. */
  readonly only: RegExp | null;
  /** Hears before each test how many there have been, and which comes. */
  readonly progress: (done: number, name: string) => void;
  readonly signal: AbortSignal;
}

/** What came of one test. */
export interface TestedRule {
  readonly name: string;
  readonly where: Where;
  readonly tookMs: number;
  readonly failures: readonly TestFailure[];
}

/** What came of all tests. */
export interface TestedRules {
  readonly tests: readonly TestedRule[];
  /** Of test files, and of the packs that they are about; their tests were not run. */
  readonly problems: readonly Problem[];
  readonly files: number;
  readonly coverage: Coverage;
  /** The results in the JUnit format. */
  readonly report: () => string;
}

/**
 * Runs the tests of rules in files and folders, one after the other.
 *
 * Rejects with `NOT_FOUND` when a path leads to no tests; what is wrong in a file is a problem in the answer.
 */
export async function testRules(options: TestRulesOptions): Promise<TestedRules> {
  const { clock, only, progress, signal } = options;
  const { files, packs } = findTests(options.paths);
  const problems: Problem[] = [];
  const tests: TestedRule[] = [];
  const tally = new CoverageTally();
  for (const path of files) {
    if (signal.aborted) break;
    const opened = await openTestFile(path, options);
    if (!opened.ok) {
      problems.push(...opened.problems);
      continue;
    }
    const { file, configuration } = opened;
    tally.know(configuration.rules);
    for (const test of file.tests.filter(({ name }) => only?.test(name) ?? true)) {
      if (signal.aborted) break;
      progress(tests.length, test.name);
      const startedAt = clock.now();
      const { failures, film } = await runTest(test, configuration, file.nowAt);
      tally.add(film);
      tests.push({ name: test.name, where: test.where, tookMs: clock.now() - startedAt, failures });
    }
  }
  for (const pack of packs) if (!tally.knows(packName(pack))) tally.know(await rulesOf(pack, options));
  return {
    tests,
    problems: distinct(problems),
    files: files.length,
    coverage: tally.coverage(),
    report: () => junit([...tests.map(reported), ...distinct(problems).map(reportedProblem)]),
  };
}

function packName(folder: string): string {
  return basename(resolve(folder));
}

/** The rules of a pack that has no tests; none of one that cannot be read. */
async function rulesOf(folder: string, surroundings: Surroundings): Promise<readonly Rule[]> {
  const loaded = await loadPack({ ...surroundings, folder, targets: { backend: {} }, mode: 'auto' });
  return loaded.ok ? loaded.configuration.rules : [];
}

function reported({ name, where, tookMs, failures }: TestedRule): Reported {
  const failure = failures.map(({ where: at, lines }) => [...lines, `${at.file}:${at.line}`].join('\n'));
  const { file, line } = where;
  return { file, name, line, tookMs, failure: failure.length === 0 ? null : failure.join('\n') };
}

/** A file that cannot be run has failed as a whole. */
function reportedProblem({ file, line, path, message }: Problem): Reported {
  return { file, name: path === '' ? 'the file' : path, line, tookMs: 0, failure: message };
}

/** Several files may be about the same broken pack. */
function distinct(problems: readonly Problem[]): readonly Problem[] {
  const known = new Map(problems.map((one) => [`${one.file}:${one.line}:${one.column} ${one.message}`, one]));
  return [...known.values()];
}
