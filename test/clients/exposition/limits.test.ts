import { expect, test } from 'vitest';
import { formatOf } from '../../../src/clients/exposition/format.ts';
import { readSeries } from '../../../src/clients/exposition/series-text.ts';
import { told } from './reading.ts';

const pairs = (count: number): string =>
  Array.from({ length: count }, (_, index) => `l${index}="x"`).join(',');

test('a series with more labels than anybody needs is refused', () => {
  expect(told(`x{${pairs(64)}} 1`)[0]).toMatch(/^x\{l0="x",/);
  expect(told(`x{${pairs(65)}} 1`)).toEqual(['line 1, column 505: more than 64 labels']);
});

test('names and values have a length within which they are read', () => {
  expect(told(`${'n'.repeat(513)} 1`)).toEqual(['line 1, column 1: the name is longer than 512 characters']);
  expect(told(`x{${'n'.repeat(513)}="v"} 1`)).toEqual([
    'line 1, column 3: the name is longer than 512 characters',
  ]);
  expect(told(`x{a="${'v'.repeat(8_193)}"} 1`)).toEqual([
    'line 1, column 5: the value of the label "a" is longer than 8192 characters',
  ]);
});

test('a series has a length, too', () => {
  const long = (letters: number): string => `x{a="${'v'.repeat(6_000)}",b="${'v'.repeat(letters)}"}`;
  expect(told(`${long(5_988)} 1`)).toHaveLength(1);
  expect(told(`${long(5_989)} 1`)).toEqual(['line 1, column 1: the series is longer than 12000 characters']);
});

test('limits are those that are asked for', () => {
  const limits = { labels: 1, name: 3, value: 2, series: 20 };
  expect(readSeries('x{a="1"}', limits)).toEqual({ __name__: 'x', a: '1' });
  expect(readSeries('x{a="1",b="2"}', limits)).toEqual({ at: 8, problem: 'more than 1 labels' });
});

test('a message repeats only the beginning of what it is about', () => {
  expect(told(`x ${'9x'.repeat(500)}`)).toEqual([
    `line 1, column 3: expected a value, got "${'9x'.repeat(30)}…"`,
  ]);
});

test('the format is that of the Content-Type; the binary one is not read', () => {
  expect(formatOf('application/openmetrics-text; version=1.0.0; charset=utf-8')).toBe('openmetrics');
  expect(formatOf('text/plain; version=0.0.4')).toBe('text');
  expect(formatOf('text/html')).toBe('text');
  expect(formatOf(undefined)).toBe('text');
  expect(
    formatOf('application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited'),
  ).toBe(null);
});
