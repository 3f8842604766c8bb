import { sqliteRows } from '../../clients/databases/sqlite-value.ts';
import type { HttpClient } from '../../clients/http.ts';
import type { RedisOpener } from '../../clients/redis.ts';
import { accountOf } from '../../clients/vectors/vector-api.ts';
import type { Database, DataStore, RedisStore, SqliteStore, VectorStore } from '../../domain/data-store.ts';
import { RollbackError } from '../../domain/errors.ts';
import type { Question } from './database-options.ts';

/** How stores are reached. */
export interface StoreMeans {
  readonly http: HttpClient;
  readonly redis: RedisOpener;
  readonly hostRoot: string;
}

/** The one thing that a store said; `undefined`: nothing was found. A ping says nothing. */
export type Answer = { readonly value: unknown } | { readonly unfit: string };

export interface Asking {
  readonly question: Question;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Called once the server has accepted us: what goes wrong from then on is its own. */
  readonly connected: () => void;
}

/** Asks a store. Rejects with a `RollbackError` when there is no answer. */
export async function askStore(store: DataStore, asking: Asking, means: StoreMeans): Promise<Answer> {
  switch (store.kind) {
    case 'mysql':
      return askMysql(store, asking);
    case 'postgres':
      return askPostgres(store, asking);
    case 'sqlite':
      return askSqlite(store, asking, means.hostRoot);
    case 'redis':
      return askRedis(store, asking, means.redis);
    case 'qdrant':
    case 'milvus':
      return askVectors(store, asking, means.http);
    case 'mongodb':
      return askMongo(store, asking);
    case 's3':
    case 'kafka':
      return { unfit: `${store.name} is a ${store.kind}, which is not asked here; let a command ask it` };
  }
}

type Row = Readonly<Record<string, unknown>>;

/** More than two rows are never fetched, and what is asked must stand where only reading can. */
function bounded(query: string): string {
  return `SELECT * FROM (\n${query}\n) AS asked LIMIT 2`;
}

function statementOf({ kind, name }: DataStore, question: Question): string | { readonly unfit: string } {
  if (question.ask === 'ping') return 'SELECT 1 AS one';
  if (question.ask === 'query') return bounded(question.query);
  return { unfit: `${name} is a ${kind}: ask it with ping or query, not ${question.ask}` };
}

async function askMysql(
  store: Database,
  { question, timeoutMs, signal, connected }: Asking,
): Promise<Answer> {
  const statement = statementOf(store, question);
  if (typeof statement !== 'string') return statement;
  const { openMysql } = await import('../../clients/databases/mysql/connection.ts');
  await using server = await openMysql(store, signal);
  connected();
  if (question.ask === 'ping') return one(await server.rows(statement));
  // Each of the two families has its own name for how long a statement may take.
  const [row] = await server.rows('SELECT VERSION() AS version');
  const limit = /mariadb/i.test(String(row?.['version']))
    ? `max_statement_time = ${timeoutMs / 1000}`
    : `max_execution_time = ${timeoutMs}`;
  await server.run(`SET SESSION ${limit}`);
  await server.run('START TRANSACTION READ ONLY');
  return one(await server.rows(statement));
}

async function askPostgres(
  store: Database,
  { question, timeoutMs, signal, connected }: Asking,
): Promise<Answer> {
  const statement = statementOf(store, question);
  if (typeof statement !== 'string') return statement;
  const { openPostgres } = await import('../../clients/databases/postgres/connection.ts');
  await using server = await openPostgres(store, signal);
  connected();
  if (question.ask === 'ping') return one(await server.rows(statement));
  await server.run('BEGIN READ ONLY');
  await server.run(`SET LOCAL statement_timeout = ${timeoutMs}`);
  return one(await server.rows(statement));
}

