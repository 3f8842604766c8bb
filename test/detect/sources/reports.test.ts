import { expect, test } from 'vitest';
import { reportsSource } from '../../../src/detect/sources/reports.ts';
import type { BugReport } from '../../../src/domain/ports/reports.ts';
import { MINUTE, SECOND } from '../../../src/domain/time.ts';
import { SimulatedClock } from '../../fakes/clock.ts';
import { host, objections, read, subjects } from './reading.ts';

const clock = new SimulatedClock();
const within = { within: '10m' };

/** What the source reads of `shop` when these were reported, each so long ago. */
async function reading(...reports: (readonly [issue: string, by: string, agoMs: number])[]): Promise<string> {
  const all: BugReport[] = reports.map(([issue, by, agoMs]) => ({ issue, by, at: clock.now() - agoMs }));
  const source = reportsSource({ reports: { of: (target) => (target === 'shop' ? all : []) }, clock });
  const lines = await read(source, within, subjects(['shop', 'cart']));
  expect(lines['cart']).toBe('0: no bug reported within 10m');
  return lines['shop'] ?? '';
}

test('no report ever is 0, which is ok', async () => {
  expect(await reading()).toBe('0: no bug reported within 10m');
});

test('the reading is that of the issue which most people name', async () => {
  expect(await reading(['A-1', 'ana', 0], ['B-2', 'bo', 0], ['B-2', 'cy', MINUTE], ['C-3', 'di', 0])).toBe(
    '2: 2 people reported B-2 within 10m',
  );
  expect(await reading(['A-1', 'ana', 0])).toBe('1: 1 person reported A-1 within 10m');
});

test('a report counts for as long as `within` says, to the millisecond', async () => {
  expect(await reading(['A-1', 'ana', 10 * MINUTE - 1])).toMatch(/^1:/);
  expect(await reading(['A-1', 'ana', 10 * MINUTE])).toMatch(/^0:/);
});

test('a host has no reports', async () => {
  const source = reportsSource({ reports: { of: () => [] }, clock });
  expect((await read(source, within, host))['host:alpha']).toBe('never_seen: bugs are reported of targets');
});

test('the window is `within`, and options that are wrong are refused', () => {
  const source = reportsSource({ reports: { of: () => [] }, clock });
  expect(source.windowMs(source.options.parse(within))).toBe(10 * MINUTE);
  expect(objections(source, { within: `${30 * SECOND}ms` })).toEqual([
    'within: expected 1m to 1d, got 30000ms',
  ]);
  expect(objections(source, {})).toHaveLength(1);
});

test('nobody reports bugs of a host', () => {
  const source = reportsSource({ reports: { of: () => [] }, clock });
  expect(source.onTargetsOnly?.({ withinMs: MINUTE })).toBe(true);
});
