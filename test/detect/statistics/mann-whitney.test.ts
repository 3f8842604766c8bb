import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { mannWhitney } from '../../../src/detect/statistics/mann-whitney.ts';
import { upperTail } from '../../../src/detect/statistics/normal.ts';
import { median } from '../../../src/detect/statistics/median.ts';

const may = [
  41, 36, 12, 18, 28, 23, 19, 8, 7, 16, 11, 14, 18, 14, 34, 6, 30, 11, 1, 11, 4, 32, 23, 45, 115, 37,
];
const august = [
  39, 9, 16, 78, 35, 66, 122, 89, 110, 44, 28, 65, 22, 59, 23, 31, 44, 21, 9, 45, 168, 73, 76, 118, 84, 85,
];

// The values are those of the sources named, with all digits from SciPy 1.17.1's mannwhitneyu.
test.each([
  {
    source:
      'Hollander and Wolfe (1973), 69f, as in the manual of R wilcox.test: W = 35, one-sided p = 0.1272',
    first: [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46],
    second: [1.15, 0.88, 0.9, 0.74, 1.21],
    expected: { u: 35, p: 0.2544122544122544, delta: 0.4 },
  },
  {
    source: 'the manual of SciPy mannwhitneyu: ages at diagnosis, U = 17, exact p = 0.1111',
    first: [19, 22, 16, 29, 24],
    second: [20, 11, 17, 12],
    expected: { u: 17, p: 0.1111111111111111, delta: 0.7 },
  },
  {
    source: 'the manual of R wilcox.test: airquality, ozone in May and August, W = 127.5, p = 0.0001208',
    first: may,
    second: august,
    expected: { u: 127.5, p: 0.00012080783076877434, delta: -0.6227810650887573 },
  },
  {
    source: 'R with ties: W = 51.5, p = 0.5966',
    first: [1, 5, 9, 24, 56, 21, 3, 7, 21, 4],
    second: [12, 15, 5, 9, 9, 14, 56, 22, 3, 7, 32, 5],
    expected: { u: 51.5, p: 0.5965969026279817, delta: -0.1416666666666667 },
  },
  {
    source: 'SciPy, the largest samples that are counted out',
    first: Array.from({ length: 20 }, (_, index) => 2 * index + 1),
    second: Array.from({ length: 20 }, (_, index) => 2 * index + 9.5),
    expected: { u: 120, p: 0.030411256038764864, delta: -0.4 },
  },
  {
    source: 'SciPy, samples of different length with ties',
    first: Array.from({ length: 60 }, (_, index) => (index * index) % 97),
    second: Array.from({ length: 80 }, (_, index) => ((index * index * index) % 89) + 8),
    expected: { u: 2349, p: 0.831592633384199, delta: -0.02125 },
  },
])('U, p and delta are those of $source', ({ first, second, expected }) => {
  const { u, p, delta } = mannWhitney(first, second);
  expect(u).toBe(expected.u);
  expect(p).toBeCloseTo(expected.p, 13);
  expect(delta).toBeCloseTo(expected.delta, 13);
});

test('the tail of the normal distribution is that of SciPy norm.sf, on either side of where the formula changes', () => {
  const known: readonly (readonly [number, number])[] = [
    [0, 0.5],
    [0.5, 0.3085375387259869],
    [1.96, 0.024997895148220435],
    [2.999, 0.0013543365337271057],
    [3, 0.0013498980316300933],
    [5, 2.866515718791933e-7],
    [8, 6.22096057427174e-16],
    [-1.5, 0.9331927987311419],
  ];
  for (const [z, tail] of known) expect(upperTail(z) / tail).toBeCloseTo(1, 11);
});

test('equal values cannot be told apart', () => {
  expect(mannWhitney([3, 3, 3], [3, 3])).toEqual({ u: 3, p: 1, delta: 0 });
});

test('every value above every other is the largest effect, and as unlikely as it can be', () => {
  const { u, p, delta } = mannWhitney([7, 8, 9, 10], [1, 2, 3]);
  expect([u, delta]).toEqual([12, 1]);
  // Two of the 35 orders of seven values are as far apart.
  expect(p).toBeCloseTo(2 / 35, 14);
});

const sample = fc.array(fc.integer({ min: -30, max: 30 }), { minLength: 1, maxLength: 30 });

test('swapping the samples turns the sign of the effect and changes nothing else', () => {
  fc.assert(
    fc.property(sample, sample, (a, b) => {
      const [there, back] = [mannWhitney(a, b), mannWhitney(b, a)];
      expect(there.u + back.u).toBe(a.length * b.length);
      expect(there.p).toBeCloseTo(back.p, 12);
      expect(there.delta).toBeCloseTo(-back.delta, 12);
    }),
    { seed: 20_260_105 },
  );
});

test('only the order of values matters: any growing function of them gives the same', () => {
  fc.assert(
    fc.property(sample, sample, (a, b) => {
      const grown = (values: readonly number[]): number[] => values.map((value) => Math.exp(value / 10));
      expect(mannWhitney(grown(a), grown(b))).toEqual(mannWhitney(a, b));
    }),
    { seed: 20_260_105 },
  );
});

test('U and delta count the pairs, and p is a probability', () => {
  fc.assert(
    fc.property(sample, sample, (a, b) => {
      const wins = a.flatMap((x) => b.map((y) => (x > y ? 1 : x === y ? 0.5 : 0)));
      const u = wins.reduce<number>((sum, win) => sum + win, 0);
      const difference = mannWhitney(a, b);
      expect(difference.u).toBe(u);
      expect(difference.delta).toBeCloseTo((2 * u) / wins.length - 1, 12);
      expect(difference.p).toBeGreaterThan(0);
      expect(difference.p).toBeLessThanOrEqual(1);
    }),
    { seed: 20_260_105 },
  );
});

test('the median is the middle, or between the two in the middle', () => {
  expect([median([3]), median([9, 1, 5]), median([4, 1, 3, 2]), median([])]).toEqual([3, 5, 2.5, NaN]);
});
