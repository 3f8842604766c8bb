import { describe, expect, test } from 'vitest';
import { at, minutely, over } from './asked.ts';

const store = minutely({ 'metric_total{env="1"}': '0 60 120', 'other_total{env="1"}': '60 120 180' });
const delayed = { delayedNameRemoval: true };

describe('with delayed name removal', () => {
  test.each([
    ['-metric_total', ['{env="1"} -120']],
    ['metric_total <= other_total', ['metric_total{env="1"} 120']],
    ['metric_total <= bool other_total', ['{env="1"} 1']],
    ['last_over_time(metric_total[2m])', ['metric_total{env="1"} 120']],
    ['max_over_time(metric_total[2m])', ['{env="1"} 120']],
    [
      'label_replace(rate({env="1"}[2m]), "of", "$1", "__name__", "(.+)")',
      ['{env="1", of="metric_total"} 1', '{env="1", of="other_total"} 1'],
    ],
    [
      'label_replace(rate({env="1"}[2m]), "__name__", "rate_$1", "__name__", "(.+)")',
      ['rate_metric_total{env="1"} 1', 'rate_other_total{env="1"} 1'],
    ],
    [
      'label_join(rate({env="1"}[2m]), "__name__", "_", "__name__", "env")',
      ['metric_total_1{env="1"} 1', 'other_total_1{env="1"} 1'],
    ],
    ['sum by (env) (rate({env="1"}[2m]))', ['{env="1"} 2']],
    ['sum by (__name__, env) (metric_total)', ['metric_total{env="1"} 120']],
    ['topk(10, sum by (__name__, env) (rate(metric_total[2m])))', ['{env="1"} 1']],
    [
      'sum by (__name__) (rate({env="1"}[2m]))',
      ['execution: vector cannot contain metrics with the same labelset'],
    ],
    ['abs({env="1"})', ['execution: vector cannot contain metrics with the same labelset']],
  ])('%s', (query, answer) => {
    expect(at(store, 2, query, delayed)).toEqual(answer);
  });

  test('series whose names are gone become one if they never meet', () => {
    const parts = minutely({ metric_a: '1 stale', metric_b: '_ 4' });
    expect(over(parts, { from: 0, to: 1, step: 1 }, '-metric_a or -metric_b', delayed)).toEqual([
      '{} -1@0 -4@1',
    ]);
  });
});

describe('with immediate name removal', () => {
  test.each([
    ['rate({env="1"}[2m])', ['execution: vector cannot contain metrics with the same labelset']],
    [
      'sum by (env) (rate({env="1"}[2m]))',
      ['execution: vector cannot contain metrics with the same labelset'],
    ],
    ['label_replace(rate(metric_total[2m]), "of", "$1", "__name__", "(.*)")', ['{env="1"} 1']],
    ['sum by (__name__) (metric_total)', ['metric_total{} 120']],
  ])('%s', (query, answer) => {
    expect(at(store, 2, query)).toEqual(answer);
  });
});
