import { expect, test } from 'vitest';
import { MINUTE } from '../../../src/domain/time.ts';
import { Attempts } from '../../../src/server/approval/attempts.ts';
import { SimulatedClock } from '../../fakes/clock.ts';

function many(attempts: Attempts, link: string, addresses: number): number {
  const tries = Array.from({ length: addresses }, (_, index) => attempts.begin(link, `2001:db8::${index}`));
  return tries.filter((taken) => taken !== null).length;
}

test('thirty wrong tries a minute on one link, and no more, from however many addresses', async () => {
  const clock = new SimulatedClock();
  const attempts = new Attempts(clock);

  expect(many(attempts, 'one', 1000)).toBe(30);
  expect(many(attempts, 'another', 1)).toBe(1);
  await clock.advance(MINUTE);
  expect(many(attempts, 'one', 1000)).toBe(30);
});

test('what was right is taken back from both counts', () => {
  const attempts = new Attempts(new SimulatedClock());
  for (let nth = 0; nth < 100; nth += 1) attempts.begin('one', '192.0.2.1')?.();

  expect(many(attempts, 'one', 1000)).toBe(30);
});
