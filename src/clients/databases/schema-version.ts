import type { DataStore } from '../../domain/data-store.ts';
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

async function firstValue(store: DataStore, { query, hostRoot, signal }: Asking): Promise<string | null> {
  switch (store.kind) {
    case 'mysql': {
      const { openMysql } = await import('./mysql/connection.ts');
      await using server = await openMysql(store, signal);
      await server.run('START TRANSACTION READ ONLY');
      return shownValue(Object.values((await server.rows(query))[0] ?? {})[0]);
    }
    case 'postgres': {
      const { openPostgres } = await import('./postgres/connection.ts');
      await using server = await openPostgres(store, signal);
      await server.run('BEGIN READ ONLY');
      return shownValue(Object.values((await server.rows(query))[0] ?? {})[0]);
    }
    case 'sqlite': {
      const { sqliteRows } = await import('./sqlite-value.ts');
      return (await sqliteRows({ ...store, hostRoot }, query, signal))[0]?.[0] ?? null;
    }
    case 'mongodb':
    case 'redis':
    case 'qdrant':
    case 'milvus':
      throw new RollbackError(
        'CONFIG_INVALID',
        `${store.name} is a ${store.kind}, which is not asked for the version of a schema`,
      );
  }
}
