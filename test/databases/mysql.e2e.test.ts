import { execFileSync } from 'node:child_process';
import { Readable } from 'node:stream';
import { beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { mysqlArchivist } from '../../src/backup/archivists/mysql.ts';
import { databaseTools, type DatabaseTools } from '../../src/clients/databases/tools.ts';
import type { Archivist } from '../../src/domain/ports/backups.ts';
import { dieBetweenCalls, Died } from '../rollback/crashes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startMariadb, type TestMariadb } from './a-mariadb.ts';
import { password } from './a-server.ts';
import { dumped } from './dumped.ts';

const never = new AbortController().signal;
let server: TestMariadb;
let made = 0;

beforeAll(async () => {
  server = await startMariadb();
});

/** A shop: customers, their orders behind a foreign key, a trigger, a view, a procedure and an event. */
async function shop() {
  const database = `shop_${(made += 1)}`;
  await server.run('mysql', `CREATE DATABASE ${database} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci`);
  await server.run(
    database,
    'CREATE TABLE migrations (version INT PRIMARY KEY)',
    'INSERT INTO migrations VALUES (1), (7)',
    'CREATE TABLE customers (id INT PRIMARY KEY, name VARCHAR(80), picture BLOB)',
    `INSERT INTO customers VALUES (1, 'Zoë), (''', x'00ff27'), (2, 'a\\\\', NULL), (3, 'two\\nlines; INSERT INTO x', x'5c')`,
    'CREATE TABLE orders (id INT PRIMARY KEY AUTO_INCREMENT, customer INT, FOREIGN KEY (customer) REFERENCES customers (id))',
    'INSERT INTO orders (customer) SELECT 1 + MOD(seq, 3) FROM seq_1_to_1000',
    'CREATE TABLE log (at INT)',
    'CREATE TRIGGER told AFTER INSERT ON orders FOR EACH ROW INSERT INTO log VALUES (NEW.id)',
    "CREATE VIEW bought AS SELECT c.name, o.id, 'Grüße 🎁' AS note FROM customers c JOIN orders o ON o.customer = c.id",
    "CREATE PROCEDURE forget()\nBEGIN\nINSERT INTO `log` SELECT CHAR_LENGTH('Grüße 🎁') UNION SELECT 2;\nEND",
    'CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS "2030-01-01" DO DELETE FROM log',
  );
  const stateDir = temporaryFolder('rd-state');
  const store = { ...server.store(database), name: 'shop' };
  const archivist = mysqlArchivist({
    stores: { shop: store },
    tools: databaseTools({ clock: systemClock(), stateDir }),
  });
  return { database, store, archivist, stateDir };
}

const counts = { customers: 3, log: 0, migrations: 2, orders: 1000 };

const restored = (archivist: Archivist, copy: Buffer, scratch: string) =>
  archivist.restoreBeside('shop', Readable.from(piecesOf(copy)), scratch, never);

/** As a set is read. */
function* piecesOf(copy: Buffer): Generator<Buffer> {
  const bytes = 128 * 1024;
  for (let at = 0; at < copy.length; at += bytes) yield copy.subarray(at, at + bytes);
}

test('a copy counts its own rows, whatever they hold, and knows server, tool and schema', async () => {
  const { archivist, database } = await shop();
  const { facts, copy } = await dumped(archivist);

  expect(facts).toEqual({
    server: expect.stringMatching(/^mariadb \d+\.\d+\.\d+$/),
    tool: expect.stringMatching(/^mariadb-dump \d+\.\d+\.\d+$/),
    schemaVersion: '7',
    source: `database ${database}`,
    counts,
    digests: {
      by: `rows as ${facts.tool} writes them`,
      tables: expect.objectContaining({ log: '0000000000000', orders: expect.stringMatching(/[1-9a-f]/) }),
    },
  });
  expect(copy.toString()).toContain('-- Dump completed');
});

test('what was corrupted comes back, all of it works, and what was in use stays beside', async () => {
  const { database, archivist } = await shop();
  const { copy } = await dumped(archivist);
  await server.run(
    database,
    'DELETE FROM orders WHERE id > 10',
    "UPDATE customers SET name = 'broken'",
    'INSERT INTO migrations VALUES (8)',
    'CREATE TABLE extra (id INT)',
    'DROP VIEW bought',
    'CREATE VIEW later AS SELECT 1',
  );
  const [scratch, keep, kept] = ['new', 'old', `${database}_rollbackd_old`];

  expect((await restored(archivist, copy, scratch)).counts).toEqual(counts);
  expect(await archivist.switched('shop', scratch, keep, never)).toBe('not_done');
  await archivist.switchTo('shop', scratch, keep, never);

  expect(await archivist.switched('shop', scratch, keep, never)).toBe('done');
  expect(await archivist.count?.('shop', never)).toMatchObject({ counts, schemaVersion: '7' });
  await server.run(database, 'INSERT INTO orders (customer) VALUES (2)', 'CALL forget()');
  expect(await server.rows(database, 'SELECT COUNT(*) AS n FROM log')).toEqual([{ n: 3 }]);
  expect(await server.rows(database, 'SELECT at FROM log WHERE at < 1000 ORDER BY 1')).toEqual([
    { at: 2 },
    { at: 7 },
  ]);
  expect(await server.rows(database, 'SELECT name, note FROM bought WHERE id = 3')).toEqual([
    { name: "Zoë), ('", note: 'Grüße 🎁' },
  ]);
  expect(await server.rows(database, 'SELECT COUNT(*) AS n FROM bought')).toEqual([{ n: 1001 }]);
  await expect(server.rows(database, 'SELECT * FROM later')).rejects.toThrow("doesn't exist");
  await expect(server.run(database, 'INSERT INTO orders (customer) VALUES (99)')).rejects.toThrow(
    'foreign key',
  );
  expect(await server.rows(kept, 'SELECT COUNT(*) AS n FROM orders')).toEqual([{ n: 10 }]);
  expect(await server.databases(database)).toEqual([database, kept]);
});

describe('a copy of three large tables', () => {
  /** What is restored, which tables began to be read back before all had been fed, and which behind that. */
  async function readings(...more: readonly string[]) {
    const { database, store, stateDir } = await shop();
    const note = "REPEAT('Zoë''s ', 200)";
    await server.run(
      database,
      'DROP EVENT nightly',
      'CREATE TABLE parents (id INT PRIMARY KEY, note TEXT)',
      `INSERT INTO parents SELECT seq, ${note} FROM seq_1_to_9000`,
      'CREATE TABLE pupils (id INT PRIMARY KEY, parent INT, note TEXT, FOREIGN KEY (parent) REFERENCES parents (id))',
      `INSERT INTO pupils SELECT seq, seq, ${note} FROM seq_1_to_9000`,
      'CREATE TABLE schools (id INT PRIMARY KEY, note TEXT)',
      `INSERT INTO schools SELECT seq, ${note} FROM seq_1_to_9000`,
      ...more,
    );
    const tools = databaseTools({ clock: systemClock(), stateDir });
    const early: string[] = [];
    const late: string[] = [];
    let fed = false;
    const watched: DatabaseTools = {
      ...tools,
      async run(run, signal) {
        const names = run.args.slice(run.args.indexOf('--') + 2);
        if (run.args.includes('--quick'))
          (fed ? late : early).push(...(names.length === 0 ? ['everything'] : names));
        const result = await tools.run(run, signal);
        if (run.input !== undefined) fed = true;
        return result;
      },
    };
    const plain = mysqlArchivist({ stores: { shop: store }, tools });
    const { copy, facts } = await dumped(plain);
    const archivist = mysqlArchivist({ stores: { shop: store }, tools: watched });
    return { facts, early, late, back: await restored(archivist, copy, 'large') };
  }

  test('is read back while the rest is fed, and has the rows and digests of the copy', async () => {
    const { facts, early, late, back } = await readings();

    expect(early).toEqual(expect.arrayContaining(['customers', 'orders', 'parents']));
    expect(early).not.toContain('schools');
    expect(new Set([...early, ...late])).toEqual(new Set(Object.keys(facts.counts ?? {})));
    expect(early.length + late.length).toBe(Object.keys(facts.counts ?? {}).length);
    expect(back.counts).toEqual(facts.counts);
    expect(back.counts).toMatchObject({ log: 0, parents: 9000, pupils: 9000, schools: 9000 });
    const { log, ...withRows } = facts.digests?.tables ?? {};
    expect(log).toBe('0000000000000');
    expect(back.digests).toEqual({ by: facts.digests?.by, tables: withRows });
  });

  test('is read once more where an event may have changed what was read', async () => {
    const { facts, early, late, back } = await readings(
      'CREATE EVENT often ON SCHEDULE EVERY 1 SECOND DO DELETE FROM log',
    );

    expect(early).toContain('parents');
    expect(late).toEqual(['everything']);
    expect(back.counts).toEqual(facts.counts);
  });
});

test('definitions that were made in another character set come through switches as they were', async () => {
  const { database, archivist, store } = await shop();
  const made = Buffer.from(
    "CREATE TRIGGER greets BEFORE INSERT ON customers FOR EACH ROW SET NEW.name = 'Grüße';",
    'latin1',
  );
  execFileSync(
    'mariadb',
    [
      '--no-defaults',
      `--host=${store.host}`,
      `--port=${store.port}`,
      '--user=keeper',
      '--default-character-set=latin1',
      database,
    ],
    { input: made, env: { ...process.env, MYSQL_PWD: password } },
  );
  const { copy } = await dumped(archivist);
  for (const [scratch, keepAs] of [
    ['one', 'before'],
    ['two', 'between'],
  ] as const) {
    await restored(archivist, copy, scratch);
    await archivist.switchTo?.('shop', scratch, keepAs, never);
  }
  await server.run(database, "INSERT INTO customers (id, name) VALUES (9, '')");
  expect(await server.rows(database, 'SELECT name FROM customers WHERE id = 9')).toEqual([{ name: 'Grüße' }]);
});

test('a switch is undone by a switch back, with every definition', async () => {
  const { database, archivist } = await shop();
  const { copy } = await dumped(archivist);
  await server.run(
    database,
    'DELETE FROM orders WHERE id > 10',
    'DROP TRIGGER told',
    'DROP PROCEDURE forget',
  );
  const [scratch, keep, back] = ['a', 'b', 'c'] as const;
  await restored(archivist, copy, scratch);
  await archivist.switchTo('shop', scratch, keep, never);

  await archivist.switchTo('shop', keep, back, never);

  expect((await archivist.count?.('shop', never))?.counts).toEqual({ ...counts, orders: 10 });
  await server.run(database, 'INSERT INTO orders (customer) VALUES (1)');
  expect(await server.rows(database, 'SELECT COUNT(*) AS n FROM log')).toEqual([{ n: 0 }]);
  await expect(server.run(database, 'CALL forget()')).rejects.toThrow('does not exist');
  expect(await server.rows(`${database}_rollbackd_c`, 'SELECT COUNT(*) AS n FROM orders')).toEqual([
    { n: 1000 },
  ]);
  await archivist.drop('shop', back, never);
  await archivist.drop('shop', back, never);
  expect(await server.databases(database)).toEqual([database]);
});

describe('killed between any two calls', () => {
  for (let nth = 1; nth <= 9; nth += 1)
    test(`at the ${nth}. of them: a repeat finishes, with every row once and every definition`, async () => {
      const { database, archivist } = await shop();
      const { copy } = await dumped(archivist);
      await server.run(database, 'DELETE FROM orders WHERE id > 10', 'DROP VIEW bought');
      // As a restore names them: one suffix for both.
      const [scratch, keep, kept] = ['x-1', 'x-1', `${database}_rollbackd_x_1_old`];
      const whole = async () => {
        if ((await archivist.switched('shop', scratch, keep, never)) === 'not_done')
          expect((await restored(archivist, copy, scratch)).counts).toEqual(counts);
        await archivist.switchTo('shop', scratch, keep, never);
      };
      dieBetweenCalls(nth);
      await expect(whole()).rejects.toThrow(Died);
      const rows = async (from: string) =>
        (await server.rows(from, 'SELECT COUNT(*) AS n FROM orders').catch(() => []))[0]?.['n'];
      expect([10, 1000]).toContain(await rows(database));

      dieBetweenCalls(0);
      await whole();

      expect(await archivist.switched('shop', scratch, keep, never)).toBe('done');
      expect((await archivist.count?.('shop', never))?.counts).toEqual(counts);
      expect(await rows(kept)).toBe(10);
      expect(await server.databases(database)).toEqual([database, kept]);
      await server.run(database, 'INSERT INTO orders (customer) VALUES (2)', 'SELECT * FROM bought');
      expect((await archivist.count?.('shop', never))?.counts['log']).toBe(1);
    });
});
