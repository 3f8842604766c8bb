import { messageOf } from '../../domain/errors.ts';
import type { Answerer } from '../../domain/ports/answerer.ts';
import { noArrivals, type Arrivals } from '../../domain/ports/arrivals.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Source } from '../../domain/ports/source.ts';
import type { Reading } from '../../domain/reading.ts';
import type { Subject } from '../../domain/target.ts';
import { freshnessOf } from './freshness.ts';
import { notYet } from './promql-coverage.ts';
import { look, type Saw } from './promql-look.ts';
import { prometheusOptions, scrapeOptions, type PromqlSignal } from './promql-options.ts';
import { promqlPast } from './promql-past.ts';
import { seriesMap, type SeriesMap } from './series-map.ts';
import type { TakeOver } from './take-over.ts';

/**
 * Readings of PromQL queries, one query for all targets.
 *
 * Only a success of the right type without warnings is a reading. Everything else is unknown: `error` when the answer
 * cannot be trusted, `no_data` when there is none for the target, `insufficient` below a ratio's `min`.
 */
export function promqlSource({
  kind,
  answerer,
  clock,
  arrivals = noArrivals,
  fallback = null,
}: {
  /** The word in YAML. The two differ only in who answers. */
  readonly kind: 'prometheus' | 'scrape';
  readonly answerer: Answerer;
  readonly clock: Clock;
  /** For baselines of the time before a deployment; without it there never was one. */
  readonly arrivals?: Arrivals;
  /** Somebody who answers readings while the answerer does not, for rules that say so, or for all that say nothing. */
  readonly fallback?: { readonly takeOver: Pick<TakeOver, 'ask'>; readonly unlessStated: boolean } | null;
}): Source<PromqlSignal> {
  const maps = new WeakMap<readonly Subject[], SeriesMap>();
  const mapOf = (subjects: readonly Subject[]): SeriesMap => {
    const map = maps.get(subjects) ?? seriesMap(subjects);
    maps.set(subjects, map);
    return map;
  };
  const unmatched = new WeakMap<PromqlSignal, number>();
  return {
    kind,
    options: kind === 'scrape' ? scrapeOptions : prometheusOptions,
    seesDeploys: false,
    signal: () => 'value',
    unit: ({ ask }) => ('query' in ask ? 'number' : 'ratio'),
    windowMs: ({ windowMs }) => windowMs,
    identity: () => answerer.name,
    unmatched: (options) => unmatched.get(options) ?? 0,
    baselines: promqlPast({ answerer, clock, arrivals, mapOf }),
    async read(options, subjects, signal) {
      const at = clock.now();
      const asking = { subjects, map: mapOf(subjects), signal };
      const ask = async (who: Answerer) => {
        const early = notYet(who, options, at);
        const asked = [freshnessOf(who, options.fresh, asking), look(who, options, null, asking)] as const;
        const [stale, looked] = await Promise.all(asked);
        return { early, stale, looked };
      };
      try {
        const { answer, instead } =
          fallback !== null && fallsBack(options, fallback)
            ? await fallback.takeOver.ask(ask, signal)
            : { answer: await ask(answerer), instead: null };
        const { early, stale, looked } = answer;
        unmatched.set(options, looked.unmatched);
        return dated(at, subjects, ({ name }) => {
          if (early !== null) return told({ why: 'insufficient', detail: early }, instead);
          const old = stale.get(name);
          return told(old === undefined ? looked.of(name) : { why: 'no_data', detail: old }, instead);
        });
      } catch (thrown) {
        return dated(at, subjects, () => ({ why: 'error', detail: messageOf(thrown) }));
      }
    },
  };
}

/** Whether somebody else may answer for these options. */
export function fallsBack(
  { fallback }: PromqlSignal,
  { unlessStated }: { readonly unlessStated: boolean },
): boolean {
  return fallback === undefined ? unlessStated : fallback === 'scrape';
}

/** What somebody else said in place of the one who was asked is told as such. */
function told(saw: Saw, instead: string | null): Saw {
  if (instead === null || saw === 'ok') return saw;
  return { ...saw, detail: `${saw.detail} (${instead})` };
}

function dated(
  at: number,
  subjects: readonly Subject[],
  see: (subject: Subject) => Saw,
): ReadonlyMap<string, Reading> {
  const readings = new Map<string, Reading>();
  for (const subject of subjects) {
    const saw = see(subject);
    if (saw === 'ok')
      readings.set(subject.name, { kind: 'probe', at, passed: true, detail: 'no series, which is ok here' });
    else if ('why' in saw) readings.set(subject.name, { kind: 'unknown', at, ...saw });
    else readings.set(subject.name, { kind: 'value', at, ...saw });
  }
  return readings;
}
