import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createEngine } from '../../src/promql/engine.ts';
import type { EngineOptions } from '../../src/promql/engine.ts';
import type { MemoryStore } from '../../src/promql/memory-store.ts';
import { parseQuery } from '../../src/promql/parse.ts';
import { QueryError } from '../../src/promql/query-error.ts';
import { labelKey, randomSeries, spanMs, storeWith } from './random-series.ts';

const times = fc.integer({ min: 0, max: spanMs / 5_000 }).map((step) => step * 5_000);
const grouping = fc.constantFrom(
  'by (job)',
  'without (instance)',
  'by (job, code)',
  'by ()',
  'without (code, job)',
);
const windows = fc.constantFrom('30s', '1m', '5m');
const seconds: Readonly<Record<string, number>> = { '30s': 30, '1m': 60, '5m': 300 };
const runs = { numRuns: 150 };

/** Elements by their labels; a failed evaluation is its message. */
function ask(
  store: MemoryStore,
  query: string,
  atMs: number,
  options: Partial<EngineOptions> = {},
): Record<string, number> | string {
  try {
    const { value } = createEngine(options).instant(parseQuery(query), store, atMs);
    if (value.type === 'scalar') return { scalar: value.value };
    if (value.type !== 'vector') throw new Error(`a ${value.type}`);
    // Adding 0 makes one zero of both.
    return Object.fromEntries(value.series.map((each) => [labelKey(each.labels), each.value + 0]));
  } catch (error) {
    if (error instanceof QueryError) return error.message;
    throw error;
  }
}

/** Rounding may differ by the order of operations; nothing else may. */
function expectAlike(
  actual: Record<string, number> | string,
  expected: Record<string, number> | string,
): void {
  if (typeof actual === 'string' || typeof expected === 'string') {
    expect(actual).toBe(expected);
    return;
  }
  const rounded = Object.entries(actual).map(([labels, value]) => {
    const wanted = expected[labels] ?? 0;
    return [labels, Math.abs(value - wanted) <= 1e-9 * Math.max(1, Math.abs(wanted)) ? wanted : value];
  });
  expect(Object.fromEntries(rounded)).toEqual(expected);
}

/** The two queries answer alike on any series, at any time. */
function alike(
  left: (by: string, window: string) => string,
  right: (by: string, window: string) => string,
  kind: 'counter' | 'gauge' = 'gauge',
): void {
  fc.assert(
    fc.property(randomSeries(kind), times, grouping, windows, (series, at, by, window) => {
      const store = storeWith(series);
      expectAlike(ask(store, right(by, window), at), ask(store, left(by, window), at));
    }),
    runs,
  );
}

