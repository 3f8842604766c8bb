import type { DataIntegrity } from '../../domain/data-integrity.ts';
import type { Progress } from './progress.ts';

/** Tables that are told of one by one; the rest of a larger database are told of together. */
const most = 200;

/** What became of the rows of each table. */
export function integrityOf(
  store: string,
  { set, copied, before, restored, same, orphans }: Progress,
): readonly DataIntegrity[] {
  const tables = [...new Set([...Object.keys(copied), ...Object.keys(before ?? {})])].toSorted();
  const how = [
    before === null
      ? 'before: could not be counted'
      : 'before: counted by the server just before what was restored took its place',
    `after: counted by the server in what was restored`,
    `lost: against the manifest of ${set}`,
    same.length === 0
      ? 'corrupted: not counted; the checksum of the whole copy was right'
      : 'corrupted: by a digest of the rows of each table, made with the copy and of what was restored',
    orphans === null ? 'orphaned: not counted' : 'orphaned: counted over the declared foreign keys',
  ].join('; ');
  const rowOf = (names: readonly string[], name: string): DataIntegrity => {
    const sum = (counts: Readonly<Record<string, number>> | null): number | null =>
      counts === null ? null : names.reduce((total, table) => total + (counts[table] ?? 0), 0);
    const lost = (table: string): number => Math.max(0, (copied[table] ?? 0) - (restored?.[table] ?? 0));
    // A table that the copy does not hold is gone, and so are its rows.
    const compared = (table: string): boolean =>
      same.includes(table) || (same.length > 0 && !(table in copied));
    return {
      name,
      before: sum(before),
      after: sum(restored),
      lost: restored === null ? null : names.reduce((total, table) => total + lost(table), 0),
      corrupted: names.every(compared) ? 0 : null,
      orphaned: sum(orphans),
      how,
    };
  };
  const told = tables.slice(0, most).map((table) => rowOf([table], `${store}: ${table}`));
  const rest = tables.slice(most);
  return rest.length === 0 ? told : [...told, rowOf(rest, `${store}: ${rest.length} more tables`)];
}
