import * as fc from 'fast-check';
import { MemoryStore } from '../../src/promql/memory-store.ts';

/** Samples of one series on the way to a store. */
export interface RandomSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly times: readonly number[];
  readonly values: readonly number[];
}

const label = (name: string, values: readonly string[]): fc.Arbitrary<Record<string, string>> =>
  fc.constantFrom(...values, '').map((value) => (value === '' ? {} : { [name]: value }));

const labelSets = fc
  .tuple(
    fc.constantFrom('a_total', 'b_total'),
    label('job', ['x', 'y']),
    label('instance', ['1', '2', '3']),
    label('code', ['200', '500']),
  )
  .map(([name, ...labels]) => Object.assign({ __name__: name }, ...labels) as Record<string, string>);

/** Times at which series are evaluated. */
export const spanMs = 20 * 60_000;

const counter = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 2, maxLength: 40 }).map((steps) => {
  let total = 0;
  // A step of 9 is a restart.
  return steps.map((step) => (total = step === 9 ? 0 : total + step));
});

const gauge = fc.array(
  fc.oneof(
    { weight: 20, arbitrary: fc.integer({ min: -50, max: 50 }) },
    { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, -Infinity) },
  ),
  { minLength: 2, maxLength: 40 },
);

/**
 * Series of whole numbers, so that sums are exact in any order. Their samples lie some seconds beside each full five
 * seconds: never at the edge of a window.
 */
export function randomSeries(kind: 'counter' | 'gauge' = 'gauge'): fc.Arbitrary<readonly RandomSeries[]> {
  const values = kind === 'counter' ? counter : gauge;
  const gaps = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 40, maxLength: 40 });
  const series = fc.tuple(labelSets, values, gaps).map(([labels, numbers, steps]) => {
    let at = 1_234;
    return { labels, values: numbers, times: numbers.map((_, index) => (at += (steps[index] ?? 1) * 5_000)) };
  });
  return fc.uniqueArray(series, {
    minLength: 1,
    maxLength: 8,
    selector: ({ labels }) => labelKey(labels),
  });
}

/** A text that two label sets share exactly if they are the same. */
export function labelKey(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(labels, Object.keys(labels).sort());
}

export function storeWith(all: readonly RandomSeries[]): MemoryStore {
  const store = new MemoryStore();
  for (const { labels, times, values } of all) store.load(labels, times, values);
  return store;
}