describe('one thing said in two ways', () => {
  test('the sum of the sums of groups is the sum', () => {
    alike(
      () => 'sum(a_total)',
      (by) => `sum(sum ${by} (a_total))`,
    );
  });

  test('a mean is a sum over a count', () => {
    alike(
      (by) => `avg ${by} (a_total)`,
      (by) => `sum ${by} (a_total) / count ${by} (a_total)`,
    );
  });

  test('a deviation is the root of a variance', () => {
    alike(
      (by) => `stddev ${by} (a_total)`,
      (by) => `sqrt(stdvar ${by} (a_total))`,
    );
  });

  test('the least is the opposite of the greatest of opposites', () => {
    alike(
      (by) => `min ${by} (a_total)`,
      (by) => `-max ${by} (-a_total)`,
    );
  });

  test('a group that is there counts as one', () => {
    alike(
      (by) => `group ${by} (a_total)`,
      (by) => `count ${by} (a_total) > bool 0`,
    );
  });

  test('values that are counted are as many as there are', () => {
    alike(
      () => 'sum(count_values("v", a_total))',
      () => 'count(a_total)',
    );
  });

  test('addition and multiplication commute', () => {
    alike(
      () => 'a_total + b_total',
      () => 'b_total + a_total',
    );
    alike(
      () => 'a_total * on (job) group_left sum by (job) (b_total)',
      () => 'sum by (job) (b_total) * on (job) group_right a_total',
    );
  });

  test('what is greater is not less or equal, unless it is no number', () => {
    alike(
      () => 'a_total == a_total',
      () => '(a_total > 3) or (a_total <= 3)',
    );
  });

  test('a filter keeps what its bool form says is 1', () => {
    alike(
      () => 'a_total > 3',
      () => 'a_total and ((a_total > bool 3) == 1)',
    );
  });

  test('and, unless: what has a match, and what has none, is all', () => {
    alike(
      () => 'a_total',
      () => '(a_total and on (job) b_total) or (a_total unless on (job) b_total)',
    );
  });

  test('an increase is a rate times its window', () => {
    alike(
      (_, window) => `increase(a_total[${window}])`,
      (_, window) => `rate(a_total[${window}]) * ${seconds[window]}`,
      'counter',
    );
  });

  test('a sum over time is a mean times a count', () => {
    alike(
      (_, window) => `round(sum_over_time(a_total[${window}]))`,
      (_, window) => `round(avg_over_time(a_total[${window}]) * count_over_time(a_total[${window}]))`,
      'counter',
    );
  });

  test('the last value in a window is what a selector with that lookback sees', () => {
    fc.assert(
      fc.property(randomSeries(), times, (series, at) => {
        const store = storeWith(series);
        const selected = ask(store, 'a_total', at, { lookbackMs: 60_000 });
        expect(ask(store, 'last_over_time(a_total[1m])', at)).toEqual(selected);
      }),
      runs,
    );
  });

  test('something is either there or absent', () => {
    alike(
      () => 'vector(1)',
      () => 'sum(absent(a_total{job="x"})) or group(a_total{job="x"})',
    );
  });
});

describe('what must not matter', () => {
  const queries = fc.constantFrom(
    'a_total',
    'sum by (job) (rate(a_total[1m]))',
    'a_total / on (job, instance, code) b_total > 1',
    'max_over_time(sum by (job) (a_total)[2m:30s])',
    'a_total unless on (job) b_total',
    'topk(2, a_total)',
    'quantile by (job) (0.3, a_total)',
    'absent(a_total{job="x"})',
    'a_total offset 1m',
    'count_values("v", a_total)',
    'a_total and on (job) (b_total > 0)',
    'stddev_over_time(a_total[3m])',
    'predict_linear(a_total[3m], 60)',
    'timestamp(a_total)',
    'label_replace(a_total, "job", "z", "job", "x")',
    'histogram_quantile(0.9, label_replace(a_total, "le", "$1", "code", "(.*)"))',
  );

  test('a range query answers at each step what an instant query answers there', () => {
    fc.assert(
      fc.property(
        randomSeries(),
        queries,
        fc.constantFrom(15_000, 35_000, 60_000),
        (series, query, stepMs) => {
          const store = storeWith(series);
          expect(rangeAt(store, query, stepMs)).toEqual(instantsAt(store, query, stepMs));
        },
      ),
      runs,
    );
  });

  test('the two ways of removing names agree where no name decides', () => {
    fc.assert(
      fc.property(randomSeries(), queries, times, (series, query, at) => {
        const store = storeWith(series);
        expect(ask(store, query, at, { delayedNameRemoval: true })).toEqual(ask(store, query, at));
      }),
      runs,
    );
  });

  test('an offset is another time', () => {
    fc.assert(
      fc.property(randomSeries(), times, grouping, (series, at, by) => {
        const store = storeWith(series);
        const earlier = ask(store, `sum ${by} (rate(a_total[1m])) + count ${by} (a_total)`, at);
        expect(
          ask(
            store,
            `sum ${by} (rate(a_total[1m] offset 90s)) + count ${by} (a_total offset 90s)`,
            at + 90_000,
          ),
        ).toEqual(earlier);
      }),
      runs,
    );
  });

  test('a fixed time is that time, whenever it is asked', () => {
    fc.assert(
      fc.property(randomSeries(), times, times, (series, at, later) => {
        const store = storeWith(series);
        const then = ask(store, 'increase(a_total[2m]) or a_total', at);
        const fixed = `@ ${at / 1_000}`;
        expect(ask(store, `increase(a_total[2m] ${fixed}) or a_total ${fixed}`, later)).toEqual(then);
      }),
      runs,
    );
  });

  test('the order in which series and labels came', () => {
    fc.assert(
      fc.property(randomSeries(), queries, times, (series, query, at) => {
        const reversed = series.toReversed().map((each) => ({
          ...each,
          labels: Object.fromEntries(Object.entries(each.labels).reverse()),
        }));
        fc.pre(!query.startsWith('topk'));
        expect(ask(storeWith(reversed), query, at)).toEqual(ask(storeWith(series), query, at));
      }),
      runs,
    );
  });

  test('series that no selector asks for', () => {
    fc.assert(
      fc.property(randomSeries(), queries, times, (series, query, at) => {
        const others = series.map((each) => ({ ...each, labels: { ...each.labels, __name__: 'c_total' } }));
        expect(ask(storeWith([...others, ...series]), query, at)).toEqual(ask(storeWith(series), query, at));
      }),
      runs,
    );
  });
});

