import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/app/clock.ts';
import { httpClient } from '../../../src/clients/http.ts';
import { openRedis } from '../../../src/clients/redis.ts';
import { databaseSource } from '../../../src/detect/sources/database.ts';
import type { DataStore } from '../../../src/domain/data-store.ts';
import { Secret } from '../../../src/domain/secret.ts';
import { bodyOf, connecting, nobody, serving, type Handler } from '../../clients/loopback.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { host, objections, read, subjects } from './reading.ts';

const clock = systemClock();

function source(...stores: readonly DataStore[]) {
  return databaseSource({
    stores: Object.fromEntries(stores.map((store) => [store.name, store])),
    http: httpClient({ clock }),
    redis: openRedis,
    hostRoot: '/',
    clock,
  });
}

async function asking(store: DataStore, question: object): Promise<string | undefined> {
  return (await read(source(store), { store: store.name, ...question }, host))['host:alpha'];
}

function aFile(): DataStore {
  const path = join(temporaryFolder('rd-database'), 'users.db');
  using database = new DatabaseSync(path);
  database.exec("CREATE TABLE users (id INTEGER, name TEXT); INSERT INTO users VALUES (1, 'a'), (2, 'b')");
  return { kind: 'sqlite', name: 'users', path, schemaQuery: null };
}

test('a file of SQLite answers, and counts', async () => {
  const store = aFile();
  expect(await asking(store, { ping: true })).toBe('passed: users answers');
  expect(await asking(store, { query: 'SELECT count(*) FROM users' })).toBe('2: users answered 2');
  expect(
    await asking(store, { query: 'WITH all_of AS (SELECT * FROM users) SELECT max(id) FROM all_of -- most' }),
  ).toBe('2: users answered 2');
});

test('anything but one number is no value', async () => {
  const store = aFile();
  const ask = (query: string): Promise<string | undefined> => asking(store, { query });
  expect(await ask('SELECT id FROM users')).toBe('error: the query answered several rows, expected one');
  expect(await ask('SELECT 1 AS a, 2 AS b')).toBe('error: the query answered 2 columns, expected one');
  expect(await ask('SELECT name FROM users WHERE id = 1')).toBe('error: users answered what is no number');
  expect(await ask('SELECT sum(id) FROM users WHERE id > 9')).toBe('no_data: users has no value for this');
  expect(await ask('SELECT id FROM users WHERE id > 9')).toBe('no_data: users has no value for this');
  expect(await ask('SELECT count(*) FROM missing')).toMatch(/^error: users \(.*\): no such table: missing$/);
  expect(await asking(store, { keys: true })).toBe(
    'error: users is a sqlite: ask it with ping or query, not keys',
  );
});

test('a query that never ends is ended', async () => {
  const endless = 'WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n';
  expect(await asking(aFile(), { query: endless, timeout: '300ms' })).toBe(
    'error: users did not answer within 300ms',
  );
});

test('a file that is not there, or no database, is an error', async () => {
  const folder = temporaryFolder('rd-database');
  const missing: DataStore = {
    kind: 'sqlite',
    name: 'users',
    path: join(folder, 'none.db'),
    schemaQuery: null,
  };
  expect(await asking(missing, { ping: true })).toMatch(
    /^error: users \(.*none\.db\): unable to open database file$/,
  );
});

test('a store that the configuration does not have is an error', async () => {
  expect((await read(source(), { store: 'users', ping: true }, host))['host:alpha']).toBe(
    'error: there is no data store users',
  );
});

test('the store may depend on the target', async () => {
  const options = { store: '${target.name}', ping: true };
  expect(await read(source(aFile()), options, subjects(['users', 'others']))).toEqual({
    users: 'passed: users answers',
    others: 'error: there is no data store others',
  });
});

function vectors(kind: 'qdrant' | 'milvus', url: string): DataStore {
  return { kind, name: 'vectors', url, key: new Secret('key-of-vectors'), volumes: [] };
}

