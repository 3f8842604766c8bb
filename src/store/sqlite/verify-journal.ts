import { setImmediate } from 'node:timers/promises';
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { brokenLink, chainStart, type ChainHead } from '../../domain/chain.ts';
import { canonical } from '../../domain/json.ts';
import { readEntry } from './journal.ts';

const pageSize = 1_000;

/** What the walk needs to know, prepared once. */
export interface JournalVerifier {
  /** Resolves to the first thing that is wrong, or null. Lets other work go on between pages. */
  verify(head: ChainHead): Promise<string | null>;
}

/**
 * Walks the chain from its start to the head that was recorded apart from it, across pruned segments.
 *
 * It finds any entry that was changed, removed, reordered or added, a tail that was cut off, and sealed segments that
 * no longer agree with their entries. Somebody who rewrites the chain *and* its head is found only against a head
 * that was sent out, e.g. in a closing message.
 */
export function prepareVerifier(database: DatabaseSync): JournalVerifier {
  const page = database.prepare(
    `SELECT seq, at, incident, target, type, message, facts, previous_hash, hash FROM journal
     WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?`,
  );
  const skipPruned = pruneSkipper(database);
  const problemOfSegments = segmentCheck(database);
  const beyond = database.prepare('SELECT min(seq) AS seq FROM journal WHERE seq > ? OR seq < 1');
  return {
    verify: async (head) => {
      const extra = beyond.get(head.seq)?.['seq'];
      if (typeof extra === 'number') return `entry ${extra} lies beyond the head, which is entry ${head.seq}`;
      let reached = skipPruned(chainStart);
      while (reached.seq < head.seq) {
        const rows = page.all(reached.seq, head.seq, pageSize);
        if (rows.length === 0)
          return `the journal ends at entry ${reached.seq}, its head is entry ${head.seq}`;
        for (const row of rows) {
          const problem = problemOfRow(reached, row);
          if (problem !== null) return problem;
          reached = skipPruned({ seq: row['seq'] as number, hash: row['hash'] as string });
        }
        await setImmediate();
      }
      if (reached.hash !== head.hash) return `the head does not match entry ${reached.seq}`;
      return problemOfSegments();
    },
  };
}

function problemOfRow(reached: ChainHead, row: Record<string, SQLOutputValue>): string | null {
  const changed = `entry ${String(row['seq'])} was changed after it was written`;
  try {
    const entry = readEntry(row);
    // Other white space or another order of members would give the same hash.
    return brokenLink(reached, entry) ?? (canonical(entry.facts) === row['facts'] ? null : changed);
  } catch {
    return changed;
  }
}

/** Steps over the pruned segments that begin right behind `reached` and follow its hash. */
function pruneSkipper(database: DatabaseSync): (reached: ChainHead) => ChainHead {
  const next = database.prepare(
    `SELECT last_seq, last_hash FROM journal_segments
     WHERE first_seq = ? AND previous_hash = ? AND pruned_at IS NOT NULL`,
  );
  return (from) => {
    let reached = from;
    for (;;) {
      const row = next.get(reached.seq + 1, reached.hash);
      if (row === undefined) return reached;
      reached = { seq: row['last_seq'] as number, hash: row['last_hash'] as string };
    }
  };
}

/** Sealed segments must still have the entries and the hashes they were sealed with; pruned ones must have none. */
function segmentCheck(database: DatabaseSync): () => Promise<string | null> {
  // Each row walks its own entries, so they are taken one at a time.
  const next = database.prepare(
    `SELECT s.first_seq AS seq, CASE WHEN s.pruned_at IS NULL
       THEN f.previous_hash IS NOT s.previous_hash OR l.hash IS NOT s.last_hash OR s.last_at IS NOT (
         SELECT max(at) FROM journal WHERE seq BETWEEN s.first_seq AND s.last_seq)
       ELSE EXISTS (SELECT 1 FROM journal WHERE seq BETWEEN s.first_seq AND s.last_seq)
     END AS wrong
     FROM journal_segments s
     LEFT JOIN journal f ON f.seq = s.first_seq
     LEFT JOIN journal l ON l.seq = s.last_seq
     WHERE s.first_seq > ? ORDER BY s.first_seq LIMIT 1`,
  );
  const wrongHead = database.prepare(
    `SELECT h.seq FROM journal_head h LEFT JOIN journal j ON j.seq = h.segment_seq
     WHERE h.segment_seq IS NOT 1 + coalesce((SELECT max(last_seq) FROM journal_segments), 0)
       OR h.segment_hash IS NOT j.previous_hash OR h.segment_at IS NOT j.at`,
  );
  return async () => {
    for (let row = next.get(Number.MIN_SAFE_INTEGER); row !== undefined; row = next.get(row['seq'] ?? null)) {
      if (row['wrong'] !== 0) return `the segment that begins at entry ${String(row['seq'])} was changed`;
      await setImmediate();
    }
    return wrongHead.get() === undefined ? null : 'the head does not match the segment that is still open';
  };
}
