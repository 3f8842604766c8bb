import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import { sqliteArchivist } from '../../src/backup/archivists/sqlite.ts';
import type { Archivist } from '../../src/domain/ports/backups.ts';
import { dieBetweenCalls, Died } from '../rollback/crashes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { dumped } from './dumped.ts';

const never = new AbortController().signal;

/** As applications do, it waits for whoever reads just now. */
function openFile(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 10_000 });
  onTestFinished(() => {
    if (database.isOpen) database.close();
  });
  return database;
}

/** A shop: customers, their orders behind a foreign key, a view, a trigger, and an index of full text. */
function shop(mode: 'wal' | 'delete' = 'wal') {
  const folder = temporaryFolder('rd-sqlite');
  const path = join(folder, 'shop.db');
  const live = openFile(path);
  live.exec(`
    PRAGMA journal_mode = ${mode};
    CREATE TABLE migrations (version INT);
    INSERT INTO migrations VALUES (1), (7);
    CREATE TABLE customers (id INT UNIQUE, name TEXT);
    INSERT INTO customers (rowid, id, name) VALUES (3, 5, 'Zoë'), (8, 9, 'two' || char(10) || 'lines');
    CREATE TABLE orders (id INTEGER PRIMARY KEY AUTOINCREMENT, customer INT REFERENCES customers (id));
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) INSERT INTO orders (customer) SELECT 5 FROM n;
    CREATE TABLE log (said TEXT);
    CREATE TRIGGER told AFTER INSERT ON orders BEGIN INSERT INTO log VALUES (NEW.id); END;
    CREATE VIEW bought AS SELECT c.name, o.id FROM customers c JOIN orders o ON o.customer = c.id;
    CREATE VIRTUAL TABLE found USING fts5 (body);
    INSERT INTO found VALUES ('a cat');
  `);
  const stateDir = temporaryFolder('rd-state');
  const schemaQuery = 'SELECT MAX(version) FROM migrations';
  const archivist = sqliteArchivist({
    stores: { shop: { kind: 'sqlite', name: 'shop', path, schemaQuery } },
    hostRoot: '/',
    stateDir,
  });
  const own = () => readdirSync(join(stateDir, 'sqlite'));
  return { folder, path, live, archivist, own, stateDir };
}

const counts = { migrations: 2, customers: 2, orders: 1000, log: 0 };

const restored = (archivist: Archivist, copy: Buffer, scratch: string) =>
  archivist.restoreBeside('shop', Readable.from([copy]), scratch, never);

const ordersIn = (database: DatabaseSync): unknown =>
  database.prepare('SELECT count(*) AS n FROM orders').get()?.['n'];

const damage = 'DELETE FROM orders WHERE id > 10; DROP VIEW bought; CREATE TABLE extra (x)';

