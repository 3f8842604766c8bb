import { expect, test } from 'vitest';
import type { SeriesView } from '../../../src/domain/ports/daemon.ts';
import { sparkline } from '../../../src/notify/slack/card/sparkline.ts';

function of(
  values: readonly (number | null | 'passed' | 'failed')[],
  condition = 'above 50% for 1m',
  threshold: number | null = 0.5,
): SeriesView {
  return {
    rule: 'r',
    subject: 's',
    summary: '',
    levels: [{ severity: 'high', condition, threshold }],
    readings: values.map((value, at) => ({
      at,
      value: typeof value === 'number' ? value : null,
      verdict: value === null ? 'unknown' : typeof value === 'number' ? 'value' : value,
      detail: '',
    })),
  };
}

const drawn = (series: SeriesView) => sparkline(series, 'high')?.bars ?? null;

test('the upper four bars lie beyond the threshold, the lower four within it', () => {
  expect(sparkline(of([0, 0.25, 0.5, 0.51, 0.75, 1]), 'high')).toEqual({
    bars: '▁▃▄▅▇█',
    legend: '▅ and higher: beyond the threshold',
  });
});

test('where low values are bad, the lower four bars lie beyond the threshold', () => {
  expect(sparkline(of([20, 10, 5, 4.9, 0], 'below 5 for 1m', 5), 'high')).toEqual({
    bars: '█▆▅▄▁',
    legend: '▄ and lower: beyond the threshold',
  });
});

test.each([
  ['above 0.5', '▄'],
  ['at least 0.5', '▅'],
  ['below 0.5', '▅'],
  ['at most 0.5', '▄'],
])('a value at the limit of %s is on the side on which it counts', (condition, bar) => {
  expect(drawn(of([0, 0.5, 1], condition))?.[1]).toBe(bar);
});

test('what was not read is a dot, and so is no number', () => {
  expect(drawn(of([0, null, Number.NaN, 1]))).toBe('▁··█');
});

test('without a threshold the bars reach from the least to the greatest value', () => {
  expect(sparkline(of([1, 2, 3], 'above 3x', null), 'high')).toEqual({ bars: '▁▅█', legend: '' });
});

test('what never changes is a flat line', () => {
  expect(drawn(of([3, 3, 3], 'above 3x', null))).toBe('▄▄▄');
  expect(drawn(of([0.1, 0.1, 0.1]))).toBe('▁▁▁');
  expect(drawn(of([0.9, 0.9]))).toBe('██');
});

test('probes are passed, failed or not known', () => {
  expect(sparkline(of(['passed', 'failed', null, 'failed'], '2 failures', null), 'high')).toEqual({
    bars: '▁█·█',
    legend: '█ failed',
  });
});

test('of many readings the worst of each stretch is shown', () => {
  const peak = Array.from({ length: 500 }, (_, index) => (index === 250 ? 1 : 0));

  expect(drawn(of(peak))).toBe('▁▁▁▁▁▁▁▁▁▁▁▁█▁▁▁▁▁▁▁▁▁▁▁');
  expect(
    drawn(
      of(
        peak.map((value) => 1 - value),
        'below 50%',
      ),
    ),
  ).toBe('████████████▁███████████');
});

test('values without bounds are drawn', () => {
  expect(drawn(of([-Number.MAX_VALUE, 0, Number.MAX_VALUE]))).toBe('▁▄█');
});

test.each([[[]], [[1]], [[null, null]]])('%j is nothing to draw', (values) => {
  expect(drawn(of(values))).toBeNull();
});