const api: Handler = async (request, response) => {
  const { authorization, 'api-key': key } = request.headers;
  const body = await bodyOf(request);
  const answer = (json: unknown, status = 200): void =>
    void response.writeHead(status).end(JSON.stringify(json));
  if (authorization !== 'Bearer key-of-vectors' && key !== 'key-of-vectors') return answer({}, 401);
  if (request.url === '/healthz') return answer('OK');
  if (request.url === '/collections/knowledge_base/points/count' && body === '{"exact":true}')
    return answer({ result: { count: 41 }, status: 'ok' });
  if (request.url === '/v2/vectordb/collections/get_stats')
    return body === '{"collectionName":"knowledge_base"}'
      ? answer({ code: 0, data: { rowCount: 42 } })
      : answer({ code: 100, message: 'collection not found' });
  return answer({ status: { error: 'Not found' } }, 404);
};

test('vector stores answer, and count the points of a collection', async () => {
  const { url } = await serving(api);
  for (const kind of ['qdrant', 'milvus'] as const)
    expect(await asking(vectors(kind, url), { ping: true })).toBe('passed: vectors answers');
  expect(await asking(vectors('qdrant', url), { collection: 'knowledge_base' })).toBe(
    '41: vectors answered 41',
  );
  expect(await asking(vectors('milvus', url), { collection: 'knowledge_base' })).toBe(
    '42: vectors answered 42',
  );
  expect(await asking(vectors('qdrant', url), { collection: 'other' })).toBe(
    'error: vectors answered 404 to the count of other',
  );
  expect(await asking(vectors('milvus', url), { collection: 'other' })).toBe(
    'error: vectors answered no count of other',
  );
});

test('a health endpoint that answers badly fails a ping; one that wants another key is an error', async () => {
  const { url } = await serving((_, response) => void response.writeHead(503).end());
  expect(await asking(vectors('qdrant', url), { ping: true })).toBe(
    'failed: vectors answered 503, expected 200',
  );
  const closed = await serving((_, response) => void response.writeHead(401).end());
  expect(await asking(vectors('qdrant', closed.url), { ping: true })).toBe(
    'error: vectors answered 401, expected 200',
  );
});

function server(kind: 'mysql' | 'postgres' | 'redis', url: string): DataStore {
  const { hostname, port } = new URL(url);
  const at = { name: 'store', host: hostname, port: Number(port), tls: false, user: null, password: null };
  if (kind === 'redis') return { ...at, kind, database: 0 };
  return { ...at, kind, database: 'layra', toolsIn: null, schemaQuery: null };
}

test.each(['mysql', 'postgres', 'redis'] as const)(
  'a %s that refuses fails a ping, and has no value',
  async (kind) => {
    const store = server(kind, await nobody());
    expect(await asking(store, { ping: true })).toMatch(/^failed: .*ECONNREFUSED/);
    const question = kind === 'redis' ? { keys: true } : { query: 'SELECT 1' };
    expect(await asking(store, question)).toMatch(/^error: .*ECONNREFUSED/);
  },
);

test.each(['mysql', 'postgres', 'redis'] as const)('a %s that says nothing is an error', async (kind) => {
  const store = server(kind, await connecting(() => {}));
  expect(await asking(store, { ping: true, timeout: '200ms' })).toBe(
    'error: store did not answer within 200ms',
  );
});

test('a name that does not exist is an error', async () => {
  const store = { ...server('postgres', 'http://127.0.0.1:1'), host: 'nowhere.invalid' } as DataStore;
  expect(await asking(store, { ping: true })).toMatch(/^error: store \(nowhere\.invalid:1\), connect: /);
});

test('mistakes are found when the file is read', () => {
  const of = (question: object): string[] => objections(source(), { store: 'users', ...question });
  const one = ': needs one of ping, query, keys, key, collection';
  expect(of({})).toEqual([one]);
  expect(of({ ping: true, keys: true })).toEqual([one]);
  expect(of({ query: 'DELETE FROM users' })).toEqual([
    'query: expected a query that begins with SELECT or WITH',
  ]);
  expect(of({ query: 'SELECT 1; COMMIT' })).toEqual(['query: expected one query, without a semicolon']);
  expect(of({ query: "SELECT 1 INTO OUTFILE '/x'" })).toEqual(['query: a query must not write files']);
  expect(of({ collection: '../x' })).toEqual(['collection: expected the name of a collection']);
});
