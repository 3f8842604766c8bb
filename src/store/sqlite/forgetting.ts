import type { DatabaseSync } from 'node:sqlite';
import type { Forgotten } from '../../domain/ports/store.ts';

/** Prepares the removal of single rows that nothing will ask for any more. */
export function prepareForgetting(database: DatabaseSync): (row: Forgotten) => void {
  const release = database.prepare('DELETE FROM releases WHERE target = ? AND id = ?');
  const watch = database.prepare('DELETE FROM watches WHERE rule = ? AND subject = ?');
  return (row) => {
    if ('release' in row) release.run(row.target, row.release);
    else watch.run(row.rule, row.subject);
  };
}
