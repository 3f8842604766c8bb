import { createEngine } from '../../src/promql/engine.ts';
import type { EngineOptions, QueryRange } from '../../src/promql/engine.ts';
import { MemoryStore } from '../../src/promql/memory-store.ts';
import { parseQuery } from '../../src/promql/parse.ts';
import { QueryError } from '../../src/promql/query-error.ts';
import type { SeriesSource } from '../../src/promql/series-store.ts';

const minute = 60_000;

/**
 * Series, each with one value a minute from 0 on.
 *
 * @param series `up{job="a"}` and its values; `_` is no sample, `stale` the end of the series
 */
export function minutely(series: Readonly<Record<string, string>>): MemoryStore {
  const store = new MemoryStore();
  for (const [written, values] of Object.entries(series)) {
    const labels = labelsOf(written);
    for (const [index, value] of values.split(' ').entries()) {
      if (value === '_') continue;
      store.append(labels, { atMs: index * minute, value: Number(value), stale: value === 'stale' });
    }
  }
  return store;
}

function labelsOf(written: string): Record<string, string> {
  const [, name = '', rest = ''] = /^(\w*)(?:\{(.*)\})?$/.exec(written) ?? [];
  const pairs = [...rest.matchAll(/(\w+)="([^"]*)"/g)].map(([, label = '', value = '']) => [label, value]);
  return {
    ...(name === '' ? {} : { __name__: name }),
    ...(Object.fromEntries(pairs) as Record<string, string>),
  };
}

/** What a query answers at a minute, one element a line, sorted unless the query sorts; or the error. */
export function at(
  store: SeriesSource,
  minutes: number,
  query: string,
  options: Partial<EngineOptions> = {},
): string[] {
  return answered(() => {
    const { value } = createEngine(options).instant(parseQuery(query), store, minutes * minute);
    switch (value.type) {
      case 'scalar':
        return [String(value.value)];
      case 'string':
        return [value.value];
      case 'vector': {
        const lines = value.series.map((each) => `${written(each.labels)} ${each.value}`);
        return /^\s*(?:sort|topk|bottomk)/.test(query) ? lines : lines.sort();
      }
      case 'matrix':
        return value.series.map((each) => `${written(each.labels)} ${points(each)}`).sort();
    }
  });
}

/** What a query answers over minutes: `{} 1@0 2@5`. */
export function over(
  store: SeriesSource,
  minutes: { readonly from: number; readonly to: number; readonly step: number },
  query: string,
  options: Partial<EngineOptions> = {},
): string[] {
  const range: QueryRange = {
    fromMs: minutes.from * minute,
    toMs: minutes.to * minute,
    stepMs: minutes.step * minute,
  };
  return answered(() =>
    createEngine(options)
      .range(parseQuery(query), store, range)
      .series.map((each) => `${written(each.labels)} ${points(each)}`)
      .sort(),
  );
}

function answered(answer: () => string[]): string[] {
  try {
    return answer();
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    return [`${error.type}: ${error.message}`];
  }
}

function points(series: { readonly times: Float64Array; readonly values: Float64Array }): string {
  return [...series.times].map((time, index) => `${series.values[index]}@${time / minute}`).join(' ');
}

function written(labels: Readonly<Record<string, string>>): string {
  const { __name__ = '', ...rest } = labels;
  const names = Object.keys(rest).sort();
  return `${__name__}{${names.map((name) => `${name}="${rest[name]}"`).join(', ')}}`;
}
