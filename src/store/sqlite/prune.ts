import { setImmediate } from 'node:timers/promises';
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';

/** Rows a transaction: other commits get their turn in between. */
const batch = 2_000;

const closedBefore = 'closed_at IS NOT NULL AND closed_at < ?';

/** Runs its work as one transaction. */
export type Transaction = <Result>(work: () => Result) => Result;

/** Removes what is past retention: each incident with everything that is its own, and whole journal segments. */
export interface Pruner {
  prune(
    before: { readonly incidents: number; readonly readings: number; readonly inbox: number },
    now: number,
  ): Promise<{ readonly incidents: number; readonly readings: number; readonly entries: number }>;
}

/**
 * A segment goes when it is sealed, its newest entry is past retention, and none of its entries belongs to an incident
 * that is still kept. Its row stays behind with its last number and hash.
 */
export function preparePruner(database: DatabaseSync, transaction: Transaction): Pruner {
  const pruneIncidents = incidentPruner(database, transaction);
  const pruneSegments = segmentPruner(database, transaction);
  const remove = (table: string, where: string): ((...values: SQLInputValue[]) => Promise<number>) => {
    const statement = database.prepare(
      `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE ${where} LIMIT ${batch})`,
    );
    return (...values) => inBatches(() => transaction(() => Number(statement.run(...values).changes)));
  };
  const removeReadings = remove('readings', 'at < ?');
  const removeTaken = remove('inbox', 'at < ? AND answer IS NOT NULL');
  // What nobody answered in all that time, nobody will: its daemon died, or its sender gave up.
  const removeForgotten = remove('inbox', 'at < ?');
  const removeSent = remove(
    'outbox',
    `sent_at < ? AND NOT EXISTS (SELECT 1 FROM incidents WHERE incidents.id = outbox.incident)`,
  );
  return {
    prune: async (before, now) => {
      const incidents = await inBatches(() => pruneIncidents(before.incidents));
      await removeSent(before.incidents);
      await removeTaken(before.inbox);
      await removeForgotten(before.readings);
      const readings = await removeReadings(before.readings);
      return { incidents, readings, entries: await pruneSegments(before.incidents, now) };
    },
  };
}

async function inBatches(removeSome: () => number): Promise<number> {
  let total = 0;
  for (;;) {
    const removed = removeSome();
    total += removed;
    if (removed === 0) return total;
    await setImmediate();
  }
}

function incidentPruner(database: DatabaseSync, transaction: Transaction): (before: number) => number {
  const some = `SELECT id FROM incidents WHERE ${closedBefore} ORDER BY id LIMIT 100`;
  const own = ['snapshots', 'effects', 'ledger', 'tickets', 'posts'].map((table) =>
    database.prepare(`DELETE FROM ${table} WHERE incident IN (${some})`),
  );
  const incidents = database.prepare(`DELETE FROM incidents WHERE id IN (${some})`);
  return (before) =>
    transaction(() => {
      for (const statement of own) statement.run(before);
      return Number(incidents.run(before).changes);
    });
}

function segmentPruner(
  database: DatabaseSync,
  transaction: Transaction,
): (before: number, now: number) => Promise<number> {
  const candidates = database.prepare(
    `SELECT first_seq, last_seq FROM journal_segments
     WHERE pruned_at IS NULL AND last_at < ? AND NOT EXISTS (
       SELECT 1 FROM journal JOIN incidents ON incidents.id = journal.incident
       WHERE journal.seq BETWEEN first_seq AND last_seq
     )
     ORDER BY first_seq`,
  );
  const mark = database.prepare('UPDATE journal_segments SET pruned_at = ? WHERE first_seq = ?');
  const remove = database.prepare('DELETE FROM journal WHERE seq BETWEEN ? AND ?');
  return async (before, now) => {
    let entries = 0;
    for (const { first_seq: first, last_seq: last } of candidates.all(before)) {
      if (first === undefined || last === undefined) continue;
      entries += transaction(() => {
        mark.run(now, first);
        return Number(remove.run(first, last).changes);
      });
      await setImmediate();
    }
    return entries;
  };
}
