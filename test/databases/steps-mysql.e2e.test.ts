import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { turnOf } from '../../src/clients/databases/mysql/feed.ts';
import type { Archivist } from '../../src/domain/ports/backups.ts';
import { DAY } from '../../src/domain/time.ts';
import { aStep, never, opId } from '../rollback/a-step.ts';
import { dieBetweenCalls, Died } from '../rollback/crashes.ts';
import { startMariadb, type TestMariadb } from './a-mariadb.ts';
import { afterwards, incident, lives, someStore, spoiling } from './some-store.ts';
import { killedAndRepeated, looksInto, otherRowsIn } from './spoilt-orders.ts';

let server: TestMariadb;
let made = 0;

beforeAll(async () => {
  server = await startMariadb();
});

/** A shop whose orders belong to customers. */
async function shop(wrap?: (archivist: Archivist) => Archivist) {
  const database = `steps_${(made += 1)}`;
  await server.run('mysql', `CREATE DATABASE ${database}`);
  await server.run(
    database,
    'CREATE TABLE migrations (version INT PRIMARY KEY)',
    'INSERT INTO migrations VALUES (7)',
    'CREATE TABLE customers (id INT PRIMARY KEY, name VARCHAR(80))',
    "INSERT INTO customers VALUES (1, 'Zoë'), (2, 'Ben')",
    'CREATE TABLE orders (id INT PRIMARY KEY, customer INT, FOREIGN KEY (customer) REFERENCES customers (id))',
    'INSERT INTO orders SELECT seq, 1 + MOD(seq, 2) FROM seq_1_to_1000',
  );
  const it = await someStore(server.store(database), wrap);
  return { ...it, ...looksInto(server, database) };
}

/** A set from before; then rows are lost; then the incident's own set. */
async function spoilt(wrap?: (archivist: Archivist) => Archivist) {
  const it = await shop(wrap);
  const before = await it.copied();
  await server.run(it.database, 'DELETE FROM orders WHERE id > 10', 'INSERT INTO migrations VALUES (8)');
  const own = await it.copied(incident);
  return { ...it, before, own };
}

test('lost rows come back from the set before the incident, are told of one by one, and go again with the undo', async () => {
  const it = await spoilt();
  const driver = it.open();
  const step = it.restoreStep();
  const facts = await driver.read(step, never);
  expect(driver.describe(step, facts)).toBe(
    `bring orders back from ${it.before.id} of 2026-01-05T12:00Z: restored beside, counted, then switched to; the one before stays beside it`,
  );
  expect(await driver.preflight(step, facts, never)).toEqual([]);

  const done = await driver.apply(step, opId, never);

  const how = `before: counted by the server just before what was restored took its place; after: counted by the server in what was restored; lost: against the manifest of ${it.before.id}; corrupted: by a digest of the rows of each table, made with the copy and of what was restored; orphaned: counted over the declared foreign keys`;
  const nothing = { lost: 0, corrupted: 0, orphaned: 0, how };
  expect(done).toEqual({
    ended: 'done',
    detail: expect.stringMatching(
      `^orders is as in ${it.before.id}: 3 tables, 1003 rows; what was there before is kept as [0-9a-f]{12}-was$`,
    ),
    evidence: {
      [`orders from ${it.before.id}`]: 'customers: 2 -> 2\nmigrations: 2 -> 1\norders: 10 -> 1000',
    },
    integrity: [
      { name: 'orders: customers', before: 2, after: 2, ...nothing },
      { name: 'orders: migrations', before: 2, after: 1, ...nothing },
      { name: 'orders: orders', before: 10, after: 1000, ...nothing },
    ],
  });
  expect(await it.rows()).toBe(1000);
  const [, kept = ''] = await it.databases();
  expect(await it.rows(kept)).toBe(10);
  expect(await driver.probe(step, opId, never)).toBe('done');
  expect(await it.open().apply(step, opId, never)).toEqual(done);

  expect(await driver.undo?.(step, opId, never)).toMatchObject({
    ended: 'done',
    detail: expect.stringMatching(
      /^orders is as before; what had been restored is kept as [0-9a-f]{12}-undone$/,
    ),
  });
  expect(await it.rows()).toBe(10);
  expect(await driver.probe(step, opId, never)).toBe('not_done');
});

