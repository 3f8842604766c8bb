import { beforeAll, expect, test } from 'vitest';
import { opId, never } from '../rollback/a-step.ts';
import { startMariadb, type TestMariadb } from './a-mariadb.ts';
import { someStore } from './some-store.ts';

let server: TestMariadb;
let made = 0;

beforeAll(async () => {
  server = await startMariadb();
});

/** A shop whose orders belong to customers. */
async function shop() {
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
  const it = await someStore(server.store(database));
  const rows = async (from = database) =>
    (await server.rows(from, 'SELECT COUNT(*) AS n FROM orders'))[0]?.['n'];
  const databases = async () =>
    (await server.rows('mysql', 'SELECT schema_name AS name FROM information_schema.schemata ORDER BY 1'))
      .map(({ name }) => String(name))
      .filter((name) => name === database || name.startsWith(`${database}_`));
  return { ...it, database, rows, databases };
}

test('lost rows come back from the set before; the plan has its own set; undone, all is as it was', async () => {
  const it = await shop();
  const before = await it.copied();
  await server.run(it.database, 'DELETE FROM orders WHERE id > 10');
  const driver = it.open();
  const step = it.restoreStep();

  expect(
    await it.backup.preflight(it.backupStep(), await it.backup.read(it.backupStep(), never), never),
  ).toEqual([]);
  expect(it.backup.backsUp?.(it.backupStep())).toEqual(driver.replaces?.(step));
  expect(await driver.apply(step, opId, never)).toEqual({
    ended: 'failed',
    detail:
      'database.restore changes nothing: no backup set of i-7k3f9a that was read back holds orders (store)',
    retryable: false,
  });
  const own = await it.copied('i-7k3f9a');
  expect(own.parts.map(({ facts }) => facts.counts)).toEqual([{ customers: 2, migrations: 1, orders: 10 }]);

  const facts = await driver.read(step, never);
  expect(driver.describe(step, facts)).toBe(
    `bring orders back from ${before.id} of 2026-01-05T12:00Z: restored beside, counted, then switched to; the one before stays beside it`,
  );
  expect(await driver.preflight(step, facts, never)).toEqual([]);
  const done = await driver.apply(step, opId, never);
  expect(done).toMatchObject({
    ended: 'done',
    detail: expect.stringMatching(
      `^orders is as in ${before.id}: 3 tables, 1003 rows; what was there before is kept as [0-9a-f]{12}-was$`,
    ),
  });
  expect(await it.rows()).toBe(1000);
  expect(await it.databases()).toHaveLength(2);
  expect(await driver.probe(step, opId, never)).toBe('done');
  expect(await it.open().apply(step, opId, never)).toEqual(done);

  expect(await driver.undo?.(step, opId, never)).toMatchObject({ ended: 'done' });
  expect(await it.rows()).toBe(10);
  expect(await driver.probe(step, opId, never)).toBe('not_done');
});
