import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { rowsSource, type RowsOptions } from '../../../src/detect/sources/rows.ts';
import type { Archivist, Backups } from '../../../src/domain/ports/backups.ts';
import { RollbackError } from '../../../src/domain/errors.ts';
import { render } from '../../../src/domain/template.ts';
import { HOUR } from '../../../src/domain/time.ts';
import { nobody, someBackups } from '../../backup/some-backups.ts';
import { SimulatedClock } from '../../fakes/clock.ts';
import { aDirectory } from '../../rollback/a-directory.ts';
import { objections, read, subjects } from './reading.ts';

const shop = subjects(['shop']);
const quiet = new AbortController().signal;

/** A database with 100 orders and 7 carts, and backups that really copy and count it. */
async function aShop() {
  const database = new DatabaseSync(join(aDirectory(), 'shop.db'));
  onTestFinished(() => database.close());
  database.exec('CREATE TABLE orders (id INTEGER PRIMARY KEY); CREATE TABLE carts (id INTEGER PRIMARY KEY)');
  const fill = (table: string, rows: number): void => {
    for (let row = 0; row < rows; row += 1) database.exec(`INSERT INTO ${table} DEFAULT VALUES`);
  };
  fill('orders', 100);
  fill('carts', 7);
  const trouble = { hangs: false, message: '' };
  const facts = () => {
    const tables = database.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).all();
    const counts = tables.map(({ name }) => {
      const row = database.prepare(`SELECT count(*) AS rows FROM ${String(name)}`).get();
      return [String(name), Number(row?.['rows'])];
    });
    return {
      server: null,
      tool: null,
      schemaVersion: null,
      counts: Object.fromEntries(counts) as Record<string, number>,
    };
  };
  const never = () => Promise.reject(new Error('not here'));
  const archivist: Archivist = {
    kind: 'store',
    handles: (name) => name === 'shop_db' || name === 'other_db',
    examine: () => Promise.resolve({ problems: [], bytes: null }),
    async dump(_name, sink) {
      const counted = facts();
      await pipeline(Readable.from(['a copy of the database']), sink);
      return counted;
    },
    whyNotHere: () => Promise.resolve(null),
    restoreBeside: never,
    switchTo: never,
    switched: never,
    drop: never,
    async count() {
      if (trouble.hangs) await new Promise(() => {});
      if (trouble.message !== '') throw new RollbackError('UNREACHABLE', trouble.message);
      return facts();
    },
  };
  const recipe = {
    name: 'shop',
    stores: ['shop_db'],
    volumes: [],
    files: [],
    repositories: [],
    containers: [],
  };
  const own = await someBackups({ recipes: { shop: recipe } });
  const backups = await own.openBackups({ archivists: [archivist] });
  const backUp = async (incident: string | null = null): Promise<string> => {
    await own.clock.advance(HOUR);
    const { id } = await backups.create('shop', { ...nobody, incident }, () => {}, quiet);
    return id;
  };
  return { database, fill, trouble, backups, backUp, began: own.began, clock: own.clock };
}

function source(backups: Backups | null, clock = new SimulatedClock()) {
  return rowsSource({ backups, clock });
}

test('as many rows as the newest set counted pass, and more do', async () => {
  const { backups, backUp, fill } = await aShop();
  const id = await backUp();
  fill('orders', 5);

  expect(await read(source(backups), { store: 'shop_db' }, shop)).toEqual({
    shop: `passed: each of 2 tables of shop_db has at least 100% of the rows of ${id}`,
  });
});

test('tables with too few rows, too many, or that are missing are named', async () => {
  const { backups, backUp, fill, database } = await aShop();
  const id = await backUp();
  database.exec('DELETE FROM orders WHERE id > 98; DROP TABLE carts');

  expect(await read(source(backups), { store: 'shop_db' }, shop)).toEqual({
    shop: `failed: shop_db against ${id}: carts is missing (7 rows), orders has 98 rows, 100 in the set`,
  });
  expect(
    await read(source(backups), { store: 'shop_db', tables: ['orders'], at_least: '98%' }, shop),
  ).toEqual({ shop: `passed: orders of shop_db has at least 98% of the rows of ${id}` });
  fill('orders', 3);
  expect(
    await read(source(backups), { store: 'shop_db', tables: ['orders'], at_most: '100%' }, shop),
  ).toEqual({ shop: `failed: shop_db against ${id}: orders has 101 rows, 100 in the set` });
});