test('a table whose rows are not those that were copied keeps MariaDB from being switched, and is named', async () => {
  const it = await spoilt(spoiling("'Ben'", "'Bem'"));
  expect(await it.open().apply(it.restoreStep(), opId, never)).toEqual(otherRowsIn('customers'));
  expect(await it.rows()).toBe(10);
  expect(await it.databases()).toEqual([it.database]);
});

test('what is kept beside goes once it was kept as long as sets are', async () => {
  const it = await spoilt();
  await it.open().apply(it.restoreStep(), opId, never);
  const desk = await it.openDesk({ archivists: it.archivists });
  await it.clock.advance(13 * DAY);
  await desk.prune('schedule');
  expect(await it.databases()).toHaveLength(2);
  await it.clock.advance(2 * DAY);
  await desk.prune('schedule');
  expect(await it.databases()).toEqual([it.database]);
  expect(await it.rows()).toBe(1000);
});

test('nothing is replaced without a set of this incident that holds it', async () => {
  const it = await shop();
  await it.copied();
  expect(await it.open().apply(it.restoreStep(), opId, never)).toEqual({
    ended: 'failed',
    detail:
      'database.restore changes nothing: no backup set of i-7k3f9a that was read back holds orders (store)',
    retryable: false,
  });
  expect(await it.databases()).toEqual([it.database]);
});

test('the set is chosen by its id, by incident, or from before the incident began, and never of another incident', async () => {
  const it = await spoilt();
  const later = await it.copied('i-later');
  const chosen = async (from: string) => {
    const step = it.restoreStep({ from });
    return (await it.open().read(step, never)).identity;
  };
  expect(await chosen('newest')).toBe(`orders from ${it.before.id}`);
  expect(await chosen(later.id)).toBe(`orders from ${later.id}`);
  expect(await chosen('incident')).toBe('orders from the set of the incident');
  expect(await it.refusals({ from: 'before_incident' })).toEqual([
    'refuse: when i-7k3f9a began is not known; name the set by its id',
  ]);
  it.began.set(incident, it.before.madeAt + 1);
  expect(await chosen('before_incident')).toBe(`orders from ${it.before.id}`);
  it.began.set(incident, it.before.madeAt);
  expect(await it.refusals({ from: 'before_incident' })).toEqual([
    'refuse: no backup set that was read back, and that no incident made, holds orders (store) from before i-7k3f9a began at 2026-01-05T12:00Z',
  ]);
  expect(await it.refusals({ from: 'b-20260101-000000-none' })).toEqual([
    'refuse: there is no backup set b-20260101-000000-none; `rollbackd backup list` lists them',
  ]);
  expect(await it.refusals({ store: 'other' })).toEqual([
    'refuse: nothing here knows how to copy other (store)',
  ]);
});

