import { expect, test } from 'vitest';
import { clockTime, needsWords, otherwiseWords, spelled } from '../../../src/server/approval/words.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../src/domain/time.ts';
import { start } from '../../fakes/clock.ts';

test.each([
  [0, 'no time'],
  [-5 * SECOND, 'no time'],
  [SECOND, '1 second'],
  [90 * SECOND, '1 minute 30 seconds'],
  [15 * MINUTE - 2 * SECOND, '14 minutes'],
  [HOUR + 5 * MINUTE, '1 hour 5 minutes'],
  [DAY + 2 * HOUR + 3 * MINUTE, '1 day 2 hours'],
])('%d ms are spelled %s', (ms, words) => {
  expect(spelled(ms)).toBe(words);
});

test('a time is UTC, with its day when that is not today', () => {
  expect(clockTime(start, start)).toBe('12:00 UTC');
  expect(clockTime(start - DAY, start)).toBe('2026-01-04 12:00 UTC');
});

test('who has to answer, and what happens otherwise, is said in a sentence', () => {
  expect(needsWords({ people: 1, role: 'approver' })).toBe('One approver decides.');
  expect(needsWords({ people: 1, role: 'dba' })).toBe('A DBA decides.');
  expect(needsWords({ people: 2, role: 'approver' })).toBe(
    '2 approvers have to approve. Each of them alone can reject it.',
  );
  expect(['rollback', 'monitor', 'investigate', 'hand_over'].map(otherwiseWords)).toEqual([
    'it is rolled back as shown here',
    'nothing is rolled back; the incident is only watched',
    'nothing is rolled back; people are reminded until somebody takes it',
    'nothing is rolled back; rollbackd stops and a person has to take over',
  ]);
});
