import { expect, test } from 'vitest';
import { createMatcher } from '../../src/promql/matcher.ts';
import { MemoryStore } from '../../src/promql/memory-store.ts';
import type { SampleView } from '../../src/promql/series-store.ts';

const up = { __name__: 'up', job: 'node', instance: 'a' };

function samples(view: SampleView | undefined): [number, number | 'stale'][] {
  if (view === undefined) return [];
  return Array.from({ length: view.length }, (_, at) => [
    view.time(at),
    view.stale(at) ? 'stale' : view.value(at),
  ]);
}

function named(store: MemoryStore, name: string): readonly SampleView[] {
  return store.select([createMatcher('__name__', '=', name)]);
}

test('samples come back in order, the mark of an end beside the values', () => {
  const store = new MemoryStore();
  store.append(up, { atMs: 1, value: 10 });
  store.append(up, { atMs: 2, value: Number.NaN });
  store.append(up, { atMs: 3, value: 5, stale: true });
  store.append(up, { atMs: 4, value: 7 });

  expect(samples(named(store, 'up')[0])).toEqual([
    [1, 10],
    [2, Number.NaN],
    [3, 'stale'],
    [4, 7],
  ]);
});

test('what cannot be stored is refused with the reason', () => {
  const store = new MemoryStore({ maxSeries: 1, maxAheadMs: 1_000 });

  expect(store.append(up, { atMs: 500, value: 1 }, 0)).toBe('stored');
  expect(store.append(up, { atMs: 400, value: 1 }, 0)).toBe('out-of-order');
  expect(store.append(up, { atMs: Number.NaN, value: 1 }, 0)).toBe('out-of-order');
  expect(store.append(up, { atMs: 500, value: 1 }, 0)).toBe('stored');
  expect(store.append(up, { atMs: 500, value: 2 }, 0)).toBe('duplicate');
  expect(store.append(up, { atMs: 500, value: 1, stale: true }, 0)).toBe('duplicate');
  expect(store.append(up, { atMs: 1_001, value: 1 }, 0)).toBe('too-far-ahead');
  expect(store.append({ ...up, instance: 'b' }, { atMs: 500, value: 1 }, 0)).toBe('too-many-series');
  expect(samples(named(store, 'up')[0])).toEqual([[500, 1]]);
});

test('labels in another order are the same series', () => {
  const store = new MemoryStore();
  store.append(up, { atMs: 1, value: 1 });
  store.append({ instance: 'a', job: 'node', __name__: 'up' }, { atMs: 2, value: 2 });

  expect(store.seriesCount).toBe(1);
  expect(samples(named(store, 'up')[0])).toEqual([
    [1, 1],
    [2, 2],
  ]);
});

test('values that hold what separates labels in keys do not merge series', () => {
  const store = new MemoryStore();
  store.append({ a: 'x\0b\0y' }, { atMs: 1, value: 1 });
  store.append({ a: 'x', b: 'y' }, { atMs: 1, value: 2 });
  store.append({ a: '"x\\u0000b\\u0000y"' }, { atMs: 1, value: 3 });

  expect(store.seriesCount).toBe(3);
});

test('samples that outlive the retention make way as new ones come', () => {
  const store = new MemoryStore({ retentionMs: 100 });
  for (let atMs = 0; atMs <= 1_000; atMs += 10) store.append(up, { atMs, value: atMs });

  const [view] = named(store, 'up');
  expect(view?.time(0)).toBe(910);
  expect(view?.length).toBe(10);
});

test('a series holds at most as many samples as it may', () => {
  const store = new MemoryStore({ maxSamples: 3 });
  for (let atMs = 1; atMs <= 7; atMs++) store.append(up, { atMs, value: atMs });

  expect(samples(named(store, 'up')[0])).toEqual([
    [5, 5],
    [6, 6],
    [7, 7],
  ]);
});

