import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { canonical, type Json } from '../../domain/json.ts';
import type { InboxRow } from '../../domain/ports/store.ts';

/** What people and machines sent, each once. */
export interface Inbox {
  /** @returns the row that was there before under its key; null where it is new, and stored now */
  receive(row: Omit<InboxRow, 'answer'>): InboxRow | null;
  answered(row: Pick<InboxRow, 'source' | 'key'>, answer: Json): void;
  /** Oldest first. */
  unanswered(source: string, limit: number): InboxRow[];
}

/** Prepares its statements once. */
export function prepareInbox(database: DatabaseSync): Inbox {
  const put = database.prepare(
    `INSERT INTO inbox (seq, source, key, at, payload)
     SELECT coalesce(max(seq), 0) + 1, ?, ?, ?, ? FROM inbox WHERE true
     ON CONFLICT (source, key) DO NOTHING`,
  );
  const find = database.prepare(
    'SELECT source, key, at, payload, answer FROM inbox WHERE source = ? AND key = ?',
  );
  const answer = database.prepare('UPDATE inbox SET answer = ? WHERE source = ? AND key = ?');
  const unanswered = database.prepare(
    'SELECT source, key, at, payload, answer FROM inbox WHERE source = ? AND answer IS NULL ORDER BY seq LIMIT ?',
  );
  return {
    receive: ({ source, key, at, payload }) => {
      if (put.run(source, key, at, canonical(payload)).changes > 0) return null;
      const before = find.get(source, key);
      return before === undefined ? null : read(before);
    },
    answered: ({ source, key }, given) => answer.run(canonical(given), source, key),
    unanswered: (source, limit) => unanswered.all(source, limit).map(read),
  };
}

function read(row: Record<string, SQLOutputValue>): InboxRow {
  const answer = row['answer'];
  return {
    source: row['source'] as string,
    key: row['key'] as string,
    at: row['at'] as number,
    payload: JSON.parse(row['payload'] as string) as Json,
    answer: typeof answer === 'string' ? (JSON.parse(answer) as Json) : null,
  };
}
