import { describe, expect, test } from 'vitest';
import { formatFloat } from '../../src/promql/functions/format-float.ts';
import { histogramFraction } from '../../src/promql/functions/histogram-fraction.ts';
import { histogramQuantile } from '../../src/promql/functions/histogram-quantile.ts';
import { instantFunctions } from '../../src/promql/functions/instant.ts';
import { quantile } from '../../src/promql/functions/quantile.ts';
import { signatures } from '../../src/promql/signatures.ts';

function of(name: string, value: number, ...parameters: readonly number[]): number | null {
  const apply = instantFunctions[name];
  if (apply === undefined) throw new Error(`no function ${name}`);
  return apply(value, parameters);
}

test('every function that a query may call on values alone is there', () => {
  const answeredElsewhere = new Set([
    'absent',
    'histogram_fraction',
    'histogram_quantile',
    'label_join',
    'label_replace',
    'pi',
    'scalar',
    'sort',
    'sort_desc',
    'time',
    'timestamp',
    'vector',
  ]);
  const called = Object.entries(signatures).filter(
    ([name, { takes }]) => !takes.includes('matrix') && !answeredElsewhere.has(name),
  );

  expect(called.map(([name]) => name).sort()).toEqual(Object.keys(instantFunctions).sort());
});

describe('values', () => {
  test.each([
    [2.5, 1, 3],
    [-2.5, 1, -2],
    [1.45, 0.1, 1.5],
    [1234.5678, 100, 1200],
    [7, 5, 5],
    [8, -5, 10],
  ])('%d rounded to %d is %d', (value, to, expected) => {
    expect(of('round', value, to)).toBeCloseTo(expected, 12);
  });

  test('rounding is to whole numbers if nothing is said', () => {
    expect(of('round', 0.5)).toBe(1);
    expect(of('round', -0.5)).toBeCloseTo(0, 12);
    expect(of('round', NaN)).toBeNaN();
  });

  test('limits hold on both sides; nothing is left between limits the wrong way round', () => {
    expect(of('clamp', 5, 1, 3)).toBe(3);
    expect(of('clamp', 0, 1, 3)).toBe(1);
    expect(of('clamp', 2, 3, 1)).toBeNull();
    expect(of('clamp_max', 5, 3)).toBe(3);
    expect(of('clamp_min', 5, 7)).toBe(7);
  });

  test('a limit of NaN leaves only infinities, as in Go', () => {
    expect(of('clamp_max', 5, NaN)).toBeNaN();
    expect(of('clamp_max', -Infinity, NaN)).toBe(-Infinity);
    expect(of('clamp_min', Infinity, NaN)).toBe(Infinity);
    expect(of('clamp_max', Infinity, NaN)).toBeNaN();
    expect(of('clamp', NaN, 1, 3)).toBeNaN();
  });

  test('signs, degrees, logarithms', () => {
    expect(of('sgn', -3)).toBe(-1);
    expect(of('sgn', 0)).toBe(0);
    expect(of('sgn', NaN)).toBeNaN();
    expect(of('deg', Math.PI)).toBe(180);
    expect(of('rad', 180)).toBe(Math.PI);
    expect(of('ln', 0)).toBe(-Infinity);
    expect(of('log2', 8)).toBe(3);
    expect(of('log10', 1000)).toBeCloseTo(3, 12);
    expect(of('sqrt', -1)).toBeNaN();
  });
});

describe('dates', () => {
  const at = (iso: string): number => Date.parse(iso) / 1000;

  test.each([
    ['2024-02-29T23:59:59.9Z', [2024, 2, 29, 60, 4, 29, 23, 59]],
    ['2023-12-31T00:00:00Z', [2023, 12, 31, 365, 0, 31, 0, 0]],
    ['2024-12-31T12:30:00Z', [2024, 12, 31, 366, 2, 31, 12, 30]],
    ['1970-01-01T00:00:00Z', [1970, 1, 1, 1, 4, 31, 0, 0]],
    ['1969-12-31T23:59:59Z', [1969, 12, 31, 365, 3, 31, 23, 59]],
    ['1900-02-28T00:00:00Z', [1900, 2, 28, 59, 3, 28, 0, 0]],
  ])('%s', (iso, expected) => {
    const names = [
      'year',
      'month',
      'day_of_month',
      'day_of_year',
      'day_of_week',
      'days_in_month',
      'hour',
      'minute',
    ];

    expect(names.map((name) => of(name, at(iso)))).toEqual(expected);
  });

  test('a fraction of a second is cut off, towards 1970', () => {
    expect(of('minute', 59.99)).toBe(0);
    expect(of('year', -0.5)).toBe(1970);
  });

  test('far away the calendar goes on', () => {
    expect(of('year', 1e12)).toBe(33_658);
    expect(of('year', 1e15)).toBe(31_690_708);
    expect(of('month', 1e15)).toBe(7);
    expect(of('hour', -1e15)).toBe(22);
    expect(of('year', -1e15)).toBe(-31_686_769);
  });

  test('what is no time at all is one that Go makes of it, not an error', () => {
    expect(of('year', NaN)).toBe(292_277_026_596);
    expect(of('year', Infinity)).toBe(of('year', NaN));
    expect(of('days_in_month', NaN)).toBe(31);
  });
});

