import { expect, test } from 'vitest';
import { waitDriver } from '../../src/rollback/drivers/wait.ts';
import { SimulatedClock } from '../fakes/clock.ts';
import { aStep, never, opId } from './a-step.ts';

const clock = new SimulatedClock();
const driver = waitDriver({ clock });
const step = (duration: string) =>
  aStep('wait', driver.options.parse({ for: duration }), { deadlineMs: 60_000 });

test('it waits for as long as it says', async () => {
  const outcomes: unknown[] = [];
  const waiting = driver.apply(step('30s'), opId, never).then((outcome) => outcomes.push(outcome));
  await clock.advance(29_999);
  expect(outcomes).toEqual([]);
  await clock.advance(1);
  await waiting;
  expect(outcomes).toEqual([{ ended: 'done', detail: 'waited 30s' }]);
});

test('a wait that was cut off starts over', async () => {
  const stopping = new AbortController();
  const waiting = driver.apply(step('30s'), opId, stopping.signal);
  stopping.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'ABORTED', recourse: 'reconcile' });
  expect(await driver.probe(step('30s'), opId, never)).toBe('not_done');
});

test('a wait longer than its deadline is refused', async () => {
  const it = step('2m');
  expect(await driver.preflight(it, await driver.read(it, never), never)).toEqual([
    { level: 'refuse', message: 'waits 2m, but its deadline is 1m' },
  ]);
});

test.for(['5', 5, '', 'soon'])('%j is not a duration', (written) => {
  const parsed = driver.options.safeParse({ for: written });
  expect(parsed.error?.issues.map(({ message }) => message)).toEqual([
    `expected a duration such as 90s, 5m or 1h30m, got ${JSON.stringify(written)}`,
  ]);
});

test('a person sleeps as long', () => {
  expect(driver.byHand(step('1m30s'))).toEqual(['sleep 90']);
});