describe.each(['wal', 'delete'] as const)('a file in %s mode', (mode) => {
  test('is copied as one file with what is in its log, counted, and nothing of the copy stays', async () => {
    const { archivist, own, stateDir, path } = shop(mode);

    const { copy, facts } = await dumped(archivist);

    expect(facts).toEqual({
      server: expect.stringMatching(/^sqlite 3\.\d+\.\d+$/),
      tool: null,
      schemaVersion: '7',
      source: `file ${path}`,
      counts: expect.objectContaining(counts),
      digests: {
        by: 'rows as SQLite reads them',
        tables: expect.objectContaining({ orders: expect.stringMatching(/^[0-9a-f]{16}$/) }),
      },
    });
    const again = join(stateDir, 'again.db');
    writeFileSync(again, copy);
    expect(openFile(again).prepare('SELECT rowid, name FROM customers').all()).toEqual([
      { rowid: 3, name: 'Zoë' },
      { rowid: 8, name: 'two\nlines' },
    ]);
    expect(own()).toEqual([]);
  });

  test('gets its content back under those who have it open, and stays the same file', async () => {
    const { path, folder, live, archivist, own, stateDir } = shop(mode);
    chmodSync(path, 0o640);
    chownSync(path, 12345, 23456);
    const { copy } = await dumped(archivist);
    live.exec(damage);
    const before = statSync(path);

    expect((await restored(archivist, copy, 'new')).counts).toMatchObject(counts);
    expect(ordersIn(live)).toBe(10);
    expect(await archivist.switched('shop', 'new', 'old', never)).toBe('not_done');
    await archivist.switchTo('shop', 'new', 'old', never);

    expect(await archivist.switched('shop', 'new', 'old', never)).toBe('done');
    live.exec('INSERT INTO orders (customer) VALUES (5)');
    expect(live.prepare('SELECT count(*) AS n FROM bought').get()).toEqual({ n: 1001 });
    expect(live.prepare("SELECT body FROM found WHERE found MATCH 'cat'").all()).toEqual([{ body: 'a cat' }]);
    expect(openFile(path).prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    expect((await archivist.count?.('shop', never))?.counts).toMatchObject({
      ...counts,
      orders: 1001,
      log: 1,
    });
    const { ino, uid, gid, mode: rights } = statSync(path);
    expect({ ino, uid, gid, rights }).toEqual({ ino: before.ino, uid: 12345, gid: 23456, rights: 0o100640 });
    expect(readdirSync(folder).filter((name) => !/^shop\.db(-wal|-shm)?$/.test(name))).toEqual([]);
    expect(own()).toEqual(['shop_rollbackd_old']);
    expect(ordersIn(openFile(join(stateDir, 'sqlite/shop_rollbackd_old')))).toBe(10);
  });

  test('is switched back as it was, and what was kept goes', async () => {
    const { live, archivist, own } = shop(mode);
    const { copy } = await dumped(archivist);
    live.exec(damage);
    await restored(archivist, copy, 'a');
    await archivist.switchTo('shop', 'a', 'b', never);

    await archivist.switchTo('shop', 'b', 'c', never);

    expect(await archivist.switched('shop', 'b', 'c', never)).toBe('done');
    expect(ordersIn(live)).toBe(10);
    expect(live.prepare("SELECT name FROM sqlite_schema WHERE name IN ('bought', 'extra')").all()).toEqual([
      { name: 'extra' },
    ]);
    expect(own()).toEqual(['shop_rollbackd_c']);
    await archivist.drop('shop', 'c', never);
    await archivist.drop('shop', 'c', never);
    expect(own()).toEqual([]);
  });

  test.each(mode === 'wal' ? [1, 2, 3, 4, 5] : [3, 4])(
    'killed at call %i of a restoration, a repeat finishes it',
    async (nth) => {
      const { live, archivist, own, stateDir } = shop(mode);
      const { copy } = await dumped(archivist);
      live.exec(damage);
      // As a restore names them: one suffix for both.
      const whole = async () => {
        if ((await archivist.switched('shop', 'x', 'x', never)) === 'not_done')
          await restored(archivist, copy, 'x');
        await archivist.switchTo('shop', 'x', 'x', never);
      };
      dieBetweenCalls(nth);
      await expect(whole()).rejects.toThrow(Died);
      expect(ordersIn(live)).toBe(nth <= 3 ? 10 : 1000);
      // Whoever writes meanwhile loses nothing.
      if (nth > 3) live.exec('INSERT INTO orders (customer) VALUES (9)');
      dieBetweenCalls(0);

      await whole();

      expect(await archivist.switched('shop', 'x', 'x', never)).toBe('done');
      expect(ordersIn(live)).toBe(nth <= 3 ? 1000 : 1001);
      expect(live.prepare("SELECT name FROM sqlite_schema WHERE name = 'rollbackd_switch'").all()).toEqual(
        [],
      );
      expect(own()).toEqual(['shop_rollbackd_x_old']);
      expect(ordersIn(openFile(join(stateDir, 'sqlite/shop_rollbackd_x_old')))).toBe(10);
    },
  );

  test('waits for a writer to end its transaction, and keeps what it wrote', async () => {
    const { live, archivist, stateDir } = shop(mode);
    const { copy } = await dumped(archivist);
    await restored(archivist, copy, 'new');
    live.exec('BEGIN IMMEDIATE; DELETE FROM orders WHERE id > 3');

    const switching = archivist.switchTo('shop', 'new', 'old', never);
    // The first copies are made by a process; by the time of the second it has been refused.
    await archivist.connected?.('shop', never);
    live.exec('COMMIT');
    await switching;

    expect(ordersIn(live)).toBe(1000);
    expect(ordersIn(openFile(join(stateDir, 'sqlite/shop_rollbackd_old')))).toBe(3);
  });
});

test('an interrupted switch changes nothing', async () => {
  const { live, archivist } = shop();
  const { copy } = await dumped(archivist);
  live.exec(damage);
  await restored(archivist, copy, 'new');
  live.exec('BEGIN IMMEDIATE');
  const stop = new AbortController();

  const switching = archivist.switchTo('shop', 'new', 'old', stop.signal);
  stop.abort();

  await expect(switching).rejects.toMatchObject({ code: 'ABORTED' });
  live.exec('COMMIT');
  expect(ordersIn(live)).toBe(10);
  expect(await archivist.switched('shop', 'new', 'old', never)).toBe('not_done');
});

test('a copy that was damaged is refused before anything is switched', async () => {
  const { archivist, path } = shop('delete');
  const { copy } = await dumped(archivist);
  copy.fill(0xff, 4096 + 200, 4096 * 3);

  await expect(restored(archivist, copy, 'new')).rejects.toMatchObject({
    code: 'BACKUP_INVALID',
    message: expect.stringMatching(new RegExp(`^what was restored of shop \\(${path}\\) is damaged: `)),
  });
  await expect(restored(archivist, Buffer.from('not a file of SQLite'), 'new')).rejects.toMatchObject({
    code: 'BACKUP_INVALID',
    message: `what was restored of shop (${path}) is damaged: file is not a database`,
  });
});

test('an index that does not fit its table is damage, a row that breaks a constraint is not', async () => {
  const { archivist, path } = shop('delete');
  const other = new DatabaseSync(path, { defensive: false });
  other.exec(`
    CREATE TABLE prices (amount CHECK (amount > 0));
    CREATE INDEX by_amount ON prices (amount);
    PRAGMA ignore_check_constraints = ON;
    INSERT INTO prices VALUES (-1), (7);
  `);

  expect((await dumped(archivist)).facts.counts).toMatchObject({ prices: 2 });
  other.exec(`
    PRAGMA writable_schema = ON;
    UPDATE sqlite_schema SET sql = 'CREATE INDEX by_amount ON prices (-amount)' WHERE name = 'by_amount';
  `);
  other.close();
  await expect(
    archivist.dump(
      'shop',
      new PassThrough().on('error', () => {}),
      never,
    ),
  ).rejects.toMatchObject({
    code: 'BACKUP_INVALID',
    message: `the copy of shop (${path}) is damaged: row 1 missing from index by_amount; row 2 missing from index by_amount`,
  });
});

test('a file in use that is damaged is not copied, and can be replaced', async () => {
  const { archivist, live, path } = shop('delete');
  const { copy } = await dumped(archivist);
  live.close();
  const broken = readFileSync(path);
  broken.fill(0xff, 4096 + 200, 4096 * 3);
  writeFileSync(path, broken);

  await expect(
    archivist.dump(
      'shop',
      new PassThrough().on('error', () => {}),
      never,
    ),
  ).rejects.toMatchObject({
    code: 'BACKUP_INVALID',
  });
  await restored(archivist, copy, 'new');
  await archivist.switchTo('shop', 'new', 'old', never);

  expect(ordersIn(openFile(path))).toBe(1000);
});

test('what is not there is not made, and an empty file takes a copy', async () => {
  const { archivist, live, path } = shop('delete');
  const { copy, facts } = await dumped(archivist);
  live.close();
  const elsewhere = join(temporaryFolder('rd-sqlite'), 'shop.db');
  const other = (at: string) =>
    sqliteArchivist({
      stores: { shop: { kind: 'sqlite', name: 'shop', path: at, schemaQuery: null } },
      hostRoot: '/',
      stateDir: temporaryFolder('rd-state'),
    });
  const missing = `shop (${elsewhere}) is not there; to restore into it, make an empty file in its place, with the owner and the mode that it is to have`;
  const { source: _source, ...anywhere } = facts;

  expect(await other(elsewhere).whyNotHere('shop', facts, never)).toBe(
    `the copy is of the file ${path}, and this is the file ${elsewhere}: another one`,
  );
  expect(await other(elsewhere).whyNotHere('shop', anywhere, never)).toBe(missing);
  expect(await other(elsewhere).examine('shop', never)).toEqual({ problems: [missing], bytes: null });
  writeFileSync(elsewhere, '');
  const fresh = other(elsewhere);
  expect(await fresh.whyNotHere('shop', anywhere, never)).toBe(null);
  await restored(fresh, copy, 'new');
  await fresh.switchTo('shop', 'new', 'old', never);
  expect(ordersIn(openFile(elsewhere))).toBe(1000);
});

test('the host is seen under the root that it is mounted at', async () => {
  const { path, stateDir } = shop();
  const hostRoot = join(path, '..');
  const archivist = sqliteArchivist({
    stores: { shop: { kind: 'sqlite', name: 'shop', path: '/shop.db', schemaQuery: null } },
    hostRoot,
    stateDir,
  });

  expect((await dumped(archivist)).facts).toMatchObject({ source: 'file /shop.db', counts });
});

test('an examination tells the size, and what SQLite cannot check', async () => {
  const { archivist, live, path } = shop('delete');
  const size = statSync(path).size;

  expect(await archivist.examine('shop', never)).toEqual({ problems: [], warnings: [], bytes: size });
  expect(await archivist.room?.('shop', never)).toEqual({
    neededBytes: size,
    freeBytes: expect.any(Number),
  });
  expect(await archivist.connected?.('shop', never)).toEqual([]);
  live.function('ranking', { deterministic: true, varargs: true }, () => 1);
  live.exec('CREATE INDEX ranked ON customers (ranking(name))');
  expect((await archivist.examine('shop', never)).warnings).toEqual([
    `copies of shop (${path}) cannot be checked by SQLite alone: unknown function: ranking()`,
  ]);
  expect((await dumped(archivist)).facts).toMatchObject({ counts });
});

test('rows whose parent is gone are counted by table, in use and beside', async () => {
  const { archivist, live } = shop();
  const { copy } = await dumped(archivist);
  await restored(archivist, copy, 'new');
  live.exec('PRAGMA foreign_keys = OFF; DELETE FROM customers WHERE id = 5');

  expect(await archivist.orphans?.('shop', null, never)).toEqual({ orders: 1000 });
  expect(await archivist.orphans?.('shop', 'new', never)).toEqual({});
});

test('what SQLite is doing ends with the daemon that asked for it', async () => {
  const asking = join(import.meta.dirname, '../../src/clients/databases/sqlite/process.ts');
  const script = `
    import { inSqlite } from ${JSON.stringify(asking)};
    await inSqlite("console.error(process.pid); await new Promise(() => setInterval(() => {}, 1000))", [], 'x', new AbortController().signal);
  `;
  const daemon = spawn(process.execPath, ['--no-warnings', '--input-type=module', '--eval', script]);
  const own = `/proc/${daemon.pid}/task/${daemon.pid}/children`;
  await until(() => readFileSync(own, 'utf8').trim() !== '');
  const child = readFileSync(own, 'utf8').trim();
  await until(() => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('node:sqlite'));

  daemon.kill('SIGKILL');
  await once(daemon, 'exit');

  await until(
    () => !existsSync(`/proc/${child}`) || /^State:\s+Z/m.test(readFileSync(`/proc/${child}/status`, 'utf8')),
  );
  expect(daemon.signalCode).toBe('SIGKILL');
});

/** Within the time that a test has. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
