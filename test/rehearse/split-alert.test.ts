import { describe, expect, test } from 'vitest';
import { splitAlert, type SplitAlert } from '../../src/rehearse/split-alert.ts';

describe("an alert's expression", () => {
  test.each([
    ['queue_depth{job="a"} > 100', 'max by (job) (queue_depth{job="a"}) above 100'],
    ['100 < queue_depth', 'max by (job) (queue_depth) above 100'],
    ['(queue_depth) >= (5 * 60)', 'max by (job) (queue_depth) at_least 300'],
    ['free_bytes < 1e9', 'min by (job) (free_bytes) below 1000000000'],
    ['-1 >= offset_seconds', 'min by (job) (offset_seconds) at_most -1'],
    ['up == 0', 'min by (job) (up) at_most 0'],
    ['sum by (job) (rate(x[5m])) > 2', 'sum by (job) (rate(x[5m])) above 2'],
    ['sum(rate(x[5m])) > 2', 'sum(rate(x[5m])) above 2'],
    ['max without (job) (x) > 2', 'max by (job) (max without (job) (x)) above 2'],
    ['a / b > 0.9', 'max by (job) (a / b) above 0.9'],
    ['sum by (job) (e) / sum by (job) (t) > 0.05', 'sum by (job) (e) over sum by (job) (t) above 0.05'],
    ['(sum(e) / sum(t)) > 0.05', 'sum(e) over sum(t) above 0.05'],
    ['sum(e) / sum(t) > 5', 'max by (job) (sum(e) / sum(t)) above 5'],
    ['sum(e) / 100 > 0.5', 'max by (job) (sum(e) / 100) above 0.5'],
    ['sum by (job) (e) / sum(t) > 0.5', 'max by (job) (sum by (job) (e) / sum(t)) above 0.5'],
    ['absent(up{job="a"})', 'count by (job) (absent(up{job="a"}))'],
    ['x != 3', 'count by (job) (x != 3)'],
    ['x > bool 3', 'count by (job) (x > bool 3)'],
    ['x > y', 'count by (job) (x > y)'],
    ['x > 1 and y < 2', 'count by (job) (x > 1 and y < 2)'],
    ['x', 'count by (job) (x)'],
  ])('%j is split', (text, split) => {
    expect(worded(splitAlert(text, 'job'))).toBe(split);
  });

  test('that is not PromQL says why not', () => {
    expect(splitAlert('x >', 'job')).toEqual({ problem: '1:4: parse error: unexpected end of input' });
  });

  test('of one value in all says that it serves one target only', () => {
    expect(splitAlert('sum(x) > 1', 'service')).toMatchObject({
      notes: ['it gives one value without the label service, which serves one target only'],
    });
  });
});

function worded(split: SplitAlert | { readonly problem: string }): string {
  if ('problem' in split) return split.problem;
  if (split.form === 'filter') return split.query;
  const read = split.form === 'ratio' ? `${split.bad} over ${split.total}` : split.query;
  return `${read} ${split.operator} ${split.threshold}`;
}
