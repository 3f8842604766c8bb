import { expect, test } from 'vitest';
import { crontab } from '../../src/clients/crontab.ts';
import { decider } from '../../src/decide/decider.ts';
import type { Json } from '../../src/domain/json.ts';
import { DAY, HOUR, MINUTE } from '../../src/domain/time.ts';

const decide = decider(crontab());
/** Friday, local time, as people write calendars. */
const friday = (hour: number, minute = 0): number => new Date(2026, 0, 9, hour, minute).getTime();
const shown = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
const weekend = { cron: '0 18 * * fri', forMs: 62 * HOUR, reason: 'weekend' };

function controls(rows: Readonly<Record<string, Json>>): ReadonlyMap<string, Json> {
  return new Map(Object.entries(rows));
}

// Freezes

test('nothing is frozen unless somebody said so', () => {
  expect(decide.frozen('shop', friday(12), controls({}), [weekend])).toBeNull();
});

test('a freeze by hand holds for its target until its time is over', () => {
  const until = friday(13);
  const rows = controls({ 'freeze:shop': { by: 'alice', until, note: 'stocktaking' } });
  expect(decide.frozen('shop', until - 1, rows, [])).toBe(
    `shop is frozen by alice until ${shown(until)}: stocktaking`,
  );
  expect(decide.frozen('shop', until, rows, [])).toBeNull();
  expect(decide.frozen('cart', until - 1, rows, [])).toBeNull();
});

test('a freeze of everything holds for every target', () => {
  const until = friday(13);
  const rows = controls({ 'freeze:*': { by: 'alice', until, note: '' } });
  expect(decide.frozen('cart', friday(12), rows, [])).toBe(`cart is frozen by alice until ${shown(until)}`);
});

test('a recurring freeze begins at its time and lasts as long as it says', () => {
  const at = (when: number): string | null => decide.frozen('shop', when, controls({}), [weekend]);
  const reason = `shop is frozen until ${shown(friday(18) + 62 * HOUR)}: weekend`;
  expect(at(friday(18) - 1)).toBeNull();
  expect(at(friday(18))).toBe(reason);
  expect(at(friday(18) + 62 * HOUR - 1)).toBe(reason);
  expect(at(friday(18) + 62 * HOUR)).toBeNull();
});

// Cooldown

test('a target rests for its time and until its incident is settled', () => {
  const until = friday(13);
  const resting = (settled: boolean) => controls({ 'cooldown:shop': { incident: 'i-1', until, settled } });
  const during = `shop rests until ${shown(until)}, after the automatic rollback of i-1`;
  expect(decide.cooldown('shop', until - 1, resting(true))).toBe(during);
  expect(decide.cooldown('shop', until - 1, resting(false))).toBe(during);
  expect(decide.cooldown('shop', until + DAY, resting(false))).toBe(
    'shop rests until i-1 is acknowledged, after its automatic rollback',
  );
  expect(decide.cooldown('shop', until, resting(true))).toBeNull();
  expect(decide.cooldown('cart', until - 1, resting(false))).toBeNull();
});

// Budget

test('the budget is refilled by time', () => {
  const at = friday(12);
  const spent = [at - HOUR - MINUTE, at - HOUR, at - HOUR + 1, at];
  expect(decide.budgetUsed(at, HOUR, controls({ budget: spent }))).toEqual([at - HOUR + 1, at]);
  expect(decide.budgetUsed(at, HOUR, controls({}))).toEqual([]);
});

test('a clock that was set back does not refill the budget', () => {
  const at = friday(12);
  expect(decide.budgetUsed(at, HOUR, controls({ budget: [at + HOUR] }))).toEqual([at + HOUR]);
});
