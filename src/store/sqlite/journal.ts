import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite';
import { chainStart, link, type ChainHead } from '../../domain/chain.ts';
import { canonical, type Json } from '../../domain/json.ts';
import type { Entry, NewEntry } from '../../domain/ports/store.ts';
import { DAY } from '../../domain/time.ts';

/** A segment is sealed when a day begins (UTC), and at this many entries. */
export const longestSegment = 10_000;

/** The append-only journal: entries in a hash chain, cut into segments. */
export interface Journal {
  /** Call it within a transaction. */
  append(entries: readonly NewEntry[]): void;
  head(): ChainHead;
  entries(filter: {
    readonly incident?: string;
    readonly after?: number;
    readonly limit: number;
  }): readonly Entry[];
}

/** The end of the chain, and where the segment that is still open began. */
interface Head extends ChainHead {
  readonly segmentSeq: number;
  readonly segmentAt: number;
  /** Hash of the entry before the segment. */
  readonly segmentHash: string;
}

/** Prepares its statements once. */
export function prepareJournal(database: DatabaseSync): Journal {
  const readHead = headReader(database);
  const writeHead = database.prepare(
    `INSERT INTO journal_head (id, seq, hash, segment_seq, segment_at, segment_hash) VALUES (1, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash,
       segment_seq = excluded.segment_seq, segment_at = excluded.segment_at, segment_hash = excluded.segment_hash`,
  );
  const insert = database.prepare(
    `INSERT INTO journal (seq, at, incident, target, type, message, facts, previous_hash, hash)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const seal = sealer(database);
  return {
    append: (entries) => {
      if (entries.length === 0) return;
      let head = readHead();
      for (const newEntry of entries) {
        const ends = endsSegment(head, newEntry);
        if (ends) seal(head);
        const entry = link(head, newEntry);
        insert.run(...valuesOf(entry));
        head =
          ends || isEmpty(head) ? openSegment(head, entry) : { ...head, seq: entry.seq, hash: entry.hash };
      }
      writeHead.run(head.seq, head.hash, head.segmentSeq, head.segmentAt, head.segmentHash);
    },
    head: () => {
      const { seq, hash } = readHead();
      return { seq, hash };
    },
    entries: entriesReader(database),
  };
}

function headReader(database: DatabaseSync): () => Head {
  const statement = database.prepare(
    'SELECT seq, hash, segment_seq, segment_at, segment_hash FROM journal_head',
  );
  return () => {
    const row = statement.get();
    if (row === undefined)
      return { ...chainStart, segmentSeq: 1, segmentAt: 0, segmentHash: chainStart.hash };
    return {
      seq: row['seq'] as number,
      hash: row['hash'] as string,
      segmentSeq: row['segment_seq'] as number,
      segmentAt: row['segment_at'] as number,
      segmentHash: row['segment_hash'] as string,
    };
  };
}

function isEmpty(head: Head): boolean {
  return head.seq < head.segmentSeq;
}

function endsSegment(head: Head, next: NewEntry): boolean {
  if (isEmpty(head)) return false;
  const isLong = head.seq - head.segmentSeq + 1 >= longestSegment;
  return isLong || Math.floor(next.at / DAY) !== Math.floor(head.segmentAt / DAY);
}

function openSegment(head: Head, { seq, hash, at }: Entry): Head {
  return { seq, hash, segmentSeq: seq, segmentAt: at, segmentHash: head.hash };
}

function sealer(database: DatabaseSync): (head: Head) => void {
  const statement = database.prepare(
    `INSERT INTO journal_segments (first_seq, last_seq, last_at, previous_hash, last_hash)
     SELECT ?, ?, max(at), ?, ? FROM journal WHERE seq BETWEEN ? AND ?`,
  );
  return (head) =>
    statement.run(head.segmentSeq, head.seq, head.segmentHash, head.hash, head.segmentSeq, head.seq);
}

function valuesOf(entry: Entry): SQLInputValue[] {
  const { seq, at, incident, target, type, message, facts, previousHash, hash } = entry;
  return [seq, at, incident, target, type, message, canonical(facts), previousHash, hash];
}

function entriesReader(database: DatabaseSync): Journal['entries'] {
  const columns = 'seq, at, incident, target, type, message, facts, previous_hash, hash';
  const all = database.prepare(`SELECT ${columns} FROM journal WHERE seq > ? ORDER BY seq LIMIT ?`);
  const one = database.prepare(
    `SELECT ${columns} FROM journal WHERE incident = ? AND seq > ? ORDER BY seq LIMIT ?`,
  );
  return ({ incident, after = 0, limit }) => {
    const rows = incident === undefined ? all.all(after, limit) : one.all(incident, after, limit);
    return rows.map(readEntry);
  };
}

/** Throws a SyntaxError when the facts are no longer JSON. */
export function readEntry(row: Record<string, SQLOutputValue>): Entry {
  return {
    seq: row['seq'] as number,
    at: row['at'] as number,
    incident: row['incident'] as string | null,
    target: row['target'] as string | null,
    type: row['type'] as string,
    message: row['message'] as string,
    facts: JSON.parse(row['facts'] as string) as Readonly<Record<string, Json>>,
    previousHash: row['previous_hash'] as string,
    hash: row['hash'] as string,
  };
}
