import { realpathSync, statfsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Store } from '../../domain/ports/store.ts';
import type { Migration } from '../migrations/migration.ts';
import { migrations as known } from '../migrations/migrations.ts';
import { copyBeforeMigration } from './copy.ts';
import { guarded } from './failure.ts';
import { takeLock } from './lock.ts';
import { migrate, refuseNewer, versionOf } from './migrate.ts';
import { createPrivately } from './private-file.ts';
import { applySettings, busyTimeoutMs } from './settings.ts';
import { sqliteStore, type OpenFile } from './sqlite-store.ts';

export interface SqliteOptions {
  /** The file, made if it is not there; its directory must be. `:memory:` is for tests: no lock, nothing survives. */
  readonly path: string;
  readonly clock: Clock;
  /** Where the copy made before a migration goes; beside the store unless stated. */
  readonly copyDir?: string;
  /** Bounds the file, in pages of 4 KiB; unbounded unless stated. */
  readonly maxPages?: number;
  /** The migrations to know; every one there is unless stated. */
  readonly migrations?: readonly Migration[];
}

/**
 * Opens the embedded store for the one daemon that may have it, migrated and with its durability checked.
 *
 * Rejects with `STORE_LOCKED` when a daemon has it already, `STORE_NEWER` when a newer rollbackd has written it (it is
 * left untouched), `STORE_UNUSABLE` for everything else; whatever was taken is then given back.
 */
export async function openSqliteStore(options: SqliteOptions): Promise<Store> {
  using undo = new DisposableStack();
  const path = options.path === ':memory:' ? options.path : resolvePath(options.path);
  const inMemory = path === ':memory:';
  if (!inMemory) {
    refuseNetworkFileSystem(path, statfsSync(dirname(path)).type);
    undo.defer(takeLock(path));
    createPrivately(path);
  }
  const database = guarded('open a connection', path, () => {
    return new DatabaseSync(path, { timeout: busyTimeoutMs });
  });
  undo.defer(() => {
    if (database.isOpen) database.close();
  });
  const epoch = guarded('prepare everything', path, () => prepare(database, { ...options, path }));
  const teardown = undo.move();
  const file: OpenFile = { database, path, clock: options.clock, epoch, close: () => teardown.dispose() };
  return sqliteStore(file);
}

/** A store that is reached by two names must still have one lock. */
function resolvePath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // It is not there yet; its directory has to be.
  }
  try {
    return join(realpathSync(dirname(path)), basename(path));
  } catch (thrown) {
    throw new RollbackError(
      'STORE_UNUSABLE',
      `Could not open the store ${path}: ${messageOf(thrown)}. Make its directory, or change \`store\`.`,
      { path },
      { cause: thrown },
    );
  }
}

/** `f_type` of NFS, SMB, CIFS, SMB2, Ceph and 9P: locks and the write-ahead log cannot be trusted there. */
const networkFileSystems = new Set([0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x00c36400, 0x01021997]);

/** @throws RollbackError `STORE_UNUSABLE` for the types of network file systems */
export function refuseNetworkFileSystem(path: string, type: number): void {
  // `statfs` gives a signed number on some systems.
  if (!networkFileSystems.has(type >>> 0)) return;
  throw new RollbackError(
    'STORE_UNUSABLE',
    `Could not open the store ${path}: it is on a network file system, which keeps no reliable locks. ` +
      'Put it on a local disk.',
    { path },
  );
}

function prepare(database: DatabaseSync, options: SqliteOptions): number {
  const { path, clock, copyDir, migrations = known } = options;
  const version = versionOf(database, path);
  refuseNewer(path, version, migrations);
  applySettings(database, path);
  if (options.maxPages !== undefined)
    database.exec(`PRAGMA max_page_count = ${Math.trunc(options.maxPages)}`);
  const isOld = version > 0 && version < (migrations.at(-1)?.version ?? 0);
  if (isOld && path !== ':memory:')
    copyBeforeMigration(database, { path, version, copyDir, now: clock.now() });
  migrate(database, path, version, migrations);
  return nextEpoch(database);
}

function nextEpoch(database: DatabaseSync): number {
  const row = database
    .prepare(
      `INSERT INTO meta (key, value) VALUES ('epoch', 1)
       ON CONFLICT (key) DO UPDATE SET value = value + 1 RETURNING value`,
    )
    .get();
  return row?.['value'] as number;
}
