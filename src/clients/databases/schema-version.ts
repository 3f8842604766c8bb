import type { Database, DataStore, SqliteStore } from '../../domain/data-store.ts';
import { RollbackError } from '../../domain/errors.ts';
import { shownValue } from './shown-value.ts';

/** Versions are numbers, dates and hashes. */
const longest = 200;

/**
 * What the application's schema in a store says its version is, by the store's own query. Changes nothing: it is asked where
 * only reading is possible.
 *
 * @throws RollbackError when the store cannot be asked, has no query, or answers no version
 */
export async function readSchemaVersion(
  store: DataStore,
  hostRoot: string,
  signal: AbortSignal,
): Promise<string> {
  const query = 'schemaQuery' in store ? store.schemaQuery : null;
  if (query === null)
    throw new RollbackError('CONFIG_INVALID', `${store.name} has no schema_version to ask it for its schema`);
  const version = (await firstValue(store, { query, hostRoot, signal }))?.trim() ?? '';
  if (version === '' || version.length > longest || /[\p{C}\p{Z}]/u.test(version))
    throw new RollbackError(
      'ANSWER_INVALID',
      `the query for the schema of ${store.name} answered no version; expected a word of at most ${longest} characters`,
    );
  return version;
}

interface Asking {
  readonly query: string;
  readonly hostRoot: string;
  readonly signal: AbortSignal;
}

function firstValue(store: DataStore, asking: Asking): Promise<string | null> {
  switch (store.kind) {
    case 'mysql':
      return askMysql(store, asking);
    case 'postgres':
      return askPostgres(store, asking);
    case 'sqlite':
      return askSqlite(store, asking);
    case 'mongodb':
      return askMongo(store, asking);
    case 'redis':
    case 'qdrant':
    case 'milvus':
    case 's3':
    case 'kafka':
      throw new RollbackError(
        'CONFIG_INVALID',
        `${store.name} is a ${store.kind}, which is not asked for the version of a schema`,
      );
  }
}

async function askMysql(store: Database, { query, signal }: Asking): Promise<string | null> {
  const { openMysql } = await import('./mysql/connection.ts');
  await using server = await openMysql(store, signal);
  await server.run('START TRANSACTION READ ONLY');
  return firstOf(await server.rows(query));
}

async function askPostgres(store: Database, { query, signal }: Asking): Promise<string | null> {
  const { openPostgres } = await import('./postgres/connection.ts');
  await using server = await openPostgres(store, signal);
  await server.run('BEGIN READ ONLY');
  return firstOf(await server.rows(query));
}

async function askMongo(store: Database, { query, signal }: Asking): Promise<string | null> {
  const { openMongo } = await import('./mongodb/connection.ts');
  await using mongo = await openMongo(store, signal);
  const { collection, field } = placeOf(query);
  const [row] = await mongo.asked('read the version of the schema', () =>
    mongo.database
      .collection(collection)
      .find({ [field]: { $exists: true } })
      .project({ _id: 0, [field]: 1 })
      .sort({ [field]: -1 })
      .limit(1)
      .toArray(),
  );
  return shownValue(field.split('.').reduce<unknown>(memberOf, row));
}

/** `migrations.version` */
function placeOf(query: string): { readonly collection: string; readonly field: string } {
  const dot = query.indexOf('.');
  return { collection: query.slice(0, dot), field: query.slice(dot + 1) };
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

async function askSqlite(store: SqliteStore, { query, hostRoot, signal }: Asking): Promise<string | null> {
  const { sqliteRows } = await import('./sqlite-value.ts');
  const [row] = await sqliteRows({ ...store, hostRoot }, query, signal);
  return row?.[0] ?? null;
}

function firstOf(rows: readonly Readonly<Record<string, unknown>>[]): string | null {
  const [value] = Object.values(rows[0] ?? {});
  return shownValue(value);
}
