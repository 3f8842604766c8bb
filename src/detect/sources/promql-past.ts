import { messageOf } from '../../domain/errors.ts';
import type { Answerer } from '../../domain/ports/answerer.ts';
import type { Arrivals } from '../../domain/ports/arrivals.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { AskedPast, Source } from '../../domain/ports/source.ts';
import type { Baselined } from '../../domain/reading.ts';
import type { Subject } from '../../domain/target.ts';
import { formatDuration } from '../../domain/time.ts';
import { notYet } from './promql-coverage.ts';
import { look, type Asking, type Saw } from './promql-look.ts';
import type { PromqlSignal } from './promql-options.ts';
import { beforeDeploy, type Remembered } from './before-deploy.ts';
import type { SeriesMap } from './series-map.ts';

/** Targets whose past is asked for at the same time. */
const atOnce = 8;

/**
 * What readings of PromQL are compared with: the same query earlier, or over the time before the present release.
 * Never rejects: a past that cannot be asked for is an `error`, one of which too little is known is `insufficient`.
 */
export function promqlPast(means: {
  readonly answerer: Answerer;
  readonly clock: Clock;
  readonly arrivals: Arrivals;
  readonly mapOf: (subjects: readonly Subject[]) => SeriesMap;
}): NonNullable<Source<PromqlSignal>['baselines']> {
  const memory = new WeakMap<PromqlSignal, Map<string, Remembered>>();
  return async (options, asked, subjects, signal) => {
    const { baseline } = asked;
    const asking = { subjects, map: means.mapOf(subjects), signal };
    if ('offsetMs' in baseline) return ofOffset(means, options, baseline.offsetMs, asking);
    const remembered = memory.get(options) ?? new Map<string, Remembered>();
    memory.set(options, remembered);
    return ofDeploys({ ...means, baseline, remembered }, options, asked, asking);
  };
}

async function ofOffset(
  { answerer, clock }: { readonly answerer: Answerer; readonly clock: Clock },
  options: PromqlSignal,
  offsetMs: number,
  asking: Asking,
): Promise<ReadonlyMap<string, Baselined>> {
  const ago = `${formatDuration(offsetMs)} ago`;
  const early = notYet(answerer, options, clock.now() - offsetMs);
  if (early !== null) return forAll(asking.subjects, { why: 'insufficient', detail: `${ago}: ${early}` });
  try {
    const { of } = await look(answerer, options, clock.now() - offsetMs, asking);
    return new Map(asking.subjects.map(({ name }) => [name, earlier(of(name), ago)]));
  } catch (thrown) {
    return forAll(asking.subjects, { why: 'error', detail: `${ago}: ${messageOf(thrown)}` });
  }
}

function earlier(saw: Saw, ago: string): Baselined {
  if (saw === 'ok') return { why: 'insufficient', detail: `${ago}: no series` };
  if ('value' in saw) return { value: saw.value, when: `of ${ago}`, shift: null };
  return { why: saw.why === 'error' ? 'error' : 'insufficient', detail: `${ago}: ${saw.detail}` };
}

async function ofDeploys(
  means: Parameters<typeof beforeDeploy>[0],
  options: PromqlSignal,
  asked: AskedPast,
  { subjects, map, signal }: Asking,
): Promise<ReadonlyMap<string, Baselined>> {
  const baselines = new Map<string, Baselined>();
  const waiting = subjects.values();
  const isAlone = subjects.length === 1;
  const work = async (): Promise<void> => {
    for (const { name } of waiting) {
      const reading = asked.readings.get(name);
      if (reading?.kind !== 'value') continue;
      const about = { subject: name, map, isAlone, signal, value: reading.value, everyMs: asked.everyMs };
      baselines.set(name, await beforeDeploy(means, options, about));
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, subjects.length) }, work));
  return baselines;
}

function forAll(subjects: readonly Subject[], baseline: Baselined): ReadonlyMap<string, Baselined> {
  return new Map(subjects.map(({ name }) => [name, baseline]));
}
