import { beforeAll, describe, expect, test } from 'vitest';
import type { Archivist } from '../../src/domain/ports/backups.ts';
import { never, opId } from '../rollback/a-step.ts';
import { startPostgres, type TestPostgres } from './a-postgres.ts';
import { incident, someStore, spoiling } from './some-store.ts';
import { killedAndRepeated, looksInto, otherRowsIn } from './spoilt-orders.ts';

let server: TestPostgres;
let made = 0;

beforeAll(async () => {
  server = await startPostgres();
});

/** A shop with a set from before; then rows are lost; then the incident's own set. */
async function spoilt(wrap?: (archivist: Archivist) => Archivist) {
  const database = `steps_${(made += 1)}`;
  await server.run('postgres', `CREATE DATABASE ${database}`);
  await server.run(
    database,
    'CREATE TABLE migrations (version INT PRIMARY KEY)',
    'INSERT INTO migrations VALUES (7)',
    'CREATE SCHEMA hr',
    'CREATE TABLE hr.people (id INT PRIMARY KEY)',
    'INSERT INTO hr.people SELECT generate_series(1, 2)',
    'CREATE TABLE orders (id INT PRIMARY KEY, who INT)',
    'INSERT INTO orders SELECT i, 1 + i % 3 FROM generate_series(1, 900) i',
    'ALTER TABLE orders ADD FOREIGN KEY (who) REFERENCES hr.people NOT VALID',
  );
  const it = await someStore({ ...server.store(database), name: 'orders' }, wrap);
  const before = await it.copied();
  await server.run(database, 'DELETE FROM orders WHERE id > 10', 'INSERT INTO migrations VALUES (8)');
  await it.copied(incident);
  return { ...it, ...looksInto(server, database), before };
}

test('lost rows come back, with those that point nowhere counted, and go again with the undo', async () => {
  const it = await spoilt();
  const driver = it.open();
  const step = it.restoreStep();
  expect(await it.refusals({})).toEqual([]);

  const done = await driver.apply(step, opId, never);

  expect(done).toMatchObject({
    ended: 'done',
    integrity: [
      { name: 'orders: hr.people', before: 2, after: 2, lost: 0, corrupted: 0, orphaned: 0 },
      { name: 'orders: migrations', before: 2, after: 1, lost: 0, corrupted: 0, orphaned: 0 },
      { name: 'orders: orders', before: 10, after: 900, lost: 0, corrupted: 0, orphaned: 300 },
    ],
  });
  expect(await it.rows()).toBe(900);
  const [, kept = ''] = await it.databases();
  expect(await it.rows(kept)).toBe(10);
  expect(await driver.undo?.(step, opId, never)).toMatchObject({ ended: 'done' });
  expect(await it.rows()).toBe(10);
});

test('a table whose rows are not those that were copied keeps PostgreSQL from being switched, and is named', async () => {
  const it = await spoilt(spoiling('899\t3\n', '899\t2\n'));
  expect(await it.open().apply(it.restoreStep(), opId, never)).toEqual(otherRowsIn('orders'));
  expect(await it.rows()).toBe(10);
  expect(await it.databases()).toEqual([it.database]);
});

describe('fault 49: killed between any two calls, what was in use stays whole and a repeat finishes', () => {
  for (const nth of [1, 3, 5, 6, 7, 8, 9])
    test(`at the ${nth}. of them`, async () => {
      await killedAndRepeated(await spoilt(), { all: 900, nth, undoNth: 1 + (nth % 5) });
    });
});

test('fault 52: connections keep it from being switched to and are named, unless they may be ended', async () => {
  const it = await spoilt();
  await using holder = await server.open(it.database);
  await holder.run("SET application_name = 'the shop'");

  const failed = await it.open().apply(it.restoreStep(), opId, never);

  expect(failed).toEqual({
    ended: 'failed',
    detail: expect.stringMatching(
      /^orders is as it was: orders could not be switched: connected are keeper@127\.0\.0\.1(\/32)? the shop \(idle, process \d+\); end them, or let the step do it with terminate: true$/,
    ),
    retryable: true,
  });
  expect(await it.rows()).toBe(10);
  expect(await it.databases()).toEqual([it.database]);
  expect(await it.open().apply(it.restoreStep({ terminate: true }), `${opId}1`, never)).toMatchObject({
    ended: 'done',
  });
  expect(await it.rows()).toBe(900);
});

test('in place it is all or nothing: a table that something else points to keeps it from being begun', async () => {
  const it = await spoilt();
  const step = it.restoreStep({ in_place: true });
  await server.run(it.database, 'CREATE VIEW many AS SELECT count(*) FROM orders');
  expect(await it.open().apply(step, opId, never)).toMatchObject({
    ended: 'failed',
    detail: expect.stringMatching(
      /^orders was not touched: could not restore orders: exit code 1: .*view public\.many depends on table public\.orders/,
    ),
    retryable: true,
  });
  expect(await it.rows()).toBe(10);

  await server.run(it.database, 'DROP VIEW many', 'CREATE TABLE extra (id INT)');
  expect(await it.open().apply(step, `${opId}1`, never)).toMatchObject({ ended: 'done' });
  expect(await it.rows()).toBe(900);
  expect(await server.rows(it.database, 'SELECT * FROM extra')).toEqual([]);
});

test('a second one that there is no room for is refused; how much there is can be known on this machine', async () => {
  let freeBytes: number | null = null;
  const it = await spoilt((archivist) => ({
    ...archivist,
    room: async (...args) => {
      const found = (await archivist.room?.(...args)) ?? null;
      return found === null || freeBytes === null ? found : { ...found, freeBytes };
    },
  }));
  const [archivist] = it.archivists.filter((one) => one.handles('orders'));
  const room = await archivist?.room?.('orders', never);
  expect(room?.neededBytes).toBeGreaterThan(1_000_000);
  expect(room?.freeBytes).toBeGreaterThan(1_000_000);

  freeBytes = 1024;
  expect(await it.refusals({})).toEqual([
    expect.stringMatching(
      /^refuse: there is no room for a second orders beside the one in use: about [\d.]+MiB are needed, and 1KiB are free on its server; make room, or write over it with in_place: true$/,
    ),
  ]);
  expect(await it.refusals({ in_place: true })).toEqual([]);
});
