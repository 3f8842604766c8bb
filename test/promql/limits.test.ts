import { describe, expect, test } from 'vitest';
import { createEngine } from '../../src/promql/engine.ts';
import { defaultLimits } from '../../src/promql/evaluate/budget.ts';
import { parseQuery } from '../../src/promql/parse.ts';
import { at, minutely, over } from './asked.ts';

const store = minutely({ 'x{i="1"}': '1 2 3 4 5', 'x{i="2"}': '1 2 3 4 5' });

describe('a query that would cost too much fails with what to do', () => {
  test('steps', () => {
    expect(over(store, { from: 0, to: 11_000, step: 1 }, 'x')).toEqual([
      'execution: exceeded maximum resolution of 11000 points per timeseries: ask for a longer step',
    ]);
  });

  test('series of the result', () => {
    expect(at(store, 1, 'x', { limits: { ...defaultLimits, series: 1 } })).toEqual([
      'execution: query has 2 series as its result, 1 are allowed',
    ]);
  });

  test('samples that are looked at, as often as they are looked at', () => {
    const limits = { ...defaultLimits, samples: 25 };
    expect(at(store, 4, 'sum_over_time(x[5m])', { limits })).toEqual(['{i="1"} 15', '{i="2"} 15']);
    expect(over(store, { from: 0, to: 4, step: 1 }, 'sum_over_time(x[5m])', { limits })).toEqual([
      'execution: query processing would look at more than 25 samples: ask for a shorter range or fewer series',
    ]);
  });

  test('a long chain of operators over many values', () => {
    const limits = { ...defaultLimits, samples: 1_000 };
    const chain = Array.from({ length: 200 }, () => 'x').join(' or ');
    expect(at(store, 4, chain, { limits })).toEqual([
      'execution: query processing would look at more than 1000 samples: ask for a shorter range or fewer series',
    ]);
  });

  test.each([
    ['a chain of minus signs', '-'.repeat(20) + 'x'],
    ['nested labels', `${'label_join('.repeat(20)}x${', "j", "-", "i")'.repeat(20)}`],
    ['nested functions', `${'abs('.repeat(20)}x${')'.repeat(20)}`],
    ['operators without end', Array.from({ length: 20 }, () => 'x').join(' and ')],
    [
      'selectors that try every series',
      Array.from({ length: 60 }, () => 'count({i=~"[0-9]+z"})').join(' or '),
    ],
    ['captures in long values', 'label_replace(x, "j", "$1", "i", "(.*a){500}|(.)")'],
  ])('series it goes through: %s', (_, query) => {
    const limits = { ...defaultLimits, rows: 19 };
    expect(at(store, 1, query, { limits })).toEqual([
      'execution: query processing would go through more than 19 series, part by part: name the metric, or ask for fewer series',
    ]);
    expect(at(store, 1, 'sum by (i) (x)', { limits })).toHaveLength(2);
  });

  test('values that are held at a time, in a subquery too', () => {
    const limits = { ...defaultLimits, values: 100 };
    expect(at(store, 4, 'max_over_time(x[1h:1m])', { limits })).toEqual([
      'execution: query processing would hold more than 100 values at a time: ask for a longer step, a shorter range or fewer series',
    ]);
  });
});

test('a window that stands still counts once, and is asked again where the question changes', () => {
  const limits = { ...defaultLimits, samples: 15 };
  const range = { from: 0, to: 4, step: 1 };
  expect(over(store, range, 'sum_over_time(x{i="1"}[3m] @ 240)', { limits })).toEqual([
    '{i="1"} 12@0 12@1 12@2 12@3 12@4',
  ]);
  expect(over(store, range, 'quantile_over_time(time() / 240, x{i="1"}[3m] @ 240)')).toEqual([
    '{i="1"} 3@0 3.5@1 4@2 4.5@3 5@4',
  ]);
});

test('label values that are doubled again and again do not fill the memory', () => {
  const doubled = (inner: string): string => `label_replace(${inner}, "i", "$1$1", "i", "(.*)")`;
  let query = 'x{i="1"}';
  for (let times = 0; times < 40; times++) query = doubled(query);

  expect(at(store, 1, query)).toEqual([
    'execution: label i would have a value of 131072 characters, at most 65536',
  ]);
});

test('a regular expression that is too large is refused', () => {
  expect(at(store, 1, `label_replace(x, "i", "", "i", "${'(a|b)'.repeat(2_000)}")`)).toEqual([
    `execution: invalid regular expression in label_replace(): ${'(a|b)'.repeat(2_000)}`,
  ]);
});

test('a step of nothing, and a range vector over time, are no queries', () => {
  expect(over(store, { from: 0, to: 1, step: 0 }, 'x')).toEqual([
    'bad_data: zero or negative query resolution step widths are not accepted. Try a positive integer',
  ]);
  expect(over(store, { from: 0, to: 1, step: 1 }, 'x[1m]')).toEqual([
    'bad_data: invalid expression type "range vector" for range query, must be Scalar or instant Vector',
  ]);
});

test('a scalar over time is one series without labels, a range that ends before it starts has none', () => {
  expect(over(store, { from: 0, to: 2, step: 1 }, 'time() / 60')).toEqual(['{} 0@0 1@1 2@2']);
  expect(over(store, { from: 2, to: 1, step: 1 }, 'x')).toEqual([]);
});

test('a quantile that is none, and a bucket without a bound, come with a warning', () => {
  const engine = createEngine();
  const warnings = (query: string): readonly string[] => engine.instant(parseQuery(query), store, 0).warnings;

  expect(warnings('quantile(2, x)')).toEqual([
    'PromQL warning: quantile value should be between 0 and 1, got 2',
  ]);
  expect(warnings('histogram_quantile(0.9, x)')).toEqual([
    'PromQL warning: bucket label "le" is missing or has a malformed value of "" for metric name "x"',
  ]);
  expect(warnings('quantile(0.5, x)')).toEqual([]);
});
