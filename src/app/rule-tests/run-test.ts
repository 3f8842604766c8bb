import type { Configuration } from '../../domain/configuration.ts';
import { messageOf } from '../../domain/errors.ts';
import type { Actor } from '../../domain/command.ts';
import type { Answerer } from '../../domain/ports/answerer.ts';
import type { Reading } from '../../domain/reading.ts';
import type { Rule } from '../../domain/rule.ts';
import { DAY } from '../../domain/time.ts';
import { compareSamples } from '../../rehearse/compare-samples.ts';
import { explainFailure, time } from '../../rehearse/explain-failure.ts';
import type { Film } from '../../rehearse/film.ts';
import { judgeTest } from '../../rehearse/judge-test.ts';
import type { QueryTest, RuleTest, Where, WrittenReleases } from '../../rehearse/rule-test.ts';
import type { WrittenReading } from '../../rehearse/reading-notation.ts';
import { openRehearsal } from '../rehearsal/rehearsal.ts';
import type { Script, ScriptedRelease } from '../rehearsal/script.ts';
import { Filming } from './filming.ts';
import { signalsOf } from './read-samples.ts';
import { writtenAnswerer } from './written-answerer.ts';

/** Why a test failed, at one of its lines. */
export interface TestFailure {
  readonly where: Where;
  /** What was expected and what came, one string a line. */
  readonly lines: readonly string[];
}

/** What came of one test. */
export interface TestResult {
  readonly failures: readonly TestFailure[];
  readonly film: Film;
}

/** Runs one test from its beginning to its end, and holds what happened against what it expects. */
export async function runTest(
  test: RuleTest,
  configuration: Configuration,
  startAt: number,
): Promise<TestResult> {
  const filming = new Filming();
  const answerer = writtenAnswerer(test, startAt);
  await using rehearsal = await openRehearsal({
    configuration: { ...configuration, mode: test.mode },
    answerer,
    script: scriptOf(test, startAt),
    from: startAt,
    evaluated: (evaluation, seen) => filming.evaluated(evaluation, seen),
    committed: (entries, seen) => filming.committed(entries, seen),
    opened: (seen) => filming.begin(configuration, startAt, seen),
  });
  await rehearsal.advanceTo(startAt + test.endMs);
  const { film } = filming;
  const failures = judgeTest(test, film, startAt).map((failure) => ({
    where: failure.expectation.where,
    lines: explainFailure(failure, film, startAt),
  }));
  return {
    failures: [...failures, ...(await failedQueries(test.queries, answerer(rehearsal.clock), startAt))],
    film,
  };
}

async function failedQueries(
  queries: readonly QueryTest[],
  answerer: Answerer,
  startAt: number,
): Promise<readonly TestFailure[]> {
  const failures: TestFailure[] = [];
  for (const query of queries) {
    const lines = await differencesOf(query, answerer, startAt + query.atMs);
    if (lines.length === 0) continue;
    failures.push({ where: query.where, lines: [`at ${time(query.atMs)}: ${query.query}`, ...lines] });
  }
  return failures;
}

async function differencesOf(query: QueryTest, answerer: Answerer, at: number): Promise<readonly string[]> {
  try {
    const result = await answerer.query(query.query, at, new AbortController().signal);
    if (result.type === 'vector') return compareSamples(query.samples, result.series);
    if (result.type === 'scalar') return compareSamples(query.samples, [{ labels: {}, value: result.value }]);
    return [`  returned a ${result.type}; expected a vector or a number`];
  } catch (thrown) {
    return [`  ${messageOf(thrown)}`];
  }
}

function scriptOf(test: RuleTest, startAt: number): Script {
  return {
    releases: Object.fromEntries(
      Object.entries(test.releases).map(([target, written]) => [target, ran(written, startAt)]),
    ),
    deploys: test.deploys.map(({ target, atMs, release }) => ({ at: startAt + atMs, target, release })),
    answers: test.answers.map(({ target, atMs, answer, by }) => ({
      at: startAt + atMs,
      target,
      answer,
      by: { name: by, role: 'approver' },
    })),
    commands: test.deploying.flatMap(({ target, fromMs, toMs }) => [
      { at: startAt + fromMs, command: { do: 'deploy', target, phase: 'begin' }, by: pipeline },
      { at: startAt + toMs, command: { do: 'deploy', target, phase: 'end' }, by: pipeline },
    ]),
    read: (rule, subject, at, part) => readingOf(test, { rule, part }, { subject, at, startAt }),
    fails: { steps: new Set(test.fails.steps), checks: new Set(test.fails.checks) },
    trusted: test.armed,
  };
}

const pipeline: Actor = { name: 'ci', role: 'operator' };

function ran({ good, running, forMs }: WrittenReleases, startAt: number): readonly ScriptedRelease[] {
  const since = startAt - forMs;
  return [
    ...(good === null || good === running
      ? []
      : [{ release: good, standing: 'good' as const, since: since - DAY }]),
    ...(running === null
      ? []
      : [
          { release: running, standing: good === running ? ('good' as const) : ('unproven' as const), since },
        ]),
  ];
}

/** The written reading of the slot; null for a rule of which nothing is written. */
function readingOf(
  { readings }: RuleTest,
  { rule, part }: { readonly rule: Rule; readonly part: number | null },
  { subject, at, startAt }: { readonly subject: string; readonly at: number; readonly startAt: number },
): Reading | null {
  const signal = [...signalsOf(rule).values()].find(({ index }) => index === part);
  const written = readings.get(signal?.name ?? rule.id)?.get(subject);
  if (written === undefined) return null;
  const index = Math.floor((at - startAt) / rule.everyMs);
  return asReading(written[index] ?? { kind: 'unknown', why: 'no_data' }, at);
}

function asReading(written: WrittenReading, at: number): Reading {
  switch (written.kind) {
    case 'value':
      return { kind: 'value', at, value: written.value, detail: written.text };
    case 'probe':
      return { kind: 'probe', at, passed: written.passed, detail: written.passed ? 'pass' : 'fail' };
    case 'unknown':
      return { kind: 'unknown', at, why: written.why, detail: `${written.why} by the test` };
  }
}
