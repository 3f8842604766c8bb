import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { databaseTools } from '../../src/clients/databases/tools.ts';
import { effectRecords } from '../../src/clients/files/records.ts';
import type { DataStore } from '../../src/domain/data-store.ts';
import { schemaComponent } from '../../src/domain/release.ts';
import { databaseRevertDriver } from '../../src/rollback/drivers/database-revert.ts';
import { SimulatedClock } from '../fakes/clock.ts';
import { aDirectory } from '../rollback/a-directory.ts';
import { aStep, never, opId, release } from '../rollback/a-step.ts';
import { dieBetweenCalls, Died } from '../rollback/crashes.ts';
import { startMariadb, type TestMariadb } from './a-mariadb.ts';
import { startPostgres, type TestPostgres } from './a-postgres.ts';
import { lives, someStore } from './some-store.ts';

let mariadb: TestMariadb;
let postgres: TestPostgres;
let made = 0;

beforeAll(async () => {
  [mariadb, postgres] = await Promise.all([startMariadb(), startPostgres()]);
});

const down = `DROP TABLE addresses;
DELETE FROM migrations WHERE version = 8;
`;
const grown = [
  'CREATE TABLE migrations (version INT PRIMARY KEY)',
  'INSERT INTO migrations VALUES (7), (8)',
  'CREATE TABLE customers (id INT PRIMARY KEY)',
  'INSERT INTO customers VALUES (1), (2)',
  'CREATE TABLE addresses (id INT PRIMARY KEY)',
  'INSERT INTO addresses VALUES (1)',
];

interface Asked {
  tables(): Promise<readonly string[]>;
}

async function stepsOn(store: DataStore, { tables }: Asked, content = down) {
  const root = aDirectory();
  const stateDir = aDirectory();
  const path = join(root, 'down.sql');
  writeFileSync(path, content);
  const isDevelopment = (): boolean => true;
  const open = () =>
    databaseRevertDriver({
      backups: null,
      isDevelopment,
      stores: { orders: store },
      files: { hostRoot: '/', roots: [root, '/tmp'] },
      records: effectRecords(stateDir, new SimulatedClock()),
      tools: databaseTools({ clock: systemClock(), stateDir }),
    });
  const step = (options: object = {}) =>
    aStep('database.revert', open().options.parse({ store: 'orders', script: path, ...options }));
  const preflight = async (options: object = {}) => {
    const found = await open().preflight(step(options), await open().read(step(options), never), never);
    return found.map(({ level, message }) => `${level}: ${message.replaceAll(path, 'PATH')}`);
  };
  return { path, root, open, step, preflight, tables };
}

async function onMariadb(content = down) {
  const database = `revert_${(made += 1)}`;
  await mariadb.run('mysql', `CREATE DATABASE ${database}`);
  await mariadb.run(database, ...grown);
  const tables = async () =>
    (await mariadb.rows(database, 'SHOW TABLES')).map((row) => String(Object.values(row)[0]));
  return stepsOn(mariadb.store(database), { tables }, content);
}

async function onPostgres(content = down) {
  const database = `revert_${(made += 1)}`;
  await postgres.run('postgres', `CREATE DATABASE ${database}`);
  await postgres.run(database, ...grown);
  const tables = async () =>
    (
      await postgres.rows(
        database,
        "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
      )
    ).map(({ name }) => String(name));
  return stepsOn({ ...postgres.store(database), name: 'orders' }, { tables }, content);
}

async function onSqlite(content = down) {
  const path = join(aDirectory(), 'orders.db');
  const database = new DatabaseSync(path);
  for (const statement of grown) database.exec(statement);
  database.close();
  const tables = () => {
    const read = new DatabaseSync(path);
    const rows = read.prepare('SELECT name FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY 1').all();
    read.close();
    return Promise.resolve(rows.map(({ name }) => String(name)));
  };
  const store = {
    kind: 'sqlite',
    name: 'orders',
    path,
    schemaQuery: 'SELECT MAX(version) FROM migrations',
  } as const;
  return stepsOn(store, { tables }, content);
}

