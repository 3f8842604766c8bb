import { expect, test } from 'vitest';
import { giveBack, lend } from '../../src/clients/lent-memory.ts';

test('memory that was lent is freed with the last of its pieces', () => {
  const memory = Buffer.allocUnsafeSlow(10);
  const [first, last] = [memory.subarray(0, 4), memory.subarray(4)];
  lend(first);

  giveBack(first);
  expect(memory).toHaveLength(10);

  giveBack(last);
  expect(memory).toHaveLength(0);
});

test('memory that nobody lent stays as it is', () => {
  const kept = Buffer.allocUnsafeSlow(10).fill('a');
  giveBack(kept);
  expect(kept.toString()).toBe('aaaaaaaaaa');
});
