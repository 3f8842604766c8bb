import { describe, expect, test } from 'vitest';
import { PageSeries } from '../../../src/detect/scrape/page-series.ts';
import type { ScrapePage } from '../../../src/domain/scraping.ts';
import { MemoryStore, type StoreLimits } from '../../../src/promql/memory-store.ts';
import { held, pageOf } from './scraping.ts';

const origin = 1_767_614_400_000;

function series(changed: Partial<ScrapePage> = {}, limits: Partial<StoreLimits> = {}) {
  const store = new MemoryStore({ retentionMs: 3_600_000, maxAheadMs: 60_000, ...limits });
  const page = new PageSeries(pageOf(changed), store);
  return {
    store,
    page,
    take: (body: string, second: number) => page.take(body, 'text', origin + second * 1_000),
    held: () => held(store, origin),
  };
}

describe('a page', () => {
  test('is stored as flat samples of the instant of the scrape', () => {
    const { take, held } = series();
    expect(take('x{a="1"} 5\ny_bucket{le="+Inf"} 7\n', 1)).toEqual({ samples: 2, leftOut: null });
    take('x{a="1"} 6\ny_bucket{le="+Inf"} 8\n', 6);
    expect(held()).toEqual({ 'x{a=1}': '5@1000 6@6000', 'y_bucket{le=+Inf}': '7@1000 8@6000' });
  });

  test('that writes a series in another way goes on with the same series', () => {
    const { take, held } = series();
    take('x{a="1",b="2"} 5\n', 1);
    take('x{b="2", a="1"} 6\n', 6);
    expect(held()).toEqual({ 'x{a=1,b=2}': '5@1000 6@6000' });
  });

  test('is stored whole or not at all', () => {
    const { take, held } = series();
    expect(take('x 5\ny five\n', 1)).toEqual({ line: 2, column: 3, problem: 'expected a value, got "five"' });
    expect(held()).toEqual({});
  });
});

describe('a series ends', () => {
  test('when the page has it no longer, and may come back', () => {
    const { take, held } = series();
    take('x 1\ny 1\n', 0);
    take('x 2\n', 5);
    take('x 3\n', 10);
    take('x 4\ny 4\n', 15);
    expect(held()).toEqual({ x: '1@0 2@5000 3@10000 4@15000', y: '1@0 ended@5000 4@15000' });
  });

  test('with all others when a page is malformed', () => {
    const { take, held } = series();
    take('x 1\ny 1\n', 0);
    take('x 2\n}\n', 5);
    expect(held()).toEqual({ x: '1@0 ended@5000', y: '1@0 ended@5000' });
  });

  test('once: a page that stays away adds nothing', () => {
    const { take, page, held } = series();
    take('x 1\n', 0);
    page.end(origin + 5_000);
    page.end(origin + 10_000);
    expect(held()).toEqual({ x: '1@0 ended@5000' });
  });
});

describe('timestamps of the page', () => {
  test('count, and such a series ends right after its last sample', () => {
    const { take, page, held } = series();
    take(`x 1 ${origin - 2_500}\n`, 0);
    take(`x 2 ${origin + 2_500}\n`, 5);
    page.end(origin + 10_000);
    take(`x 3 ${origin + 9_000}\n`, 15);
    expect(held()).toEqual({ x: '1@-2500 2@2500 ended@2501 3@9000' });
  });

  test('that stand still bring nothing new, and nothing wrong', () => {
    const { take, held } = series();
    take(`x 1 ${origin}\n`, 1);
    expect(take(`x 1 ${origin}\n`, 6)).toEqual({ samples: 1, leftOut: null });
    expect(held()).toEqual({ x: '1@0' });
  });

  test('that go back are left out, with the line and the reason', () => {
    const { take, held } = series();
    take(`x 1 ${origin + 500}\n`, 1);
    expect(take(`y 1\nx 2 ${origin}\n`, 6)).toEqual({
      samples: 2,
      leftOut: { count: 1, first: 'line 2: "x" is dated before its last sample by 500 ms' },
    });
    expect(held()).toEqual({ x: '1@500', y: '1@6000' });
  });

  test('in the future are left out, and the series ends: what it says now is not known', () => {
    const { take, held } = series();
    take('x 1\n', 0);
    expect(take(`x 2 ${origin + 65_001}\n`, 5)).toEqual({
      samples: 1,
      leftOut: { count: 1, first: 'line 1: "x" is dated 60001 ms in the future' },
    });
    expect(held()).toEqual({ x: '1@0 ended@5000' });
  });

  test('count for nothing where they are not honoured', () => {
    const { take, held } = series({ honorTimestamps: false });
    take(`x 1 ${origin + 999_000}\n`, 0);
    expect(held()).toEqual({ x: '1@0' });
  });
});

describe('a sample that is there twice', () => {
  test('with another value is marked, and the first one counts', () => {
    const { take, held } = series();
    expect(take('x{a="1",b=""} 5\nx{a="1"} 6\nx{a="1"} 7\n', 0)).toEqual({
      samples: 3,
      leftOut: { count: 2, first: 'line 2: "x" has another value at the same time already, which counts' },
    });
    expect(held()).toEqual({ 'x{a=1}': '5@0' });
  });

  test('with the same value is there once', () => {
    const { take, held } = series();
    expect(take('x 5\nx 5\n', 0)).toEqual({ samples: 2, leftOut: null });
    expect(held()).toEqual({ x: '5@0' });
  });
});

describe('caps', () => {
  const many = (count: number, from = 0): string =>
    Array.from({ length: count }, (_, index) => `x{id="${from + index}"} 1\n`).join('');

  test('a page with more samples than it may have fails as a whole', () => {
    const { take, held } = series({ maxSeries: 3 });
    take(many(2), 0);
    expect(take(many(4), 5)).toEqual({ line: 4, column: 1, problem: 'more than 3 samples' });
    expect(held()).toEqual({ 'x{id=0}': '1@0 ended@5000', 'x{id=1}': '1@0 ended@5000' });
  });

  test('a page beyond what the store holds fails as a whole, and leaves room for others', () => {
    const { take, held, store } = series({}, { maxSeries: 3 });
    take(many(2), 0);
    expect(take(many(4), 5)).toBe('too-many-series');
    expect(held()).toEqual({ 'x{id=0}': '1@0 1@5000 ended@5001', 'x{id=1}': '1@0 1@5000 ended@5001' });
    expect(store.seriesCount).toBe(2);
  });

  test('label values that never come again fill the store no further than its cap, and go with the retention', () => {
    const { take, store } = series({}, { maxSeries: 5_000 });
    let refused = 0;
    for (let round = 0; round < 100; round++)
      refused += take(many(1_000, round * 1_000), round) === 'too-many-series' ? 1 : 0;
    expect([store.seriesCount, refused]).toEqual([5_000, 95]);
    store.sweep(origin + 3_700_000);
    expect(store.seriesCount).toBe(0);
    expect(take('x 1\n', 3_701)).toEqual({ samples: 1, leftOut: null });
  });
});
