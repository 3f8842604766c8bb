import { describe, expect, test } from 'vitest';
import { answererOf, readingSignal, type Answerers } from '../../../src/app/explain/answerers.ts';
import { gridAnswerer } from '../../../src/app/explain/grid-answerer.ts';
import type { PromqlSignal } from '../../../src/detect/sources/promql-options.ts';
import { RollbackError } from '../../../src/domain/errors.ts';
import type { Answerer } from '../../../src/domain/ports/answerer.ts';
import { noArrivals } from '../../../src/domain/ports/arrivals.ts';
import { aRule, aTarget } from '../../detect/tracing.ts';

const forever = new AbortController().signal;

function signalOf(more: Partial<PromqlSignal> = {}): PromqlSignal {
  return { ask: { query: 'errors' }, fresh: null, emptyIsOk: false, windowMs: 0, ...more };
}

/** Says a number to every question about one instant. */
function saying(name: string, value: number): Answerer {
  return {
    name,
    query: () => Promise.resolve({ type: 'scalar', value, warnings: [] }),
    queryRange: () => Promise.reject(new Error('nobody asked for a range')),
  };
}

describe('while scraped pages answer for Prometheus', () => {
  const answerers: Answerers = {
    prometheus: saying('prometheus', 1),
    scrape: saying('scrape', 2),
    fallback: { takeOver: { silence: () => ({ since: 0, detail: 'refused' }) }, unlessStated: true },
  };
  const read = async (options: PromqlSignal): Promise<unknown> => {
    const rule = aRule({ source: { kind: 'prometheus', options } });
    const signal = readingSignal(rule, answerers, { now: () => 0, arrivals: noArrivals });
    return (await signal?.read([{ name: 'shop', target: aTarget('shop') }], forever))?.get('shop');
  };

  test('they are what explains a rule, as they are what it is judged by', async () => {
    expect(answererOf(answerers, { source: { kind: 'prometheus', options: signalOf() } })?.name).toBe(
      'scrape',
    );
    expect(await read(signalOf())).toMatchObject({
      value: 2,
      detail: '2 (by scrape, prometheus does not answer: refused)',
    });
  });

  test('a rule that wants nobody else is asked of Prometheus', async () => {
    const options = signalOf({ fallback: 'none' });
    expect(answererOf(answerers, { source: { kind: 'prometheus', options } })?.name).toBe('prometheus');
    expect(await read(options)).toMatchObject({ value: 1 });
  });
});

describe('the instants of a grid', () => {
  const grid = { fromMs: 0, toMs: 10_000, stepMs: 10 };
  /** One series that is its own time, in answers of so many points at most. */
  function counting(mostPoints: number): { readonly answerer: Answerer; readonly asked: string[] } {
    const asked: string[] = [];
    const answerer: Answerer = {
      name: 'prometheus',
      query: () => Promise.reject(new Error('nobody asked for an instant')),
      queryRange: (_, { fromMs, toMs, stepMs }) => {
        const points = (toMs - fromMs) / stepMs + 1;
        asked.push(`${fromMs} to ${toMs}`);
        if (points > mostPoints) return Promise.reject(new RollbackError('ANSWER_TOO_LARGE', 'too large'));
        const times = Float64Array.from({ length: points }, (__, index) => fromMs + index * stepMs);
        const values = times.slice();
        return Promise.resolve({ series: [{ labels: {}, times, values }], warnings: [] });
      },
    };
    return { answerer, asked };
  }
  const walk = async (answerer: Answerer, backMs: number | null): Promise<number[]> => {
    let now = 0;
    const source = gridAnswerer(answerer, grid, () => now);
    const values: number[] = [];
    for (; now <= grid.toMs; now += grid.stepMs) {
      const result = await source.query('x', backMs === null ? null : now - backMs, forever);
      values.push(result.type === 'vector' ? (result.series[0]?.value ?? Number.NaN) : Number.NaN);
    }
    return values;
  };
  const instants = Array.from({ length: 1001 }, (_, index) => index * 10);

  test('are answered from a few ranges, each at its own time', async () => {
    const { answerer, asked } = counting(1000);
    expect(await walk(answerer, null)).toEqual(instants);
    expect(asked).toEqual(['0 to 2490', '2500 to 4990', '5000 to 7490', '7500 to 9990', '10000 to 10000']);
  });

  test('may each be asked about an instant as long before', async () => {
    const { answerer, asked } = counting(1000);
    expect(await walk(answerer, 1000)).toEqual(instants.map((at) => at - 1000));
    expect(asked).toHaveLength(5);
  });

  test('are asked for in smaller ranges where an answer is too large, and not at all where one point is', async () => {
    const { answerer, asked } = counting(100);
    expect(await walk(answerer, null)).toEqual(instants);
    expect(asked.slice(0, 3)).toEqual(['0 to 2490', '0 to 620', '630 to 1250']);
    await expect(walk(counting(0).answerer, null)).rejects.toThrow('too large');
  });
});
