import { describe, expect, test } from 'vitest';
import { parseQuery } from '../../src/promql/parse.ts';
import { subExpressions } from '../../src/promql/sub-expressions.ts';

function partsOf(query: string): readonly string[] {
  return subExpressions(query, parseQuery(query)).map(({ text, depth }) => `${'  '.repeat(depth)}${text}`);
}

describe('the parts that explain a query', () => {
  test('stand below what they are made into, and have a value of their own', () => {
    expect(
      partsOf(
        'sum by (service) (rate(errors_total[1m])) / sum by (service) (rate(requests_total[1m])) > 0.5',
      ),
    ).toEqual([
      'sum by (service) (rate(errors_total[1m])) / sum by (service) (rate(requests_total[1m])) > 0.5',
      '  sum by (service) (rate(errors_total[1m])) / sum by (service) (rate(requests_total[1m]))',
      '    sum by (service) (rate(errors_total[1m]))',
      '      rate(errors_total[1m])',
      '    sum by (service) (rate(requests_total[1m]))',
      '      rate(requests_total[1m])',
    ]);
  });

  test('come once each, without parentheses and literals, on one line', () => {
    expect(partsOf('(up) - (up offset 5m)\n  + up * 2')).toEqual([
      '(up) - (up offset 5m) + up * 2',
      '  (up) - (up offset 5m)',
      '    up',
      '    up offset 5m',
      '  up * 2',
    ]);
  });

  test('reach to the end of what shifts them', () => {
    expect(partsOf('up + up offset 5m + rate(up[5m] @ end() offset 1m)')).toEqual([
      'up + up offset 5m + rate(up[5m] @ end() offset 1m)',
      '  up + up offset 5m',
      '    up',
      '    up offset 5m',
      '  rate(up[5m] @ end() offset 1m)',
    ]);
  });

  test('do not reach into a subquery, whose instants are others', () => {
    expect(partsOf('max_over_time(rate(errors_total[1m])[10m:30s])')).toEqual([
      'max_over_time(rate(errors_total[1m])[10m:30s])',
    ]);
  });
});