test('an empty table may stay empty, and must be there', async () => {
  const { backups, backUp, database } = await aShop();
  database.exec('CREATE TABLE refunds (id INTEGER PRIMARY KEY)');
  await backUp();
  const options = { store: 'shop_db', tables: ['refunds'] };

  expect((await read(source(backups), options, shop))['shop']).toMatch(/^passed: /);
  database.exec('DROP TABLE refunds');
  expect((await read(source(backups), options, shop))['shop']).toMatch(/refunds is missing \(0 rows\)$/);
});

test('a check compares with the set of its incident, or with one from before it', async () => {
  const { backups, backUp, began, clock, database } = await aShop();
  const before = await backUp();
  began.set('i-1', clock.wall() + 1);
  database.exec('DELETE FROM orders WHERE id > 90');
  const own = await backUp('i-1');
  const options = (set: string): RowsOptions =>
    render(source(backups).options.parse({ store: 'shop_db', set }), { target: null, incident: 'i-1' });
  const asked = async (set: string) =>
    (await source(backups).read(options(set), shop, quiet)).get('shop')?.detail;

  expect(await asked('incident')).toBe(`each of 2 tables of shop_db has at least 100% of the rows of ${own}`);
  expect(await asked('before_incident')).toBe(
    `shop_db against ${before}: orders has 90 rows, 100 in the set`,
  );
  expect(await asked('newest')).toBe(`shop_db against ${before}: orders has 90 rows, 100 in the set`);
  expect(await asked(own)).toMatch(/^each of 2 tables/);
});

test('what cannot be compared is unknown, never a failure', async () => {
  const { backups, backUp, trouble } = await aShop();
  const ask = async (options: object) => (await read(source(backups), options, shop))['shop'];

  expect(await ask({ store: 'shop_db' })).toBe(
    'error: no backup set that was read back, and that no incident made, holds shop_db (store)',
  );
  const id = await backUp();
  expect(await ask({ store: 'shop_db', set: 'incident' })).toBe(
    'error: there is no incident here whose set could be meant; say newest, or the id of a set',
  );
  expect(await ask({ store: 'shop_db', set: 'b-20260101-000000-none' })).toBe(
    'error: there is no backup set b-20260101-000000-none; `rollbackd backup list` lists them',
  );
  expect(await ask({ store: 'shop_db', tables: ['orders', 'refunds'] })).toBe(
    `error: ${id} holds no refunds of shop_db`,
  );
  expect(await ask({ store: 'other_db' })).toBe(
    'error: no backup set that was read back, and that no incident made, holds other_db (store)',
  );
  trouble.message = 'connecting to shop_db: connection\nrefused';
  expect(await ask({ store: 'shop_db' })).toBe('error: connecting to shop_db: connection refused');
  expect(await read(source(null), { store: 'shop_db' }, shop)).toEqual({
    shop: 'error: no backups are configured, so there is no set to compare with',
  });
});

test('a store that does not answer is given up on when time is over', async () => {
  const { backups, backUp, trouble } = await aShop();
  await backUp();
  trouble.hangs = true;
  const clock = new SimulatedClock();
  const reading = read(source(backups, clock), { store: 'shop_db', timeout: '5s' }, shop);
  await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(5_000);

  expect(await reading).toEqual({ shop: 'error: shop_db was not counted within 5s' });
});

test('options that mean nothing are refused', () => {
  const rows = source(null);

  expect(objections(rows, { store: 'a', at_least: '3' })).toEqual([
    'at_least: expected a share such as 100% or 99.5%, got 3',
  ]);
  expect(objections(rows, { store: 'a', set: 'oldest' })).not.toEqual([]);
  expect(objections(rows, { store: 'a', tables: [] })).not.toEqual([]);
  expect(objections(rows, { set: 'newest' })).not.toEqual([]);
});
