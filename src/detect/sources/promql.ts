import { messageOf } from '../../domain/errors.ts';
import type { Answerer } from '../../domain/ports/answerer.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Source } from '../../domain/ports/source.ts';
import { formatQuantity } from '../../domain/quantity.ts';
import type { Reading, Unknown } from '../../domain/reading.ts';
import type { Subject } from '../../domain/target.ts';
import { columnOf, type Column } from './column.ts';
import { freshnessOf } from './freshness.ts';
import { promqlOptions, type PromqlSignal } from './promql-options.ts';
import { seriesMap, type SeriesMap } from './series-map.ts';

/** A reading that has no date yet. */
type Saw = { readonly value: number; readonly detail: string } | Unseen | 'ok';
interface Unseen {
  readonly why: Unknown;
  readonly detail: string;
}

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
}: {
  /** The word in YAML. The two differ only in who answers. */
  readonly kind: 'prometheus' | 'scrape';
  readonly answerer: Answerer;
  readonly clock: Clock;
}): Source<PromqlSignal> {
  const maps = new WeakMap<readonly Subject[], SeriesMap>();
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
    async read(options, subjects, signal) {
      const at = clock.now();
      const map = maps.get(subjects) ?? seriesMap(subjects);
      maps.set(subjects, map);
      const ask = (text: string): Promise<Column> => column(answerer, text, { subjects, map, signal });
      try {
        const [stale, main, total] = await Promise.all([
          freshnessOf(answerer, options.fresh, { subjects, map, signal }),
          ask('query' in options.ask ? options.ask.query : options.ask.bad),
          'query' in options.ask ? null : ask(options.ask.total),
        ]);
        unmatched.set(options, (total ?? main).unmatched);
        return dated(at, subjects, ({ name }) => {
          const old = stale.get(name);
          if (old !== undefined) return { why: 'no_data', detail: old };
          if ('query' in options.ask || total === null) return ofQuery(main, name, options.emptyIsOk);
          return ofRatio({ bad: main, total }, name, options.ask.min);
        });
      } catch (thrown) {
        return dated(at, subjects, () => ({ why: 'error', detail: messageOf(thrown) }));
      }
    },
  };
}

async function column(
  answerer: Answerer,
  text: string,
  { subjects, map, signal }: { subjects: readonly Subject[]; map: SeriesMap; signal: AbortSignal },
): Promise<Column> {
  const answer = columnOf(await answerer.query(text, null, signal), subjects, map);
  if ('problem' in answer) throw new Error(answer.problem);
  return answer;
}

function ofQuery({ cells }: Column, name: string, emptyIsOk: boolean): Saw {
  const cell = cells.get(name);
  if (cell === undefined) return emptyIsOk ? 'ok' : { why: 'no_data', detail: 'no series' };
  const odd = oddity(cell);
  return odd ?? { value: Number(cell), detail: formatQuantity(Number(cell), 'number') };
}

/** Errors that never happened have no series: `bad` is 0 where `total` is there. */
function ofRatio(
  { bad, total }: { readonly bad: Column; readonly total: Column },
  name: string,
  min: number,
): Saw {
  const all = total.cells.get(name);
  if (all === undefined) return { why: 'no_data', detail: 'no series of `total`' };
  const part = bad.cells.get(name) ?? 0;
  const odd = oddity(all) ?? oddity(part);
  if (odd !== null) return odd;
  const [of, amount] = [Number(all), Number(part)];
  if (of < min || of <= 0)
    return {
      why: 'insufficient',
      detail: `total is ${formatQuantity(of, 'number')}, at least ${min} needed`,
    };
  const detail = `${formatQuantity(amount / of, 'ratio')} (${formatQuantity(amount, 'number')} of ${formatQuantity(of, 'number')})`;
  return { value: amount / of, detail };
}

function oddity(cell: number | 'several'): Unseen | null {
  if (cell === 'several') return { why: 'error', detail: 'several series; aggregate to one for each target' };
  return Number.isFinite(cell) ? null : { why: 'no_data', detail: `the value is ${cell}` };
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
