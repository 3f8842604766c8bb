import { describe, expect, test } from 'vitest';
import { at, minutely, over } from './asked.ts';

test('a sample is current for the lookback, not at its very end', () => {
  const store = minutely({ up: '1' });

  expect(over(store, { from: 0, to: 6, step: 1 }, 'up')).toEqual(['up{} 1@0 1@1 1@2 1@3 1@4']);
  expect(over(store, { from: 0, to: 6, step: 1 }, 'up', { lookbackMs: 120_000 })).toEqual(['up{} 1@0 1@1']);
});

test('a series that ended is gone at once, and comes back with its next sample', () => {
  const store = minutely({ up: '1 stale _ _ 4' });

  expect(over(store, { from: 0, to: 5, step: 1 }, 'up')).toEqual(['up{} 1@0 4@4 4@5']);
});

test('ranges hold the samples around the end of a series, without the mark', () => {
  const store = minutely({ up: '1 stale 3' });

  expect(at(store, 2, 'up[3m]')).toEqual(['up{} 1@0 3@2']);
  expect(at(store, 1, 'count_over_time(up[1m])')).toEqual([]);
});

test('a range is open on the left and closed on the right', () => {
  const store = minutely({ up: '1 2 3 4' });

  expect(at(store, 3, 'up[2m]')).toEqual(['up{} 3@2 4@3']);
});

describe('where a query looks', () => {
  const store = minutely({ x: '0 1 2 3 4 5 6 7 8 9 10' });

  test.each([
    ['x offset 2m', 'x{} 6'],
    ['x offset -1m', 'x{} 9'],
    ['x @ 180', 'x{} 3'],
    ['x @ 180 offset 1m', 'x{} 2'],
    ['x offset 1m @ 180', 'x{} 2'],
    ['x @ start() - x @ end()', '{} 0'],
    ['sum_over_time(x[2m] @ 240)', '{} 7'],
    ['sum_over_time(x[3m:1m] offset 1m)', '{} 18'],
    ['max_over_time(x[4m:3m])', '{} 6'],
  ])('%s', (query, answer) => {
    expect(at(store, 8, query)).toEqual([answer]);
  });

  test('start() and end() are the bounds of the range query, in subqueries too', () => {
    expect(over(store, { from: 2, to: 4, step: 1 }, 'x @ start()')).toEqual(['x{} 2@2 2@3 2@4']);
    expect(over(store, { from: 2, to: 4, step: 1 }, 'max_over_time((x @ end())[1m:1m])')).toEqual([
      '{} 4@2 4@3 4@4',
    ]);
  });

  test('steps of a subquery are multiples of its step, wherever the query starts', () => {
    expect(at(store, 8, 'x[6m:4m]')).toEqual(['x{} 4@4 8@8']);
    expect(at(store, 9, 'x[6m:4m]')).toEqual(['x{} 4@4 8@8']);
    expect(at(store, 8, 'x[3m:]')).toEqual(['x{} 6@6 7@7 8@8']);
    expect(at(store, 8, 'x[5m:]', { defaultStepMs: 120_000 })).toEqual(['x{} 4@4 6@6 8@8']);
  });

  test('predict_linear looks ahead from the evaluation, not from where it looked', () => {
    expect(at(store, 8, 'predict_linear(x[4m] offset 2m, 60)')).toEqual(['{} 9']);
  });

  test('timestamp gives the time of the sample of a selector, of anything else the evaluation', () => {
    const old = minutely({ x: '1' });
    expect(at(old, 2, 'timestamp(x)')).toEqual(['{} 0']);
    expect(at(old, 2, 'timestamp((x))')).toEqual(['{} 0']);
    expect(at(old, 2, 'timestamp(x + 0)')).toEqual(['{} 120']);
  });
});
