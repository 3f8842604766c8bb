import { existsSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { RollbackError } from '../../domain/errors.ts';
import { guarded } from './failure.ts';
import { createPrivately, sync } from './private-file.ts';
import { valueOf } from './settings.ts';

/**
 * Copies a store before its migration, as `rollbackd.db.v3-20260105T120000Z`. A copy that has this name is whole,
 * on the disk, and was found sound.
 *
 * @returns the path of the copy
 * @throws RollbackError `STORE_UNUSABLE`, and leaves no half copy behind
 */
export function copyBeforeMigration(
  database: DatabaseSync,
  source: {
    readonly path: string;
    readonly version: number;
    readonly copyDir: string | undefined;
    readonly now: number;
  },
): string {
  const directory = source.copyDir ?? dirname(source.path);
  const copy = freeName(join(directory, `${basename(source.path)}.v${source.version}-${stamp(source.now)}`));
  const partial = `${copy}.partial`;
  rmSync(partial, { force: true });
  createPrivately(partial);
  try {
    guarded('copy everything before the migration', source.path, () =>
      database.prepare('VACUUM INTO ?').run(partial),
    );
    refuseUnsound(partial);
    sync(partial);
    renameSync(partial, copy);
    sync(directory);
  } finally {
    rmSync(partial, { force: true });
  }
  return copy;
}

function stamp(now: number): string {
  return new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, '');
}

function freeName(wanted: string): string {
  let name = wanted;
  for (let count = 2; existsSync(name); count++) name = `${wanted}-${count}`;
  return name;
}

function refuseUnsound(path: string): void {
  const copy = new DatabaseSync(path, { readOnly: true });
  const found = guarded('check the copy', path, () => valueOf(copy, 'PRAGMA integrity_check'));
  copy.close();
  if (found === 'ok') return;
  throw new RollbackError(
    'STORE_UNUSABLE',
    `Could not migrate: the store is damaged (${String(found)}). Restore a copy.`,
    { path },
  );
}
