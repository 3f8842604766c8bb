import { expect, test } from 'vitest';
import { longestRange } from '../../../src/detect/sources/promql-window.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../src/domain/time.ts';

test('the longest range of a query is its window', () => {
  expect(longestRange('up')).toBe(0);
  expect(longestRange('rate(a[1m]) / rate(b[5m])')).toBe(5 * MINUTE);
  expect(longestRange('rate(a[ 1h30m ])')).toBe(90 * MINUTE);
  expect(longestRange('rate(a[500ms])')).toBe(500);
  expect(longestRange('rate(a[1w2d])')).toBe(9 * DAY);
  expect(longestRange('rate(a[1y])')).toBe(365 * DAY);
  expect(longestRange('rate(a[90])')).toBe(90 * SECOND);
});

test('a subquery looks back over its range, and over the ranges inside of it before that', () => {
  expect(longestRange('max_over_time(up[1h:5m])')).toBe(HOUR);
  expect(longestRange('max_over_time(up[1h:])')).toBe(HOUR);
  expect(longestRange('max_over_time(rate(a[5m])[1h:1m])')).toBe(65 * MINUTE);
});

test('brackets in strings and comments are text', () => {
  expect(longestRange('a{x="[5m]"} + b{y=\'[1h]\'} + c{z=`[2h]`} # [3h]\n + rate(d[1m])')).toBe(MINUTE);
  expect(longestRange('a{x="say \\"[5m]\\""}')).toBe(0);
});
