import type { DataStore } from '../../domain/data-store.ts';
import { changeMongo } from './mongodb/change-schema.ts';
import { changeMysql } from './mysql/change-schema.ts';
import { changePostgres } from './postgres/change-schema.ts';
import type { SchemaChange, SchemaTools, ScriptedStore } from './schema-change.ts';
import { changeSqlite } from './sqlite/change-schema.ts';

/** Whether a script can be run in the store at all. */
export function isScripted(store: DataStore | undefined): store is ScriptedStore {
  const kind = store?.kind;
  return kind === 'mysql' || kind === 'postgres' || kind === 'mongodb' || kind === 'sqlite';
}

/** Whether the server takes back what a script did before it failed: all of it or nothing happens. */
export function isWhole(store: ScriptedStore): boolean {
  return store.kind === 'postgres' || store.kind === 'sqlite';
}

/**
 * Runs a script, and looks at the version of the schema before and after.
 *
 * PostgreSQL and SQLite do it in one transaction, together with both looks. MySQL and MariaDB cannot take statements that
 * define tables back: their client stops at the first statement that is refused, and what was before it stays. So do the
 * commands of MongoDB, which a script holds as a list in Extended JSON.
 *
 * @returns the version after it
 * @throws RollbackError `REFUSED` with nothing changed; `EFFECT_UNKNOWN` where nobody can tell
 */
export function changeSchema(
  store: ScriptedStore,
  change: SchemaChange,
  parts: SchemaTools,
  signal: AbortSignal,
): Promise<string> {
  switch (store.kind) {
    case 'postgres':
      return changePostgres(store, change, signal);
    case 'mysql':
      return changeMysql(store, change, parts, signal);
    case 'sqlite':
      return changeSqlite(store, change, parts, signal);
    case 'mongodb':
      return changeMongo(store, change, parts, signal);
  }
}
