import { z } from 'zod';
import type { Place } from '../../config/place.ts';
import { duration, interval, name, someTime, text } from '../../config/scalars.ts';
import type { Configuration } from '../../domain/configuration.ts';
import { modes, type Rule } from '../../domain/rule.ts';
import { subjectsOf } from '../../domain/subjects.ts';
import { DAY, formatDuration } from '../../domain/time.ts';
import type { RuleTest } from '../../rehearse/rule-test.ts';
import { targetAt, whereOf } from './names.ts';
import { queriesOf, readBy } from './metrics-read.ts';
import { readExpectations } from './read-expectations.ts';
import { readFails } from './read-fails.ts';
import { readQueries } from './read-queries.ts';
import { Allowance, readReadingsOf, readSeries } from './read-samples.ts';
import { readReleases, type TestDefaults } from './written-releases.ts';

/** What tests are read against. */
export interface TestSetting {
  readonly file: string;
  readonly configuration: Configuration;
  readonly defaults: TestDefaults;
}

/** No test takes longer, in simulated time. */
const longestMs = 7 * DAY;
/** Nor has more readings, of all its rules and targets: each is kept, about 1 KB of it, until the test is judged. */
const mostReadings = 1_000_000;

const later = z.unknown().optional();
const shape = {
  name: text,
  mode: z.enum(modes).optional(),
  interval: interval.optional(),
  armed: z.boolean().optional(),
  until: someTime.optional(),
  series: later,
  readings: later,
  releases: later,
  deploys: later,
  deploying: later,
  answers: later,
  fails: later,
  expect: later,
  promql: later,
};

/** The tests of a file; what is wrong with one is reported, and hides nothing of the others. */
export function readTests(place: Place, setting: TestSetting): readonly RuleTest[] {
  const items = place.items('tests');
  if (items.length === 0 && place.findings.problems.length === 0)
    place.problem('holds no tests; expected a list under tests:', 'key');
  const names = new Map<string, number>();
  const allowance = new Allowance();
  const asked = queriesOf(setting.configuration.rules);
  return items.map((item) => {
    const test = readTest(item, { ...setting, allowance, asked });
    const twin = names.get(test.name);
    if (twin !== undefined && test.name !== '')
      item.at('name').problem(`there is already a test of this name, at line ${twin}`);
    names.set(test.name, test.where.line);
    return test;
  });
}

interface FileSetting extends TestSetting {
  readonly allowance: Allowance;
  /** The queries of all rules. */
  readonly asked: readonly string[];
}

function readTest(place: Place, { file, configuration, defaults, allowance, asked }: FileSetting): RuleTest {
  const fields = place.fields(shape);
  const targets = Object.keys(configuration.targets);
  const intervalMs = fields.interval ?? defaults.intervalMs;
  const queries = readQueries(place.at('promql'), file);
  const isRead = readBy([...asked, ...queries.map(({ query }) => query)]);
  const series = readSeries(place.at('series'), allowance, isRead);
  const readings = readReadingsOf(place.at('readings'), configuration, allowance);
  const expectations = readExpectations(place.at('expect'), { file, configuration });
  if (isMap(place) && !says(place.at('expect')) && !says(place.at('promql')))
    place.problem('expects nothing; add expect: or promql:', 'key');
  const stated = [
    fields.until ?? 0,
    ...expectations.map(({ timing }) => (Number.isFinite(timing.ms) ? timing.ms : 0)),
    ...queries.map(({ atMs }) => atMs),
  ];
  const written = writtenUntil({ series, readings, intervalMs }, configuration.rules);
  const open = expectations.some(({ timing }) => !Number.isFinite(timing.ms));
  // Something that never comes is watched for as long as something is written.
  const endMs = Math.max(...stated, open && fields.until === undefined ? written : 0);
  if (endMs > longestMs)
    place.problem(
      `would take ${formatDuration(endMs)}; a test ends after ${formatDuration(longestMs)} at most`,
      'key',
    );
  else if (readingsUntil(endMs, configuration) > mostReadings)
    place.problem(
      `would take ${readingsUntil(endMs, configuration)} readings, of all rules and targets; a test takes ${mostReadings} at most`,
      'key',
    );
  return {
    name: fields.name ?? '',
    where: whereOf(place, file),
    mode: fields.mode ?? defaults.mode,
    intervalMs,
    series,
    readings,
    releases: readReleases(place.at('releases'), targets, defaults.releases),
    deploys: readDeploys(place.at('deploys'), targets),
    deploying: readDeploying(place.at('deploying'), targets),
    answers: readAnswers(place.at('answers'), targets),
    fails: readFails(place.at('fails'), configuration),
    armed: fields.armed ?? defaults.armed,
    endMs: Math.min(endMs, longestMs),
    expectations: expectations.map((one) => ({
      ...one,
      timing: { ...one.timing, ms: Math.min(one.timing.ms, endMs) },
    })),
    queries,
  };
}

function isMap({ value }: Place): boolean {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** An empty list would let a test pass whatever happens. */
function says({ value }: Place): boolean {
  return value !== undefined && !(Array.isArray(value) && value.length === 0);
}

function readingsUntil(endMs: number, { rules, targets }: Configuration): number {
  return rules.reduce(
    (sum, rule) => sum + Math.floor(endMs / rule.everyMs) * subjectsOf(rule, targets).length,
    0,
  );
}

/** When the last of the written samples and readings is seen. */
function writtenUntil(
  { series, readings, intervalMs }: Pick<RuleTest, 'series' | 'readings' | 'intervalMs'>,
  rules: readonly Rule[],
): number {
  const ofReadings = [...readings].flatMap(([name, bySubject]) => {
    const rule = rules.find(({ id }) => name === id || name.startsWith(`${id}.`));
    return [...bySubject.values()].map(({ length }) => (length - 1) * (rule?.everyMs ?? 0));
  });
  return Math.max(0, ...series.map(({ samples }) => (samples.length - 1) * intervalMs), ...ofReadings);
}

function readDeploys(place: Place, targets: readonly string[]): RuleTest['deploys'] {
  return place.items('deploys').map((item) => {
    const fields = item.fields({ at: duration, release: name, target: z.string().optional() });
    const target = targetAt(item, fields.target, targets);
    return { target, atMs: fields.at ?? 0, release: fields.release ?? '' };
  });
}

function readDeploying(place: Place, targets: readonly string[]): RuleTest['deploying'] {
  return place.items('deployments').map((item) => {
    const fields = item.fields({ from: duration, to: duration, target: z.string().optional() });
    const target = targetAt(item, fields.target, targets);
    const { from: fromMs = 0, to: toMs = 0 } = fields;
    if (fields.to !== undefined && toMs <= fromMs) item.at('to').problem('ends before it begins');
    return { target, fromMs, toMs };
  });
}

function readAnswers(place: Place, targets: readonly string[]): RuleTest['answers'] {
  return place.items('answers').map((item) => {
    const fields = item.fields({
      at: duration,
      answer: z.enum(['approve', 'reject']),
      by: name.optional(),
      target: z.string().optional(),
    });
    const target = targetAt(item, fields.target, targets);
    return { target, atMs: fields.at ?? 0, answer: fields.answer ?? 'reject', by: fields.by ?? 'alice' };
  });
}
