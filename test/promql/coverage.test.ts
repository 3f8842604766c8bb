import { expect, test } from 'vitest';
import { neededCoverage } from '../../src/promql/coverage.ts';
import { parseQuery } from '../../src/promql/parse.ts';
import { MINUTE } from '../../src/domain/time.ts';

const minutes = (...queries: readonly string[]): number =>
  neededCoverage(...queries.map(parseQuery)) / MINUTE;

test.each([
  ['sum by (job) (rate(x[5m]))', 5],
  ['increase(x[5m]) > 3', 5],
  ['count(rate(x[5m]) > 3)', 5],
  ['count_over_time(x[10m])', 10],
  ['-delta(x[5m]) * 60', 5],
  ['rate(x[5m]) / rate(x[1h])', 60],
  ['rate(x[5m]) / rate(x[5m] offset 10m)', 15],
  ['rate(x[5m]) / (rate(x[5m]) + y)', 5],
  ['log2(rate(x[5m]))', 5],
  ['max_over_time(rate(x[5m])[30m:1m])', 35],
  ['rate(x[5m]) / y', 5],
])('%s means something else while its ranges are covered in part', (query, needed) => {
  expect(minutes(query)).toBe(needed);
});

test.each([
  'x',
  'x - x offset 5m',
  'max_over_time(x[1h])',
  'avg_over_time(x[5m]) > 3',
  'deriv(x[5m])',
  'irate(x[5m])',
  'sum(rate(x{code="500"}[5m])) / sum(rate(x[5m])) > 0.1',
  '1 - rate(x[5m]) / (rate(x[5m]) + rate(y[5m]))',
  'histogram_quantile(0.95, sum by (le) (rate(x_bucket[5m])))',
  'rate(x_sum[5m]) / rate(x_count[5m])',
  'count(rate(x[5m]))',
  'rate(x[5m]) > bool rate(y[5m])',
  'absent(x)',
  'time() - timestamp(x)',
  '(sum(rate(x[5m])) or vector(0)) / sum(rate(y[5m]))',
  'rate(x[5m]) > bool 0',
])('%s does not', (query) => {
  expect(minutes(query)).toBe(0);
});

test('two queries of a ratio count together', () => {
  expect(minutes('rate(x[5m])', 'rate(y[5m])')).toBe(0);
  expect(minutes('rate(x[5m])', 'rate(y[10m])')).toBe(10);
  expect(minutes('rate(x[5m])', 'y')).toBe(5);
});
