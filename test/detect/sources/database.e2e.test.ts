import { beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../../src/app/clock.ts';
import { httpClient } from '../../../src/clients/http.ts';
import { openRedis } from '../../../src/clients/redis.ts';
import { databaseSource } from '../../../src/detect/sources/database.ts';
import type { DataStore } from '../../../src/domain/data-store.ts';
import { Secret } from '../../../src/domain/secret.ts';
import { startMariadb, type TestMariadb } from '../../databases/a-mariadb.ts';
import { startPostgres, type TestPostgres } from '../../databases/a-postgres.ts';
import { testRedis } from '../../support/redis.ts';
import { host, read } from './reading.ts';

const clock = systemClock();
let servers: Readonly<Record<'mysql' | 'postgres', TestMariadb | TestPostgres>>;

beforeAll(async () => {
  const [mysql, postgres] = await Promise.all([startMariadb(), startPostgres()]);
  servers = { mysql, postgres };
  await mysql.run('mysql', 'CREATE DATABASE layra');
  await postgres.run('postgres', 'CREATE DATABASE layra');
  for (const server of [mysql, postgres])
    await server.run('layra', 'CREATE TABLE users (id INT)', 'INSERT INTO users VALUES (1), (2), (3)');
}, 60_000);

async function asking(store: DataStore, question: object): Promise<string | undefined> {
  const http = httpClient({ clock });
  const source = databaseSource({ stores: { db: store }, http, redis: openRedis, hostRoot: '/', clock });
  return (await read(source, { store: 'db', ...question }, host))['host:alpha'];
}

test.each(['mysql', 'postgres'] as const)('a server of %s answers, and counts', async (kind) => {
  const store = servers[kind].store('layra');
  expect(await asking(store, { ping: true })).toBe(`passed: ${store.name} answers`);
  expect(await asking(store, { query: 'SELECT COUNT(*) FROM users' })).toBe(`3: ${store.name} answered 3`);
  expect(await asking(store, { query: 'SELECT id FROM users' })).toBe(
    'error: the query answered several rows, expected one',
  );
});

test('a query writes nothing, and is ended on the server when it takes too long', async () => {
  const { mysql, postgres } = servers;
  await postgres.run(
    'layra',
    'CREATE FUNCTION add_one() RETURNS int LANGUAGE sql AS $$ INSERT INTO users VALUES (9) RETURNING id $$',
  );
  expect(await asking(postgres.store('layra'), { query: 'SELECT add_one()' })).toMatch(
    /^error: .*cannot execute INSERT in a read-only transaction$/,
  );
  await mysql.run(
    'layra',
    'CREATE FUNCTION add_one() RETURNS INT BEGIN INSERT INTO users VALUES (9); RETURN 1; END',
  );
  expect(await asking(mysql.store('layra'), { query: 'SELECT add_one()' })).toMatch(
    /^error: .*Cannot execute statement in a READ ONLY transaction$/,
  );
  const slow = { mysql: 'SELECT SLEEP(60)', postgres: 'SELECT 1 FROM pg_sleep(60)' };
  for (const kind of ['mysql', 'postgres'] as const)
    expect(await asking(servers[kind].store('layra'), { query: slow[kind], timeout: '500ms' })).toMatch(
      /^error: /,
    );
  const left = async (): Promise<number> => {
    const rows = await postgres.rows(
      'layra',
      "SELECT count(*) AS n FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()",
    );
    return Number(rows[0]?.['n']);
  };
  // The server looks at what it was told to end a moment later.
  await expect.poll(left, { timeout: 10_000 }).toBe(0);
});

test.each(['mysql', 'postgres'] as const)(
  'a server of %s that does not accept the account is an error, without the password in it',
  async (kind) => {
    const store = { ...servers[kind].store('layra'), password: new Secret('hunter2-hunter2') };
    const said = await asking(store, { ping: true });
    expect(said).toMatch(/^error: .*(denied|authentication failed)/i);
    expect(said).not.toContain('hunter2');
  },
);

test('a Redis answers, has keys, and holds numbers', async () => {
  const { store, client, kill } = await testRedis({ password: 'cat-battery' });
  await client.set('users', '42', 60_000);
  await client.set('name', 'thesis', 60_000);
  expect(await asking(store, { ping: true })).toBe('passed: cache answers');
  expect(await asking(store, { keys: true })).toBe('2: cache answered 2');
  expect(await asking(store, { key: 'users' })).toBe('42: cache answered 42');
  expect(await asking(store, { key: 'name' })).toBe('error: cache answered what is no number');
  expect(await asking(store, { key: 'none' })).toBe('no_data: cache has no value for this');
  expect(await asking({ ...store, password: new Secret('wrong') }, { ping: true })).toMatch(
    /^error: .*WRONGPASS/,
  );
  await kill();
  expect(await asking(store, { ping: true })).toMatch(/^failed: .*ECONNREFUSED/);
});