test('fault 45: a disk that fills up during the backup leaves no set, and the step says so', async () => {
  const it = await shop((archivist) => ({
    ...archivist,
    // As where nothing can be foreseen.
    examine: () => Promise.resolve({ problems: [], bytes: null }),
  }));
  await server.run(
    it.database,
    'CREATE TABLE noise (id INT PRIMARY KEY, what BLOB)',
    "INSERT INTO noise SELECT seq, CONCAT(SHA2(seq, 512), SHA2(CONCAT('x', seq), 512), SHA2(CONCAT('y', seq), 512)) FROM seq_1_to_5000",
  );
  mkdirSync(it.sets, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', it.sets]);
  afterwards(() => execFileSync('umount', [it.sets]));

  const step = aStep('database.backup', { store: 'orders' });
  const failed = await it.backup.apply(step, opId, never);

  expect(failed).toMatchObject({
    ended: 'failed',
    detail: expect.stringMatching(/: the disk is full$/),
  });
  expect(await it.backups.list()).toEqual([]);
  expect(readdirSync(it.sets)).toEqual([]);
  expect(await it.backup.probe(step, opId, never)).toBe('not_done');
});

test('fault 46: a copy that is far smaller than the last one is no backup, unless that is said to be right', async () => {
  const it = await shop();
  const before = await it.copied();
  await server.run(it.database, 'DELETE FROM orders WHERE id > 10');
  const apply = (options: object, key: string) =>
    it.backup.apply(aStep('database.backup', { store: 'orders', ...options }), key, never);

  expect(await apply({}, 'one')).toEqual({
    ended: 'failed',
    detail: expect.stringMatching(
      `^no backup of stores orders was made: the copy of orders has [\\d.]+KiB, less than half of the [\\d.]+KiB of ${before.id}; say that smaller is right if it is$`,
    ),
    retryable: false,
  });
  expect(await it.backups.list()).toHaveLength(1);
  expect(await apply({ smaller_ok: true }, 'two')).toMatchObject({ ended: 'done' });
});

test('fault 47: a copy that is not what was stored is refused at its end, and the database in use is untouched', async () => {
  const it = await spoilt();
  const [file = ''] = it.before.parts.map((part) => join(it.sets, it.before.id, part.file));
  const stored = readFileSync(file);
  const at = Math.floor(stored.length / 2);
  stored[at] = (stored[at] ?? 0) ^ 0xff;
  writeFileSync(file, stored);

  for (const options of [{}, { in_place: true }]) {
    const failed = await it.open().apply(it.restoreStep(options), `${opId}${JSON.stringify(options)}`, never);
    expect(failed).toMatchObject({
      ended: 'failed',
      detail: expect.stringContaining('orders was not touched: '),
    });
  }
  expect(await it.rows()).toBe(10);
  expect(await it.databases()).toEqual([it.database]);
});

test('fault 48: a copy of a newer server, or of another database, is refused before anything happens', async () => {
  let told: object = { server: 'mariadb 99.1.0' };
  const newer = await spoilt((archivist) => ({
    ...archivist,
    dump: async (...args) => ({ ...(await archivist.dump(...args)), ...told }),
  }));
  const [refusal] = await newer.refusals({});
  expect(refusal).toMatch(
    `refuse: orders cannot be restored from ${newer.before.id}: the copy is of mariadb 99.1.0, and the server is mariadb `,
  );
  told = { source: 'database mdm' };
  const other = await newer.copied('i-other');
  expect(await newer.refusals({ from: other.id })).toEqual([
    `refuse: orders cannot be restored from ${other.id}: the copy is of the database mdm, and this is the database ${newer.database}: another one`,
  ]);
  expect(await newer.open().apply(newer.restoreStep({ from: other.id }), opId, never)).toMatchObject({
    ended: 'failed',
    detail: expect.stringContaining('another one'),
  });
  expect(await newer.databases()).toEqual([newer.database]);
});

describe('fault 49: killed between any two calls, what was in use stays whole and a repeat finishes', () => {
  for (const nth of [1, 2, 5, 7, 9, 11, 12, 13])
    test(`at the ${nth}. of them`, async () => {
      await killedAndRepeated(await spoilt(), { all: 1000, nth, undoNth: 1 + (nth % 8) });
    });
});

describe('fault 49, in place: a repeat writes the whole copy again', () => {
  for (let nth = 1; nth <= 4; nth += 1)
    test(`killed at the ${nth}. call`, async () => {
      const it = await spoilt();
      await server.run(it.database, 'CREATE VIEW later AS SELECT 1', 'CREATE TABLE extra (id INT)');
      const step = it.restoreStep({ in_place: true });
      expect(it.open().undoable?.(step)).toBe(false);
      expect(it.open().describe(step, await it.open().read(step, never))).toBe(
        `write orders over from ${it.before.id} of 2026-01-05T12:00Z: THIS CANNOT BE UNDONE`,
      );
      dieBetweenCalls(nth);
      await expect(it.open().apply(step, opId, never)).rejects.toThrow(Died);
      lives();

      expect(await it.open().apply(step, opId, never)).toMatchObject({
        ended: 'done',
        detail: `orders is as in ${it.before.id}: 3 tables, 1003 rows; written over what was there, which is only in the backup set of this incident`,
      });
      expect(await it.rows()).toBe(1000);
      expect(await it.databases()).toEqual([it.database]);
      await expect(server.rows(it.database, 'SELECT * FROM later')).rejects.toThrow("doesn't exist");
    });
});

test('fault 52: a transaction that holds a table makes the step fail and is named, unless it may be ended', async () => {
  const [it, over, other] = [await spoilt(), await spoilt(), await spoilt()];
  const holding = async (database: string) => {
    const holder = await server.open(database);
    await holder.run('START TRANSACTION');
    await holder.rows('SELECT COUNT(*) FROM orders');
    return holder;
  };
  await using _one = await holding(it.database);
  await using _two = await holding(over.database);
  await using earlier = await server.open(other.database);
  await earlier.run('DO GET_LOCK(?, 0)', [turnOf(other.database)]);
  expect(await it.refusals({})).toEqual([
    expect.stringMatching(
      /^warn: connected to orders are keeper@\S+ \(Sleep for \d+ s\); those that are still in the way then make the step fail, unless it says terminate: true$/,
    ),
  ]);
  const apply = (one: typeof it, options: object, key = opId) =>
    one.open().apply(one.restoreStep(options), key, never);

  const [switched, written, begunBefore] = await Promise.all([
    apply(it, {}),
    apply(over, { in_place: true }),
    apply(other, { in_place: true }),
  ]);

  const who = 'keeper@\\S+ \\(Sleep for \\d+ s\\); end them, or let the step do it with terminate: true$';
  const held = (detail: string) => ({
    ended: 'failed',
    detail: expect.stringMatching(`${detail}; connected are ${who}`),
    retryable: true,
  });
  expect(switched).toEqual(
    held(
      '^orders is as it was: the tables of orders could not be switched within 10 s: transactions hold them',
    ),
  );
  expect(written).toEqual(
    held('^orders was not touched: the tables of orders could not be replaced within 5 s: .*'),
  );
  expect(begunBefore).toEqual({
    ended: 'failed',
    detail:
      'orders was not touched: orders is being written to by a restore that was begun before; wait until it is over',
    retryable: true,
  });
  expect([await it.rows(), await over.rows(), await other.rows()]).toEqual([10, 10, 10]);
  expect(await it.databases()).toEqual([it.database]);

  expect(await it.refusals({ terminate: true })).toEqual([]);
  expect(await apply(it, { terminate: true }, `${opId}1`)).toMatchObject({ ended: 'done' });
  expect(await apply(over, { in_place: true, terminate: true }, `${opId}1`)).toMatchObject({ ended: 'done' });
  expect([await it.rows(), await over.rows()]).toEqual([1000, 1000]);
});

test('fault 53: a copy with another schema version than the release needs is refused', async () => {
  const it = await spoilt();
  expect(await it.refusals({ schema: '7' })).toEqual([]);
  expect(await it.refusals({ schema: '6' })).toEqual([
    `refuse: orders is not restored from ${it.before.id}: its schema version is 7, and 6 is expected`,
  ]);
});

test('rows that point nowhere are counted in what comes back', async () => {
  const it = await shop();
  await server.run(
    it.database,
    'SET foreign_key_checks = 0',
    'INSERT INTO orders VALUES (2000, 99), (2001, 98)',
  );
  await it.copied();
  await it.copied(incident);
  const done = await it.open().apply(it.restoreStep(), opId, never);
  const counted = done.ended === 'done' ? done.integrity?.map(({ name, orphaned }) => [name, orphaned]) : [];
  expect(counted).toEqual([
    ['orders: customers', 0],
    ['orders: migrations', 0],
    ['orders: orders', 2],
  ]);
});
