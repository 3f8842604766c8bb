import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { IncidentView } from '../../src/domain/ports/daemon.ts';
import { until } from '../e2e/until.ts';
import { openDataShop, type DataShop } from './data-shop.ts';
import { badMigration } from './project.ts';
import { Writer, type Acknowledged } from './writer.ts';

/** Counted over all steps: behind the calls of both `write.quiesce` and of the set, amid those of `database.restore`. */
const inTheRestoration = 18;
const timeout = 300_000;

/** Everything that the runbook does by hand for a migration that went wrong, in one plan. */
function everythingBack(folder: string): object {
  const health = { url: '${target.address}/health' };
  const orphans = 'SELECT COUNT(*) FROM shipments WHERE order_id NOT IN (SELECT id FROM orders)';
  return {
    steps: [
      { 'write.quiesce': { gate: { socket: join(folder, 'gate.sock') }, lease: '2m' } },
      { 'write.quiesce': { redis: { store: 'cache', key: 'maintenance' }, lease: '2m' } },
      { backup: { recipe: 'shop' } },
      { 'database.restore': { store: 'orders', from: 'newest', terminate: true } },
      { 'file.restore': { paths: [join(folder, 'shop', '.env')], from: 'newest' } },
      { 'compose.rollback': { to: 'last_good', stop_grace: '2s', healthy_within: '60s', steady_for: '1s' } },
      { 'cache.invalidate': { store: 'cache', patterns: ['order:*'] } },
    ],
    verify: {
      settle: '1s',
      infrastructure: { within: '30s', checks: [{ docker: 'running' }] },
      connectivity: { within: '30s', checks: [{ http: health }] },
      data: { within: '30s', checks: [{ database: { store: 'orders', query: orphans }, at_most: 0 }] },
    },
  };
}

test(
  'a migration that corrupts data is taken back with images, configuration, data and cache, and no acknowledged order is lost',
  { timeout },
  async () => {
    await takeBack(await openDataShop(everythingBack), (approve) => approve());
  },
);

test(
  'the same when the daemon is killed while the database is restored, and started again',
  { timeout },
  async () => {
    const shop = await openDataShop(everythingBack);
    const incident = await takeBack(shop, async (approve) => {
      await shop.startAgain({ ROLLBACKD_CRASH_AT: `effect.call.between:${inTheRestoration}` });
      await approve();
      await until('the daemon has died', () => Promise.resolve(shop.daemon.hasEnded()));
      expect(await shop.isHeld()).toBe(true);
      await shop.startAgain();
    });
    const found = incident.journal.filter(({ type }) => type === 'effect.found');
    expect(found.map(({ message }) => message)).toEqual([
      'database.restore was started before the daemon stopped; asking the target',
    ]);
  },
);

/**
 * The migration, and the way back.
 *
 * @param meanwhile what happens from the question on; it may approve itself
 */
async function takeBack(
  shop: DataShop,
  meanwhile: (approve: () => Promise<void>) => Promise<void>,
): Promise<IncidentView> {
  const writer = new Writer(shop.gate);
  await until('orders have been taken and shipped', async () => (await shop.count('shipments')) > 20);

  // As one deploys with care: writes are held off, a set is made, the schema is migrated, the release is switched.
  await shop.hold();
  await shop.redis('SET', 'maintenance', 'migration');
  const set = await shop.daemon.cli('backup', 'create', 'shop');
  expect(set.code, set.output).toBe(0);
  const shipped = await shop.count('shipments');
  await shop.sql(badMigration);
  await shop.deploy(2);
  await shop.redis('DEL', 'maintenance');
  const opened = Date.now();
  await shop.release();

  const question = await shop.daemon.until('people are asked', async () => {
    const [incident] = await shop.daemon.incidents('shop');
    return incident?.state === 'asking' ? incident : null;
  });
  // Customers look at their orders; wrong sums are in the cache from now on.
  expect(await wrong(shop, writer.acknowledged.slice(0, 30))).not.toEqual([]);
  expect(Number(await shop.redis('DBSIZE'))).toBeGreaterThan(0);
  const taken = (): boolean => writer.acknowledged.some(({ sentAt }) => sentAt > opened);
  await until('orders were taken into the corrupted table', () => Promise.resolve(taken()));
  const approve = async (): Promise<void> => {
    const approved = await shop.daemon.cli('approve', question.id);
    expect(approved.code, approved.output).toBe(0);
  };
  await meanwhile(approve);
  const incident = await shop.daemon.until(
    'it is over',
    async () => {
      const view = await shop.daemon.incident(question.id);
      return view.outcome === null ? null : view;
    },
    180_000,
  );
  const closed = Date.now();
  await until('orders are taken again', () =>
    Promise.resolve(writer.acknowledged.some(({ sentAt }) => sentAt > closed)),
  );
  await writer.stop();

  expect(incident).toMatchObject({
    outcome: 'rolled_back',
    data: { lost: { records: 0, uncounted: 0 }, orphaned: { records: 0, uncounted: 0 } },
  });
  expect(await shop.running()).toEqual(['cache -', 'db -', 'web 1', 'worker 1']);
  expect(await shop.isHeld()).toBe(false);
  expect(await shop.redis('EXISTS', 'maintenance')).toBe('0');
  // From the first corrupted write that was possible until writes were held off.
  const quiesced = incident.effects.find(({ kind }) => kind === 'write.quiesce')?.endedAt ?? 0;
  const outside = writer.acknowledged.filter(({ sentAt, ackedAt }) => ackedAt < opened || sentAt > quiesced);
  expect(outside.length).toBeLessThan(writer.acknowledged.length);
  expect(await wrong(shop, outside)).toEqual([]);
  expect(await shop.count('shipments')).toBeGreaterThanOrEqual(shipped);
  expect(writer.heldOff).toBeGreaterThan(0);
  return incident;
}

/** Orders that the service shows otherwise than it acknowledged them, as customers would find out. */
async function wrong({ gate }: DataShop, orders: readonly Acknowledged[]): Promise<readonly string[]> {
  const shown = orders.map(async ({ id, total }) => {
    const response = await fetch(`${gate}/orders/${id}`);
    const text = await response.text();
    return response.status === 200 && text === String(total) ? [] : [`${id}: ${total}, shown ${text}`];
  });
  return (await Promise.all(shown)).flat();
}
