import { messageOf } from '../../domain/errors.ts';
import type { Answerer } from '../../domain/ports/answerer.ts';
import { noArrivals, type Arrivals } from '../../domain/ports/arrivals.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Source } from '../../domain/ports/source.ts';
import type { Reading } from '../../domain/reading.ts';
import type { Subject } from '../../domain/target.ts';
import { freshnessOf } from './freshness.ts';
import { look, type Saw } from './promql-look.ts';
import { promqlOptions, type PromqlSignal } from './promql-options.ts';
import { promqlPast } from './promql-past.ts';
import { seriesMap, type SeriesMap } from './series-map.ts';

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
}: {
  /** The word in YAML. The two differ only in who answers. */
  readonly kind: 'prometheus' | 'scrape';
  readonly answerer: Answerer;
  readonly clock: Clock;
  /** For baselines of the time before a deployment; without it there never was one. */
  readonly arrivals?: Arrivals;
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
    options: promqlOptions,
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
      try {
        const [stale, looked] = await Promise.all([
          freshnessOf(answerer, options.fresh, asking),
          look(answerer, options, null, asking),
        ]);
        unmatched.set(options, looked.unmatched);
        return dated(at, subjects, ({ name }) => {
          const old = stale.get(name);
          return old === undefined ? looked.of(name) : { why: 'no_data', detail: old };
        });
      } catch (thrown) {
        return dated(at, subjects, () => ({ why: 'error', detail: messageOf(thrown) }));
      }
    },
  };
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