test('a sweep drops series that ended longer ago than the retention', () => {
  const store = new MemoryStore({ retentionMs: 100, maxSeries: 2 });
  store.append(up, { atMs: 0, value: 1 });
  store.append({ ...up, instance: 'b' }, { atMs: 150, value: 1 });
  store.sweep(200);

  expect(named(store, 'up').map(({ labels }) => labels['instance'])).toEqual(['b']);
  expect(store.labelValues('instance')).toEqual(['b']);
  expect(store.append({ ...up, instance: 'c' }, { atMs: 200, value: 1 })).toBe('stored');
});

test('a series that is forgotten is gone and may come back', () => {
  const store = new MemoryStore();
  store.append(up, { atMs: 5, value: 1 });
  store.forget({ instance: 'a', job: 'node', __name__: 'up' });
  expect(named(store, 'up')).toEqual([]);

  expect(store.append(up, { atMs: 1, value: 2 })).toBe('stored');
  expect(samples(named(store, 'up')[0])).toEqual([[1, 2]]);
});

test('bytes grow in steps with the samples, up to what the retention needs', () => {
  const store = new MemoryStore({ retentionMs: 1_000 });
  const sizes = new Set<number>();
  for (let atMs = 0; atMs <= 10_000; atMs += 10) {
    store.append(up, { atMs, value: 1 });
    sizes.add(store.bytes());
  }

  const largest = Math.max(...sizes) - Math.min(...sizes);
  expect(sizes.size).toBeLessThanOrEqual(5);
  // 101 places of 16 bytes, less the 8 that were there at first.
  expect(largest).toBe((101 - 8) * 16);
});

test('series are found by any mix of matchers', () => {
  const store = new MemoryStore();
  for (const instance of ['a', 'b', 'c']) {
    for (const job of ['node', 'app']) store.append({ __name__: 'up', job, instance }, { atMs: 1, value: 1 });
  }
  store.append({ __name__: 'lone' }, { atMs: 1, value: 1 });
  const found = (...matchers: Parameters<typeof createMatcher>[]): string[] =>
    store
      .select(matchers.map((matcher) => createMatcher(...matcher)))
      .map(({ labels }) => `${labels['__name__']} ${labels['job'] ?? '-'} ${labels['instance'] ?? '-'}`)
      .sort();

  expect(found(['__name__', '=', 'up'], ['instance', '=~', 'a|b'], ['job', '!=', 'node'])).toEqual([
    'up app a',
    'up app b',
  ]);
  expect(found(['instance', '=~', '.+'], ['job', '!~', 'n.*'])).toEqual(['up app a', 'up app b', 'up app c']);
  expect(found(['__name__', '=~', '.*'], ['job', '=', ''])).toEqual(['lone - -']);
  expect(found(['__name__', '=', 'up'], ['zone', '=', ''], ['instance', '=', 'c'])).toEqual([
    'up app c',
    'up node c',
  ]);
  expect(found(['__name__', '=', 'down'])).toEqual([]);
});

test('the first sample after an instant is found across the seam of the ring', () => {
  const store = new MemoryStore({ maxSamples: 5 });
  for (let atMs = 10; atMs <= 80; atMs += 10) store.append(up, { atMs, value: atMs });
  const [view] = named(store, 'up');

  expect([35, 40, 41, 60, 79, 80, 90].map((ms) => view?.after(ms))).toEqual([0, 1, 1, 3, 4, 5, 5]);
  const times = new Float64Array(5);
  const values = new Float64Array(5);
  expect(view?.read(1, 5, times, values)).toBe(4);
  expect([...times.subarray(0, 4)]).toEqual([50, 60, 70, 80]);
});

test('a series with long labels takes the room of several, and gives it back', () => {
  const store = new MemoryStore({ maxSeries: 10 });
  const long = { ...up, path: 'x'.repeat(4_000) };
  expect(store.append(long, { atMs: 1, value: 1 })).toBe('stored');
  expect(store.append(up, { atMs: 1, value: 1 })).toBe('stored');
  expect(store.append({ ...long, path: 'y'.repeat(4_000) }, { atMs: 1, value: 1 })).toBe('too-many-series');
  expect(store.bytes()).toBeGreaterThan(9_000);
  store.forget(long);
  expect(store.append({ ...long, path: 'y'.repeat(4_000) }, { atMs: 1, value: 1 })).toBe('stored');
});
