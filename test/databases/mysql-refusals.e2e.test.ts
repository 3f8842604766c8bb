import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { mysqlArchivist } from '../../src/backup/archivists/mysql.ts';
import { databaseTools } from '../../src/clients/databases/tools.ts';
import type { Database } from '../../src/domain/data-store.ts';
import { Secret } from '../../src/domain/secret.ts';
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

async function shop(change: Partial<Database> = {}) {
  const database = `shop_${(made += 1)}`;
  await server.run('mysql', `CREATE DATABASE ${database}`);
  await server.run(
    database,
    'CREATE TABLE orders (id INT PRIMARY KEY, what TEXT)',
    "INSERT INTO orders SELECT seq, REPEAT('x', 500) FROM seq_1_to_20000",
    'CREATE TABLE log (at INT)',
    'CREATE TRIGGER told AFTER INSERT ON orders FOR EACH ROW INSERT INTO log VALUES (NEW.id)',
  );
  const stateDir = temporaryFolder('rd-state');
  const archivist = mysqlArchivist({
    stores: { shop: { ...server.store(database), name: 'shop', schemaQuery: null, ...change } },
    tools: databaseTools({ clock: systemClock(), stateDir }),
  });
  return { database, archivist, stateDir };
}

test('a transaction that holds a table keeps a switch from being made: it is named, and triggers stay', async () => {
  const { database, archivist } = await shop();
  const { copy } = await dumped(archivist);
  await archivist.restoreBeside('shop', Readable.from([copy]), 'new', never);
  await using holder = await server.open(database);
  await holder.run('START TRANSACTION');
  await holder.rows('SELECT COUNT(*) FROM orders');

  await expect(archivist.switchTo('shop', 'new', 'old', never)).rejects.toThrow(
    /^the tables of shop could not be switched within 10 s: transactions hold them; connected are keeper@\S+:\d+ \(Sleep for \d+ s\); end them, or let the step do it with terminate: true$/,
  );

  expect(await archivist.switched('shop', 'new', 'old', never)).toBe('not_done');
  expect(await server.databases(database)).toEqual([database, `${database}_rollbackd_new`]);
  await server.run(database, "INSERT INTO orders VALUES (0, 'x')");
  expect(await server.rows(database, 'SELECT at FROM log')).toEqual([{ at: 0 }]);

  await archivist.switchTo('shop', 'new', 'old', never, { terminate: true });
  expect(await archivist.switched('shop', 'new', 'old', never)).toBe('done');
  expect((await archivist.count?.('shop', never))?.counts).toEqual({ log: 0, orders: 20_000 });
});

test('the password is in no argument, output or environment of a child, and its file goes', async () => {
  const { archivist, stateDir } = await shop();
  const seen: string[] = [];
  const sink = new Writable({
    highWaterMark: 1,
    write(_chunk, _encoding, done) {
      if (seen.length === 0) seen.push(...processes());
      done();
    },
  });

  await archivist.dump('shop', sink, never);

  expect(seen.filter((text) => text.includes('dump'))).not.toEqual([]);
  expect(seen.filter((text) => text.includes(password))).toEqual([]);
  expect(readdirSync(join(stateDir, 'credentials'))).toEqual([]);
});

function processes(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) =>
      ['cmdline', 'environ'].flatMap((file) => {
        try {
          return [`${file} ${readFileSync(`/proc/${pid}/${file}`, 'utf8')}`];
        } catch {
          return [];
        }
      }),
    );
}

test('a wrong password is refused and not shown', async () => {
  const { archivist } = await shop({ password: new Secret('nobody-knows-it') });

  const { problems } = await archivist.examine('shop', never);

  expect(problems).toEqual([
    expect.stringMatching(/^shop \(127\.0\.0\.1:\d+\), connect: Access denied for user 'keeper'@/),
  ]);
  expect(problems.join()).not.toContain('nobody-knows-it');
});

test('a copy that was cut off is restored beside with fewer rows, and one of nonsense is refused', async () => {
  const { archivist, database } = await shop();
  const { copy, facts } = await dumped(archivist);

  const cut = await archivist
    .restoreBeside('shop', Readable.from([copy.subarray(0, copy.length / 2)]), 'new', never)
    .then(({ counts }) => counts)
    .catch((error: unknown) => (error as Error).message);
  expect(cut).not.toEqual(facts.counts);
  await expect(
    archivist.restoreBeside('shop', Readable.from([Buffer.from('no SQL at all;\n')]), 'new', never),
  ).rejects.toThrow(/^could not restore shop: exit code 1: .*ERROR 1064/);
  expect(await server.rows(database, 'SELECT COUNT(*) AS n FROM orders')).toEqual([{ n: 20_000 }]);
});

test('a server that is older or of another kind is refused', async () => {
  const { archivist } = await shop();
  const facts = { tool: null, schemaVersion: null, counts: {} };
  const why = (from: string) => archivist.whyNotHere('shop', { ...facts, server: from }, never);

  expect(await why('mariadb 99.1.0')).toMatch(
    /^the copy is of mariadb 99\.1\.0, and the server is mariadb [\d.]+: too old to read it for certain$/,
  );
  expect(await why('mysql 8.0.44')).toMatch(/another kind$/);
  expect(await why('mariadb 10.3.1')).toBeNull();
});

test('a sink that breaks ends the dump', async () => {
  const { archivist } = await shop();
  const sink = new Writable({ write: (_chunk, _encoding, done) => done(new Error('the disk is full')) });

  await expect(archivist.dump('shop', sink, never)).rejects.toThrow('the disk is full');
  expect(await archivist.connected?.('shop', never)).toEqual([]);
});

test('a copy has no program run on this machine', async () => {
  const { archivist, stateDir } = await shop();
  const mark = join(stateDir, 'mark');

  await archivist
    .restoreBeside(
      'shop',
      Readable.from([Buffer.from(`\\! touch ${mark}\nsystem touch ${mark}\n`)]),
      'new',
      never,
    )
    .catch(() => {});

  expect(existsSync(mark)).toBe(false);
});

test.each([
  ['runs no program', '\\! touch FOLDER/ran\n'],
  ['reads no other script', '\\. FOLDER/script.sql\n'],
  ['writes no other file', '\\T FOLDER/ran\nSELECT 1;\n'],
  [
    'sends no file of the host to the server',
    "LOAD DATA LOCAL INFILE 'FOLDER/script.sql' INTO TABLE log (@line) SET at = 1;\n",
  ],
])('a copy whose content is for the client: it %s', async (_what, line) => {
  const { archivist } = await shop();
  const folder = temporaryFolder('rd-client');
  writeFileSync(join(folder, 'script.sql'), `SELECT 1 INTO OUTFILE '${folder}/ran';\n`);
  const { copy } = await dumped(archivist);
  const hostile = Buffer.concat([copy, Buffer.from(`\n${line.replace('FOLDER', folder)}`)]);

  const attempt = archivist.restoreBeside('shop', Readable.from([hostile]), 'new', never);
  await expect(attempt).rejects.toThrow(/^could not restore shop: exit code 1: /);
  expect(existsSync(join(folder, 'ran'))).toBe(false);
});
