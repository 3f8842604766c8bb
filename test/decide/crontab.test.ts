import { afterAll, beforeAll, expect, test } from 'vitest';
import { crontab } from '../../src/clients/crontab.ts';
import { DAY, HOUR, MINUTE } from '../../src/domain/time.ts';

const cron = crontab();
const local = (month: number, day: number, hour: number, minute = 0): number =>
  new Date(2026, month - 1, day, hour, minute).getTime();

const zone = process.env.TZ;
beforeAll(() => {
  // A zone with daylight saving: 2026-03-29 has no 02:30, 2026-10-25 has it twice.
  process.env.TZ = 'Europe/Berlin';
});
afterAll(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

test.each(['0 18 * * fri', '*/5 0 1,15 jan-mar mon-fri', '0 3 * * 7', '0 22-2 * * *'])(
  '%s is valid',
  (expression) => {
    expect(cron.problem(expression)).toBeNull();
  },
);

test.each([
  ['', 'expected five fields (minute, hour, day of month, month, day of week), got 0'],
  ['0 18 * *', 'expected five fields (minute, hour, day of month, month, day of week), got 4'],
  ['0 0 18 * * fri', 'expected five fields (minute, hour, day of month, month, day of week), got 6'],
  ['@daily', 'expected five fields (minute, hour, day of month, month, day of week), got 1'],
  ['99 18 * * fri', '99 is not a minute'],
  ['0 18 32 * frei', '32 is not a day of month; frei is not a day of week'],
  ['0 18 L * *', 'L, W and # are not understood: use numbers, names, ranges, lists and steps'],
  ['0 18 * * fri#2', 'L, W and # are not understood: use numbers, names, ranges, lists and steps'],
])('%j is not: %s', (expression, problem) => {
  expect(cron.problem(expression)).toBe(problem);
});

test('an invalid expression is refused wherever it is used', () => {
  const message = 'cron expression "99 * * * *" is invalid: 99 is not a minute';
  expect(() => cron.lastWithin('99 * * * *', 0, 1)).toThrow(message);
  expect(() => cron.schedule('99 * * * *', () => {})).toThrow(message);
});

test('the last occurrence lies after the beginning and not after the end', () => {
  const six = local(1, 9, 18);
  expect(cron.lastWithin('0 18 * * fri', six - HOUR, six)).toBe(six);
  expect(cron.lastWithin('0 18 * * fri', six - HOUR, six - 1)).toBeNull();
  expect(cron.lastWithin('0 18 * * fri', six, six + HOUR)).toBeNull();
  expect(cron.lastWithin('0 18 * * fri', six - 1, six + 62 * HOUR)).toBe(six);
});

test('of several occurrences it is the last', () => {
  expect(cron.lastWithin('*/15 9-17 * * mon-fri', local(1, 9, 0), local(1, 11, 12))).toBe(
    local(1, 9, 17, 45),
  );
  expect(cron.lastWithin('0 0 * * *', local(1, 1, 0), local(1, 9, 0))).toBe(local(1, 9, 0));
});

test('day of month and day of week must both match', () => {
  // 2026-02-13 and 2026-03-13 are Fridays.
  expect(cron.lastWithin('0 12 13 * fri', local(1, 1, 0), local(3, 1, 0))).toBe(local(2, 13, 12));
});

test('a year without the day has no occurrence', () => {
  expect(cron.lastWithin('0 0 29 feb *', local(1, 1, 0), local(12, 31, 0))).toBeNull();
});

test('a time that daylight saving skips happens after the gap, not never', () => {
  expect(cron.lastWithin('30 2 * * *', local(3, 29, 0), local(3, 29, 12))).toBe(local(3, 29, 3, 30));
});

test('a time that daylight saving repeats happens the first time', () => {
  const first = local(10, 25, 2, 30);
  expect(cron.lastWithin('30 2 * * *', first - 1, first + 2 * HOUR)).toBe(first);
  expect(cron.lastWithin('30 2 * * *', first, first + 2 * HOUR)).toBeNull();
});

test('days of 23 and 25 hours are walked over without losing one', () => {
  for (const [month, day] of [
    [3, 31],
    [10, 27],
  ] as const) {
    const to = local(month, day, 12);
    expect(cron.lastWithin('0 18 * * sat', to - 4 * DAY, to)).toBe(local(month, day - 3, 18));
  }
});

test('it agrees with a search minute by minute', () => {
  const to = local(3, 30, 12);
  const slow = (matches: (date: Date) => boolean, from: number): number | null => {
    for (let at = to; at > from; at -= MINUTE) if (matches(new Date(at))) return at;
    return null;
  };
  const matches = (date: Date): boolean =>
    date.getMinutes() % 20 === 0 && date.getHours() === 4 && [0, 3].includes(date.getDay());
  for (const back of [HOUR, DAY, 3 * DAY, 6 * DAY])
    expect(cron.lastWithin('*/20 4 * * sun,wed', to - back, to)).toBe(slow(matches, to - back));
});

test('a schedule can be cancelled', () => {
  const cancel = cron.schedule('0 3 * * *', () => {});
  expect(cancel()).toBeUndefined();
  expect(cancel()).toBeUndefined();
});