describe('how answers follow samples', () => {
  test('topk and bottomk choose among what is there', () => {
    fc.assert(
      fc.property(
        randomSeries(),
        times,
        fc.constantFrom('topk', 'bottomk'),
        grouping,
        (series, at, rank, by) => {
          const store = storeWith(series);
          expect(ask(store, 'a_total', at)).toMatchObject(
            ask(store, `${rank} ${by} (1, a_total)`, at) as object,
          );
          expect(ask(store, `count ${by} (${rank} ${by} (1, a_total))`, at)).toEqual(
            ask(store, `group ${by} (a_total)`, at),
          );
        },
      ),
      runs,
    );
  });

  test('a series more changes no element of the others', () => {
    fc.assert(
      fc.property(randomSeries(), times, (series, at) => {
        const fewer = ask(storeWith(series.slice(1)), 'delta(a_total[2m]) or a_total > 0', at);
        expect(ask(storeWith(series), 'delta(a_total[2m]) or a_total > 0', at)).toMatchObject(
          fewer as object,
        );
      }),
      runs,
    );
  });

  test('a counter twice as fast has twice the rate', () => {
    fc.assert(
      fc.property(randomSeries('counter'), times, windows, (series, at, window) => {
        const doubled = series.map((each) => ({ ...each, values: each.values.map((value) => value * 2) }));
        expect(ask(storeWith(doubled), `rate(a_total[${window}])`, at)).toEqual(
          ask(storeWith(series), `rate(a_total[${window}]) * 2`, at),
        );
      }),
      runs,
    );
  });
});

function rangeAt(store: MemoryStore, query: string, stepMs: number): Record<string, number> {
  const points: Record<string, number> = {};
  const range = { fromMs: 0, toMs: spanMs, stepMs };
  for (const { labels, times: at, values } of createEngine().range(parseQuery(query), store, range).series) {
    for (const [index, time] of at.entries())
      points[`${labelKey(labels)} ${time}`] = (values[index] ?? 0) + 0;
  }
  return points;
}

function instantsAt(store: MemoryStore, query: string, stepMs: number): Record<string, number> {
  const points: Record<string, number> = {};
  for (let at = 0; at <= spanMs; at += stepMs) {
    const answer = ask(store, query, at);
    if (typeof answer === 'string') throw new Error(answer);
    for (const [labels, value] of Object.entries(answer)) points[`${labels} ${at}`] = value;
  }
  return points;
}
