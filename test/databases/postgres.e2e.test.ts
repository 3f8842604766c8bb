import { Readable } from 'node:stream';
import { beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { postgresArchivist } from '../../src/backup/archivists/postgres.ts';
import { databaseTools } from '../../src/clients/databases/tools.ts';
import type { Archivist } from '../../src/domain/ports/backups.ts';
import { dieBetweenCalls, Died } from '../rollback/crashes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startPostgres, type TestPostgres } from './a-postgres.ts';
import { dumped } from './dumped.ts';

const never = new AbortController().signal;
let server: TestPostgres;
let made = 0;

beforeAll(async () => {
  server = await startPostgres();
});

async function shop() {
  const database = `shop_${(made += 1)}`;
  await server.run(
    'postgres',
    `CREATE DATABASE ${database}`,
    `ALTER DATABASE ${database} SET statement_timeout = '7min'`,
    `ALTER DATABASE ${database} SET search_path = public, archive`,
    `REVOKE CONNECT ON DATABASE ${database} FROM PUBLIC`,
  );
  await server.run(
    database,
    'CREATE TABLE migrations (version INT PRIMARY KEY)',
    'INSERT INTO migrations VALUES (1), (7)',
    'CREATE TABLE orders (id SERIAL PRIMARY KEY, what TEXT)',
    "INSERT INTO orders (what) SELECT 'order ' || n FROM generate_series(1, 1000) n",
    'CREATE SCHEMA archive',
    'CREATE TABLE archive.orders (id INT)',
    'CREATE VIEW bought AS SELECT * FROM orders',
  );
  const archivist = postgresArchivist({
    stores: { shop: server.store(database) },
    tools: databaseTools({ clock: systemClock(), stateDir: temporaryFolder('rd-state') }),
  });
  return { database, archivist };
}

const counts = { 'archive.orders': 0, migrations: 2, orders: 1000 };

const restored = (archivist: Archivist, copy: Buffer, scratch: string) =>
  archivist.restoreBeside('shop', Readable.from([copy]), scratch, never);

test('a copy is counted in its own snapshot, while others write', async () => {
  const { database, archivist } = await shop();
  await using writer = await server.open(database);
  const over = new AbortController();
  const writing = (async () => {
    while (!over.signal.aborted) await writer.run("INSERT INTO orders (what) VALUES ('meanwhile')");
  })();

  const { facts, copy } = await dumped(archivist);
  over.abort();
  await writing;

  expect(facts).toEqual({
    server: expect.stringMatching(/^postgres \d+\.\d+$/),
    tool: expect.stringMatching(/^pg_dump \d+\.\d+$/),
    schemaVersion: '7',
    source: `database ${database}`,
    counts: expect.objectContaining({ 'archive.orders': 0, migrations: 2 }),
    digests: {
      by: expect.stringMatching(/^sum of hashtextextended of the rows by postgres \d+$/),
      tables: expect.objectContaining({ 'archive.orders': '0', orders: expect.stringMatching(/^-?\d{9,}$/) }),
    },
  });
  const { counts, digests } = await restored(archivist, copy, 'new');
  expect({ counts, digests }).toEqual({ counts: facts.counts, digests: facts.digests });
});

test('what was corrupted comes back with settings and privileges, and goes again', async () => {
  const { database, archivist } = await shop();
  const { copy } = await dumped(archivist);
  await server.run(database, 'DELETE FROM orders WHERE id > 10', 'DROP VIEW bought');
  const [scratch, keep, back, kept] = ['new', 'old', 'back', `${database}_rollbackd_old`];

  expect((await restored(archivist, copy, scratch)).counts).toEqual(counts);
  expect(await archivist.switched('shop', scratch, keep, never)).toBe('not_done');
  await archivist.switchTo('shop', scratch, keep, never);

  expect(await archivist.switched('shop', scratch, keep, never)).toBe('done');
  expect(await archivist.count?.('shop', never)).toMatchObject({ counts, schemaVersion: '7' });
  expect(await server.rows(database, 'SHOW statement_timeout')).toEqual([{ statement_timeout: '7min' }]);
  expect(await server.rows(database, 'SHOW search_path')).toEqual([{ search_path: 'public, archive' }]);
  expect(
    await server.rows(
      database,
      "SELECT has_database_privilege('pg_monitor', current_database(), 'CONNECT') AS may",
    ),
  ).toEqual([{ may: false }]);
  expect(await server.rows(database, 'SELECT count(*)::int AS n FROM bought')).toEqual([{ n: 1000 }]);
  expect(await server.rows(kept, 'SELECT count(*)::int AS n FROM orders')).toEqual([{ n: 10 }]);

  await archivist.switchTo('shop', keep, back, never);
  expect((await archivist.count?.('shop', never))?.counts).toEqual({ ...counts, orders: 10 });
  await archivist.drop('shop', back, never);
  await archivist.drop('shop', back, never);
  expect(await server.databases(database)).toEqual([database]);
});

test('connections keep a switch from being made, by name, unless they may be ended', async () => {
  const { database, archivist } = await shop();
  const { copy } = await dumped(archivist);
  const [scratch, keep] = ['new', 'old'];
  await restored(archivist, copy, scratch);
  await using idle = await server.open(database);
  await idle.run("SET application_name = 'the shop'");

  await expect(archivist.switchTo('shop', scratch, keep, never)).rejects.toThrow(
    /^shop could not be switched: connected are keeper@127\.0\.0\.1(\/32)? the shop \(idle, process \d+\); end them, or let the step do it with terminate: true$/,
  );
  expect(await archivist.switched('shop', scratch, keep, never)).toBe('not_done');

  await archivist.switchTo('shop', scratch, keep, never, { terminate: true });
  expect(await archivist.switched('shop', scratch, keep, never)).toBe('done');
  expect((await archivist.count?.('shop', never))?.counts).toEqual(counts);
});

describe('killed between any two calls', () => {
  for (let nth = 1; nth <= 5; nth += 1)
    test(`at the ${nth}. of them: a repeat finishes, with every row once`, async () => {
      const { database, archivist } = await shop();
      const { copy } = await dumped(archivist);
      await server.run(database, 'DELETE FROM orders WHERE id > 10');
      const [scratch, keep, kept] = ['x-1', 'x-1', `${database}_rollbackd_x_1_old`];
      const whole = async () => {
        if ((await archivist.switched('shop', scratch, keep, never)) === 'not_done')
          expect((await restored(archivist, copy, scratch)).counts).toEqual(counts);
        await archivist.switchTo('shop', scratch, keep, never);
      };
      dieBetweenCalls(nth);
      await expect(whole()).rejects.toThrow(Died);

      dieBetweenCalls(0);
      await whole();

      expect(await archivist.switched('shop', scratch, keep, never)).toBe('done');
      expect((await archivist.count?.('shop', never))?.counts).toEqual(counts);
      expect(await server.rows(kept, 'SELECT count(*)::int AS n FROM orders')).toEqual([{ n: 10 }]);
    });
});
