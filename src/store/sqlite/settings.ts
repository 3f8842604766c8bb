import type { DatabaseSync } from 'node:sqlite';
import { RollbackError } from '../../domain/errors.ts';

/** Older ones may corrupt the file when the write-ahead log starts over (https://sqlite.org/wal.html). */
export const oldestSqlite = '3.51.3';

/** Waiting for a lock, in ms. */
export const busyTimeoutMs = 5_000;

/**
 * Sets what durability rests on, and reads every setting back.
 *
 * @throws RollbackError `STORE_UNUSABLE` when SQLite is too old or a setting did not take
 */
export function applySettings(database: DatabaseSync, path: string): void {
  refuseOldSqlite(String(valueOf(database, 'SELECT sqlite_version()')));
  database.exec(`
    PRAGMA busy_timeout = ${busyTimeoutMs};
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
  `);
  const wanted = {
    // A store in memory has no log; it is for tests.
    journal_mode: path === ':memory:' ? 'memory' : 'wal',
    synchronous: 2,
    busy_timeout: busyTimeoutMs,
  };
  for (const [setting, value] of Object.entries(wanted)) {
    const actual = valueOf(database, `PRAGMA ${setting}`);
    if (actual !== value) throw notTaken(path, setting, String(value), String(actual));
  }
}

/** @throws RollbackError `STORE_UNUSABLE` for a version below `oldestSqlite` */
export function refuseOldSqlite(version: string): void {
  if (compareVersions(version, oldestSqlite) >= 0) return;
  throw new RollbackError(
    'STORE_UNUSABLE',
    `Could not use SQLite ${version}: versions before ${oldestSqlite} can corrupt the store. Use a newer Node.`,
    { version },
  );
}

/** The first column of the only row. */
export function valueOf(database: DatabaseSync, sql: string): unknown {
  const row = database.prepare(sql).get();
  return row === undefined ? undefined : Object.values(row)[0];
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)];
  const difference = [0, 1, 2].map((place) => (left[place] ?? 0) - (right[place] ?? 0));
  return difference.find((step) => step !== 0) ?? 0;
}

function notTaken(path: string, setting: string, wanted: string, actual: string): RollbackError {
  return new RollbackError(
    'STORE_UNUSABLE',
    `Could not open the store ${path}: SQLite keeps ${setting} at ${actual}, not ${wanted}. ` +
      'Put the file on a local disk with a file system that supports it.',
    { path, setting },
  );
}