describe('quantiles', () => {
  test('lie between values in proportion', () => {
    expect(quantile(0.5, [3, 1])).toBe(2);
    expect(quantile(0, [3, 1, 2])).toBe(1);
    expect(quantile(1, [3, 1, 2])).toBe(3);
    expect(quantile(0.9, [1, 2, 3, 4, 5])).toBeCloseTo(4.6, 12);
  });

  test('beyond 0 and 1 are infinite', () => {
    expect(quantile(-0.1, [1])).toBe(-Infinity);
    expect(quantile(1.1, [1])).toBe(Infinity);
    expect(quantile(NaN, [1])).toBeNaN();
    expect(quantile(0.5, [])).toBeNaN();
  });

  test('take NaN for the smallest value, and leave the values alone', () => {
    const values = [3, NaN, 1];

    expect(quantile(0, values)).toBeNaN();
    expect(quantile(0.5, values)).toBe(1);
    expect(quantile(0.25, values)).toBeNaN();
    expect(values).toEqual([3, NaN, 1]);
  });
});

/** Buckets from `bound:count`. */
function buckets(text: string): { upperBound: number; count: number }[] {
  return text.split(' ').map((pair) => {
    const [bound = '', count = ''] = pair.split(':');
    return { upperBound: bound === '+Inf' ? Infinity : Number(bound), count: Number(count) };
  });
}

describe('quantiles of classic histograms', () => {
  test('lie within a bucket in proportion; the first one begins at 0', () => {
    expect(histogramQuantile(buckets('1:10 2:20 +Inf:20'), 0.75)).toBe(1.5);
    expect(histogramQuantile(buckets('1:10 2:20 +Inf:20'), 0.25)).toBe(0.5);
    expect(histogramQuantile(buckets('1:10 2:20 +Inf:20'), 0.5)).toBe(1);
  });

  test('in the last bucket are the second highest bound', () => {
    expect(histogramQuantile(buckets('1:10 2:20 +Inf:40'), 0.9)).toBe(2);
  });

  test('in a first bucket below zero are its bound', () => {
    expect(histogramQuantile(buckets('-1:10 1:20 +Inf:20'), 0.1)).toBe(-1);
    expect(histogramQuantile(buckets('0:10 1:20 +Inf:20'), 0.1)).toBe(0);
    expect(histogramQuantile(buckets('-1:10 1:20 +Inf:20'), 0.75)).toBe(0);
  });

  test.each([
    ['no bucket is endless', '1:10 2:20', 0.5],
    ['there is one bucket', '+Inf:20', 0.5],
    ['only one is left after merging', '+Inf:20 +Inf:5', 0.5],
    ['nothing was observed', '1:0 +Inf:0', 0.5],
    ['the share is NaN', '1:10 +Inf:20', NaN],
  ])('are NaN where %s', (_, text, share) => {
    expect(histogramQuantile(buckets(text), share)).toBeNaN();
  });

  test('beyond 0 and 1 are infinite, whatever the buckets', () => {
    expect(histogramQuantile(buckets('1:10 2:20'), -0.1)).toBe(-Infinity);
    expect(histogramQuantile(buckets('1:10 2:20'), 1.1)).toBe(Infinity);
  });

  test('take buckets in any order, those of one bound together', () => {
    expect(histogramQuantile(buckets('+Inf:20 2:12 1:10 2:8'), 0.75)).toBe(1.5);
  });

  test('lift counts that fall, and take tiny differences for none', () => {
    expect(histogramQuantile(buckets('1:10 2:5 3:20 +Inf:20'), 0.75)).toBe(2.5);
    expect(histogramQuantile(buckets('1:10 2:20 +Inf:15'), 0.75)).toBe(1.5);
    const rounded = buckets('1:10 2:10.000000000001 +Inf:10.000000000001');
    expect(histogramQuantile(rounded, 1)).toBe(1);
  });
});

describe('fractions of classic histograms', () => {
  const histogram = '1:10 2:20 +Inf:40';

  test.each([
    [0, 1, 0.25],
    [0.5, 1.5, 0.25],
    [-5, 2, 0.5],
    [1, Infinity, 0.75],
    [-Infinity, Infinity, 1],
    [2, 100, 0],
    [3, 1, 0],
  ])('between %d and %d: %d', (lower, upper, expected) => {
    expect(histogramFraction(buckets(histogram), lower, upper)).toBeCloseTo(expected, 12);
  });

  test('take nothing in part of a first bucket that has no beginning', () => {
    expect(histogramFraction(buckets('-1:10 1:20 +Inf:20'), -3, -2)).toBe(0);
    expect(histogramFraction(buckets('-1:10 1:20 +Inf:20'), -3, 1)).toBe(0.5);
  });

  test('are NaN without an endless bucket, without observations and for limits of NaN', () => {
    expect(histogramFraction(buckets('1:10 2:20'), 0, 1)).toBeNaN();
    expect(histogramFraction(buckets('1:0 +Inf:0'), 0, 1)).toBeNaN();
    expect(histogramFraction(buckets(histogram), NaN, 1)).toBeNaN();
  });
});

test.each([
  [1e6, '1000000'],
  [1e21, '1000000000000000000000'],
  [1.5e300, `15${'0'.repeat(299)}`],
  [1.5e-7, '0.00000015'],
  [5e-324, `0.${'0'.repeat(323)}5`],
  [-0, '-0'],
  [-1.25e-9, '-0.00000000125'],
  [0.1 + 0.2, '0.30000000000000004'],
  [NaN, 'NaN'],
  [Infinity, '+Inf'],
  [-Infinity, '-Inf'],
])('%d is written %s', (value, expected) => {
  expect(formatFloat(value)).toBe(expected);
});
