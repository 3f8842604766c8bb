import { messageOf } from '../../domain/errors.ts';
import type { Answerer } from '../../domain/ports/answerer.ts';
import type { Arrival, Arrivals } from '../../domain/ports/arrivals.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Baselined } from '../../domain/reading.ts';
import type { Baseline, DeployTest } from '../../domain/rule.ts';
import { formatDuration, MINUTE } from '../../domain/time.ts';
import { mannWhitney } from '../statistics/mann-whitney.ts';
import { median } from '../statistics/median.ts';
import { notYet } from './promql-coverage.ts';
import { historyOf, type HistoryAsking } from './promql-history.ts';
import type { PromqlSignal } from './promql-options.ts';

/** Values that are looked at on either side of a deployment, at most. */
const mostValues = 240;
/** Too little of the past is asked for again after this long: samples may come late. */
const againMs = MINUTE;

/** What is known of the time before a release, until another one arrives. */
export interface Remembered {
  readonly arrival: string;
  readonly askedAt: number;
  readonly before: readonly number[];
  /** Readings since the present release runs; the last `mostValues` of them. Empty without a test. */
  after: readonly number[];
}

/** The time before the deployment of one subject, and the readings since. */
export type DeployBaseline = Extract<Baseline, { before: unknown }>;

interface About extends HistoryAsking {
  readonly value: number;
  readonly everyMs: number;
}

interface Means {
  readonly answerer: Answerer;
  readonly clock: Clock;
  readonly arrivals: Arrivals;
  readonly baseline: DeployBaseline;
  /** By subject. */
  readonly remembered: Map<string, Remembered>;
}

/**
 * The median of the time before the present release of a subject arrived. It takes values at half of the steps of
 * that time at least; asked for once a release.
 */
export async function beforeDeploy(means: Means, options: PromqlSignal, about: About): Promise<Baselined> {
  const arrival = means.arrivals.of(about.subject);
  if (arrival === null) {
    means.remembered.delete(about.subject);
    return { why: 'insufficient', detail: 'no deployment of it has been seen' };
  }
  const since = arrival.deployedAt - means.baseline.windowMs;
  const early = notYet(means.answerer, options, since);
  if (early !== null) return { why: 'insufficient', detail: `the time before the deployment: ${early}` };
  try {
    const known = await recall(means, options, { ...about, arrival });
    const least = Math.max(2, Math.ceil(stepsIn(means.baseline.windowMs, about.everyMs) / 2));
    if (known.before.length < least) return tooLittle(known.before.length, least, means.baseline);
    const { test } = means.baseline;
    return {
      value: median(known.before),
      when: 'before the deployment',
      shift: test === undefined ? null : shiftOf(known, test),
    };
  } catch (thrown) {
    return { why: 'error', detail: `the time before the deployment: ${messageOf(thrown)}` };
  }
}

/** From one value to the next, so that a stretch has at most `mostValues` of them. */
export function stepFor(stretchMs: number, everyMs: number): number {
  return Math.max(everyMs, Math.ceil(stretchMs / mostValues));
}

function stepsIn(stretchMs: number, everyMs: number): number {
  return Math.floor(stretchMs / stepFor(stretchMs, everyMs));
}

function tooLittle(values: number, least: number, { windowMs }: DeployBaseline): Baselined {
  const stretch = `the ${formatDuration(windowMs)} before the deployment`;
  return { why: 'insufficient', detail: `${values} readings of ${stretch}, at least ${least} needed` };
}

async function recall(
  means: Means,
  options: PromqlSignal,
  about: About & { readonly arrival: Arrival },
): Promise<Remembered> {
  const { remembered, clock, baseline } = means;
  const name = JSON.stringify(about.arrival);
  const known = remembered.get(about.subject);
  const enough = known !== undefined && known.before.length >= stepsIn(baseline.windowMs, about.everyMs) / 2;
  if (known?.arrival === name && (enough || clock.now() - known.askedAt < againMs)) {
    if (baseline.test !== undefined) known.after = [...known.after, about.value].slice(-mostValues);
    return known;
  }
  const fresh = { arrival: name, askedAt: clock.now(), ...(await ask(means, options, about)) };
  remembered.set(about.subject, fresh);
  return fresh;
}

async function ask(
  { answerer, clock, baseline: { windowMs, test } }: Means,
  options: PromqlSignal,
  about: About & { readonly arrival: Arrival },
): Promise<Pick<Remembered, 'before' | 'after'>> {
  const { since, deployedAt } = about.arrival;
  const stepMs = stepFor(windowMs, about.everyMs);
  const now = clock.now();
  const [before, after] = await Promise.all([
    historyOf(answerer, options, { fromMs: deployedAt - windowMs, toMs: deployedAt, stepMs }, about),
    test === undefined
      ? []
      : historyOf(answerer, options, { fromMs: Math.max(since, now - windowMs), toMs: now, stepMs }, about),
  ]);
  return { before, after };
}

function shiftOf(
  { before, after }: Pick<Remembered, 'before' | 'after'>,
  { p, effect, samples }: DeployTest,
): 'higher' | 'lower' | 'none' | 'insufficient' {
  if (before.length < samples || after.length < samples) return 'insufficient';
  const difference = mannWhitney(after, before);
  if (difference.p >= p || Math.abs(difference.delta) < effect) return 'none';
  return difference.delta > 0 ? 'higher' : 'lower';
}