const both = ['addresses', 'customers', 'migrations'];
const one = ['customers', 'migrations'];

describe.each([
  ['MariaDB', onMariadb, 'what it did before it fails stays: this server takes back nothing of it'],
  ['PostgreSQL', onPostgres, 'in one transaction'],
  ['SQLite', onSqlite, 'in one transaction'],
])('%s', (kind, on, manner) => {
  test('a migration is taken back once: the digest is shown, and at another version nothing is run', async () => {
    const it = await on();
    const options = { from: 8, expect: '7' };
    const sha256 = createHash('sha256').update(down).digest('hex');
    const facts = await it.open().read(it.step(options), never);
    expect(facts.identity).toBe(`orders by ${it.path} sha256:${sha256} from schema 8`);
    expect(it.open().describe(it.step(options), facts)).toBe(
      `run ${it.path} (sha256 ${sha256.slice(0, 12)}) in orders, from schema 8 to 7; ${manner}`,
    );
    expect((await it.preflight(options)).filter((line) => line.startsWith('refuse'))).toEqual([]);
    expect(await it.open().probe(it.step(options), opId, never)).toBe('not_done');

    const done = await it.open().apply(it.step(options), opId, never);
    expect(done).toMatchObject({
      ended: 'done',
      detail: `the schema of orders went from version 8 back to 7 by a script (sha256 ${sha256.slice(0, 12)})`,
    });
    expect(await it.tables()).toEqual(one);
    expect(await it.open().probe(it.step(options), opId, never)).toBe('done');
    expect(await it.open().apply(it.step(options), opId, never)).toEqual(done);

    expect(await it.preflight(options)).toEqual([
      'refuse: the schema of orders has version 7, and the script is for 8',
    ]);
    expect(await it.open().apply(it.step(options), `${opId}1`, never)).toEqual({
      ended: 'failed',
      detail: 'the schema of orders has version 7, and the script is for 8; nothing was changed',
      retryable: false,
    });
  });

  test('killed between any two calls, a repeat finishes or says that nobody can tell', async () => {
    for (let nth = 1; nth < 9; nth += 1) {
      const it = await on();
      const step = it.step({ from: '8', expect: '7' });
      dieBetweenCalls(nth);
      const died = await it
        .open()
        .apply(step, opId, never)
        .catch((error: unknown) => error);
      lives();
      if (!(died instanceof Died)) break;
      const probed = await it.open().probe(step, opId, never);
      if (kind === 'MariaDB' && nth === 1) {
        expect(probed).toBe('unknown');
        await expect(it.open().apply(step, opId, never)).rejects.toThrow(
          'the schema of orders has version 8: how much of the script has happened is not known',
        );
        continue;
      }
      expect(probed).toBe(kind === 'PostgreSQL' || nth === 1 ? 'not_done' : 'done');
      expect(await it.open().apply(step, opId, never)).toMatchObject({ ended: 'done' });
      expect(await it.tables()).toEqual(one);
    }
  });

  test('a script that leaves another version than expected', async () => {
    const it = await on('DROP TABLE addresses;\n');
    const applied = it.open().apply(it.step({ expect: '7' }), opId, never);
    const why = 'the script leaves the schema of orders at version 8, and 7 is expected';
    if (kind === 'MariaDB') {
      await expect(applied).rejects.toThrow(`${why}; what the script did before that stays`);
      expect(await it.tables()).toEqual(one);
      expect(await it.open().probe(it.step({ expect: '7' }), opId, never)).toBe('unknown');
      return;
    }
    expect(await applied).toEqual({
      ended: 'failed',
      detail: `orders is as it was: ${why}; nothing was changed`,
      retryable: false,
    });
    expect(await it.tables()).toEqual(both);
    expect(await it.open().probe(it.step({ expect: '7' }), opId, never)).toBe('not_done');
  });

  test('a script that fails halfway', async () => {
    const it = await on('DROP TABLE addresses;\nDROP TABLE nothing_of_this_name;\n');
    const applied = it.open().apply(it.step(), opId, never);
    if (kind === 'MariaDB') {
      await expect(applied).rejects.toThrow(
        /^could not change orders: exit code 1: .*nothing_of_this_name.*; what the script did before that stays$/,
      );
      return expect(await it.tables()).toEqual(one);
    }
    expect(await applied).toMatchObject({
      ended: 'failed',
      detail: expect.stringMatching(/^orders is as it was: .*nothing_of_this_name/),
    });
    expect(await it.tables()).toEqual(both);
  });
});

