import { expect, test } from 'vitest';
import type { Deploy } from '../../src/backtest/deploys.ts';
import { scoreOf } from '../../src/backtest/score.ts';
import { HOUR, MINUTE } from '../../src/domain/time.ts';

const bad = (at: number, target = 'shop'): Deploy => ({ at, target, release: `v${at}`, bad: true });
const fine = (at: number): Deploy => ({ at, target: 'shop', release: `v${at}`, bad: false });
const score = (fired: readonly number[], deploys: readonly Deploy[]) =>
  scoreOf(fired, 'shop', { deploys, withinMs: HOUR });

test('a firing within the hour after a bad deployment is right, one before or later is not', () => {
  const deploys = [bad(2 * HOUR), fine(5 * HOUR), bad(8 * HOUR)];

  expect(score([2 * HOUR - 1, 2 * HOUR, 3 * HOUR, 3 * HOUR + 1, 5 * HOUR], deploys)).toEqual({
    bad: 2,
    found: 1,
    firings: 5,
    right: 2,
    precision: 0.4,
    recall: 0.5,
    delayMs: 0,
  });
});

test('after two bad deployments a firing is the doing of the newer one', () => {
  expect(score([70 * MINUTE], [bad(HOUR - 20 * MINUTE), bad(HOUR)])).toMatchObject({
    bad: 2,
    found: 1,
    right: 1,
    recall: 0.5,
    delayMs: 10 * MINUTE,
  });
});

test('several firings after one bad deployment are all right, and the first one counts for the delay', () => {
  const found = score(
    [20 * MINUTE, 5 * MINUTE, 40 * MINUTE, 3 * HOUR + 30 * MINUTE],
    [bad(0), bad(3 * HOUR)],
  );

  expect(found).toMatchObject({ right: 4, found: 2, precision: 1, recall: 1, delayMs: 17.5 * MINUTE });
});

test('nothing fired: no precision, and nothing found', () => {
  expect(score([], [bad(0)])).toMatchObject({ precision: null, recall: 0, delayMs: null });
});

test('without a bad deployment of the target there is no score', () => {
  expect(score([MINUTE], [fine(0), bad(0, 'other')])).toBe(null);
});
