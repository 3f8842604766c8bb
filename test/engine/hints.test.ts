import { expect, test } from 'vitest';
import { SECOND } from '../../src/domain/time.ts';
import { Hints } from '../../src/engine/hints.ts';
import { SimulatedClock } from '../fakes/clock.ts';

const forever = new AbortController().signal;

test('a hint that comes during a look is followed by another look at once', async () => {
  const clock = new SimulatedClock();
  const hints = new Hints(clock);
  const seen = hints.given('shop');
  hints.give('shop');
  hints.give('till');
  const before = clock.now();
  await hints.wait('shop', 30 * SECOND, forever, seen);
  expect(clock.now()).toBe(before);
});

test('without a new hint the wait takes its time, or until one comes', async () => {
  const clock = new SimulatedClock();
  const hints = new Hints(clock);
  hints.give('shop');
  const woken: string[] = [];
  const seen = hints.given('shop');
  void hints.wait('shop', 30 * SECOND, forever, seen).then(() => woken.push('first'));
  await clock.advance(29 * SECOND);
  expect(woken).toEqual([]);
  await clock.advance(SECOND);
  expect(woken).toEqual(['first']);
  void hints.wait('shop', 30 * SECOND, forever, seen).then(() => woken.push('second'));
  hints.give('shop');
  await clock.advance(0);
  expect(woken).toEqual(['first', 'second']);
});
