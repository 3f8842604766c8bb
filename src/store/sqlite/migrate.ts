import type { DatabaseSync } from 'node:sqlite';
import { RollbackError } from '../../domain/errors.ts';
import type { Migration } from '../migrations/migration.ts';
import { guarded } from './failure.ts';

/**
 * The version of the schema in the file; 0 for an empty one.
 *
 * @throws RollbackError `STORE_UNUSABLE` when the file belongs to another program
 */
export function versionOf(database: DatabaseSync, path: string): number {
  const tables = database.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).all();
  if (tables.length === 0) return 0;
  if (tables.some(({ name }) => name === 'meta')) {
    const row = database.prepare(`SELECT value FROM meta WHERE key = 'schema_version'`).get();
    if (typeof row?.['value'] === 'number') return row['value'];
  }
  throw new RollbackError(
    'STORE_UNUSABLE',
    `Could not open the store ${path}: it is a SQLite file of another program. Check the path of \`store\`.`,
    { path },
  );
}

/** @throws RollbackError `STORE_NEWER` when a newer rollbackd has written the store */
export function refuseNewer(path: string, version: number, migrations: readonly Migration[]): void {
  const known = migrations.at(-1)?.version ?? 0;
  if (version <= known) return;
  throw new RollbackError(
    'STORE_NEWER',
    `Could not open the store ${path}: its schema is version ${version}, this rollbackd knows ${known}. ` +
      'Run the newer rollbackd again, or restore the copy made before its migration.',
    { path, version, known },
  );
}

/**
 * Brings the schema from `version` to the newest, each step in a transaction of its own.
 *
 * @throws RollbackError `STORE_UNUSABLE`; the step that failed has then changed nothing
 */
export function migrate(
  database: DatabaseSync,
  path: string,
  version: number,
  migrations: readonly Migration[],
): void {
  for (const migration of migrations) {
    if (migration.version <= version) continue;
    guarded(`migrate to version ${migration.version}`, path, () => step(database, migration));
  }
}

function step(database: DatabaseSync, { version, tables, sqlite }: Migration): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    database.exec('CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value BIGINT NOT NULL)');
    database.exec(tables);
    database.exec(sqlite);
    database
      .prepare(
        `INSERT INTO meta (key, value) VALUES ('schema_version', ?)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
      )
      .run(version);
    database.exec('COMMIT');
  } catch (thrown) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw thrown;
  }
}