async function askSqlite(
  store: SqliteStore,
  { question, signal }: Asking,
  hostRoot: string,
): Promise<Answer> {
  // Opening a file reads nothing of it yet.
  const statement =
    question.ask === 'ping' ? 'SELECT count(*) FROM sqlite_schema' : statementOf(store, question);
  if (typeof statement !== 'string') return statement;
  const rows = await sqliteRows({ ...store, hostRoot }, statement, signal);
  return one(rows.map((row) => Object.fromEntries(row.entries())));
}

async function askMongo(
  store: Database,
  { question, timeoutMs, signal, connected }: Asking,
): Promise<Answer> {
  if (question.ask !== 'ping' && question.ask !== 'collection')
    return { unfit: `${store.name} is a mongodb: ask it with ping or collection, not ${question.ask}` };
  const { openMongo } = await import('../../clients/databases/mongodb/connection.ts');
  await using mongo = await openMongo(store, signal);
  connected();
  const { database, asked } = mongo;
  if (question.ask === 'ping')
    return { value: void (await asked('ping', () => database.command({ ping: 1 }))) };
  const { collection } = question;
  // Counted, not looked up: what the server keeps of its own about sizes may be wrong after it was killed.
  const counting = asked(`count ${collection}`, () =>
    database.collection(collection).countDocuments({}, { maxTimeMS: timeoutMs }),
  );
  return { value: await counting };
}

function one(rows: readonly Row[]): Answer {
  const [row, ...others] = rows;
  if (row === undefined) return { value: undefined };
  const values = Object.values(row);
  if (others.length > 0) return { unfit: 'the query answered several rows, expected one' };
  if (values.length !== 1) return { unfit: `the query answered ${values.length} columns, expected one` };
  return { value: values[0] ?? undefined };
}

async function askRedis(
  store: RedisStore,
  { question, signal, connected }: Asking,
  open: RedisOpener,
): Promise<Answer> {
  if (question.ask !== 'ping' && question.ask !== 'keys' && question.ask !== 'key')
    return { unfit: `${store.name} is a redis: ask it with ping, keys or key, not ${question.ask}` };
  await using redis = await open(store, signal);
  connected();
  if (question.ask === 'keys') return { value: await redis.size() };
  if (question.ask === 'key') return { value: (await redis.get(question.key)) ?? undefined };
  await redis.ping();
  return { value: undefined };
}

const maxBytes = 2 ** 20;

async function askVectors(
  store: VectorStore,
  { question, timeoutMs, signal }: Asking,
  http: HttpClient,
): Promise<Answer> {
  const { kind, name, url } = store;
  if (question.ask !== 'ping' && question.ask !== 'collection')
    return { unfit: `${name} is a ${kind}: ask it with ping or collection, not ${question.ask}` };
  const account = accountOf(store);
  const limits = { timeoutMs, maxBytes, signal };
  if (question.ask === 'ping') {
    const { status } = await http.request({
      method: 'GET',
      url: `${url}/healthz`,
      headers: account,
      ...limits,
    });
    if (status === 200) return { value: undefined };
    throw new RollbackError('REFUSED', `${name} answered ${status}, expected 200`, { status });
  }
  const headers = { ...account, 'content-type': 'application/json' };
  const { collection } = question;
  const asked =
    kind === 'qdrant'
      ? { url: `${url}/collections/${collection}/points/count`, body: JSON.stringify({ exact: true }) }
      : {
          url: `${url}/v2/vectordb/collections/get_stats`,
          body: JSON.stringify({ collectionName: collection }),
        };
  const { status, body } = await http.request({ method: 'POST', headers, ...asked, ...limits });
  if (status !== 200) return { unfit: `${name} answered ${status} to the count of ${collection}` };
  const value = countIn(body);
  return value === undefined ? { unfit: `${name} answered no count of ${collection}` } : { value };
}

/** Qdrant: `result.count`; Milvus: `data.rowCount`, with 200 for its errors, too. */
function countIn(body: string): unknown {
  try {
    const { result, data } = JSON.parse(body) as { result?: Row | null; data?: Row | null };
    return result?.['count'] ?? data?.['rowCount'];
  } catch {
    return undefined;
  }
}
