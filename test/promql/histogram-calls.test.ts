import { expect, test } from 'vitest';
import { at, minutely } from './asked.ts';

const store = minutely({
  'latency_bucket{job="a", le="1"}': '10',
  'latency_bucket{job="a", le="2.0"}': '20',
  'latency_bucket{job="a", le="+Inf"}': '40',
  'latency_bucket{job="b", le="1"}': '5',
  'latency_bucket{job="b", le="+Inf"}': '5',
});

test('a share of observations comes of each classic histogram, without its name and bounds', () => {
  expect(at(store, 0, 'histogram_fraction(0, 1.5, latency_bucket)')).toEqual([
    '{job="a"} 0.375',
    '{job="b"} 1',
  ]);
});

test('a quantile comes of each classic histogram, without its name and bounds', () => {
  expect(at(store, 0, 'histogram_quantile(0.25, latency_bucket)')).toEqual(['{job="a"} 1', '{job="b"} 0.25']);
});