test('what cannot be run is refused before any effect', async () => {
  const it = await onPostgres();
  const sha256 = '0'.repeat(64);
  const found = createHash('sha256').update(down).digest('hex');
  expect(await it.preflight({ from: '9' })).toEqual([
    'refuse: the schema of orders has version 8, and the script is for 9',
  ]);
  expect(await it.preflight({ expect: '8' })).toEqual(['refuse: the schema of orders has version 8 already']);
  expect(await it.preflight({ sha256 })).toEqual([
    `refuse: PATH is not the script that was declared: its sha256 is ${found}, and ${sha256} is expected`,
  ]);
  expect(await it.preflight({ script: '/etc/passwd' })).toEqual([
    `refuse: /etc/passwd may not be run: it is not inside ${it.root} or /tmp (file_roots)`,
  ]);
  expect(await it.preflight({ store: 'other' })).toEqual(['refuse: there is no data store other']);
  writeFileSync(it.path, `SELECT 1;\n  commit ;\n`);
  expect(await it.preflight()).toEqual([
    'refuse: PATH begins or ends a transaction by itself in line 2; leave BEGIN and COMMIT to the step',
  ]);
});

test('a transaction that the script ends in disguise is told of', async () => {
  const it = await onPostgres('DROP TABLE addresses; COMMIT; DROP TABLE nothing_of_this_name;\n');
  await expect(it.open().apply(it.step(), opId, never)).rejects.toThrow(
    /^the script ended the transaction that it ran in: what it did before that stays in orders; then: .*; leave BEGIN and COMMIT to the step$/,
  );
  expect(await it.tables()).toEqual(one);
});

test('what a release was recorded with is expected without a word', async () => {
  const it = await onPostgres();
  const to = release('image', 'sha256:1', 'shop:1');
  const step = {
    ...it.step(),
    to: { ...to, components: [...to.components, schemaComponent('orders', '6')] },
  };
  expect(await it.open().apply(step, opId, never)).toMatchObject({
    ended: 'failed',
    detail:
      'orders is as it was: the script leaves the schema of orders at version 7, and 6 is expected; nothing was changed',
  });
});

test('nothing is run without a set of this incident that holds the store', async () => {
  const database = `revert_${(made += 1)}`;
  await mariadb.run('mysql', `CREATE DATABASE ${database}`);
  await mariadb.run(database, ...grown);
  const store = mariadb.store(database);
  const { backups, copied, stateDir, records } = await someStore(store);
  const root = aDirectory();
  const script = join(root, 'down.sql');
  writeFileSync(script, down);
  const driver = databaseRevertDriver({
    backups,
    isDevelopment: () => false,
    stores: { orders: store },
    files: { hostRoot: '/', roots: [root] },
    records,
    tools: databaseTools({ clock: systemClock(), stateDir }),
  });
  const step = aStep(
    'database.revert',
    driver.options.parse({ store: 'orders', script, from: '8', expect: '7' }),
  );
  expect(await driver.apply(step, opId, never)).toEqual({
    ended: 'failed',
    detail:
      'database.revert changes nothing: no backup set of i-7k3f9a that was read back holds orders (store)',
    retryable: false,
  });
  await copied('i-7k3f9a');
  const done = await driver.apply(step, opId, never);
  const counted =
    done.ended === 'done' ? done.integrity?.map(({ name, before, after }) => [name, before, after]) : [];
  expect(counted).toEqual([
    ['orders: addresses', 1, 0],
    ['orders: customers', 2, 2],
    ['orders: migrations', 2, 1],
  ]);
});
