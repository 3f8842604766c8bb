import { expect, test } from 'vitest';
import {
  atMost,
  notCounted,
  sumOfTallies,
  tallyInWords,
  tallyOf,
  type DataIntegrity,
} from '../../src/domain/data-integrity.ts';

const counted: DataIntegrity = {
  name: 'orders',
  before: 9,
  after: 9,
  lost: 0,
  corrupted: 0,
  orphaned: 0,
  how: 'rows',
};

function words(...things: readonly DataIntegrity[]): string | null {
  const tally = tallyOf(things);
  return tally === null ? null : tallyInWords(tally);
}

test('0 is said only of what was counted', () => {
  expect(words(counted, counted)).toBe('0 lost, 0 corrupted, 0 orphaned');
  expect(words(notCounted('carts', 'x'))).toBe(
    'lost not counted, corrupted not counted, orphaned not counted',
  );
  expect(words(counted, { ...counted, lost: 3, orphaned: null })).toBe(
    '3 lost, 0 corrupted, 0 orphaned (1 of 2 not counted)',
  );
  expect(words()).toBeNull();
});

test('tallies add up, and those of incidents that replaced nothing do not count', () => {
  const total = sumOfTallies([tallyOf([counted]), null, tallyOf([{ ...counted, lost: 4, corrupted: null }])]);

  expect(total === null ? '' : tallyInWords(total)).toBe(
    '4 lost, 0 corrupted (1 of 2 not counted), 0 orphaned',
  );
  expect(sumOfTallies([null, null])).toBeNull();
  expect(sumOfTallies([])).toBeNull();
});

test('a long list keeps its sums in one line for the rest, unless some of it was not counted', () => {
  const many = [counted, counted, { ...counted, lost: 1 }, { ...counted, lost: 2, orphaned: null }];

  expect(atMost(many, 4)).toEqual(many);
  expect(atMost(many, 3)).toEqual([
    counted,
    counted,
    { name: '2 more', before: 18, after: 18, lost: 3, corrupted: 0, orphaned: null, how: 'rows' },
  ]);
});
