import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { canonical } from '../../domain/json.ts';
import type { Message, Story } from '../../domain/ports/channel.ts';
import type { OutboxRow } from '../../domain/ports/store.ts';

/** Messages to people, until they are sent and, for their keys' sake, some time longer. */
export interface Outbox {
  /** A key that the channel already had is the same message, and changes nothing. */
  put(message: Message): void;
  /**
   * Unsent and due: incidents with something urgent first, then by the oldest, each incident's oldest first. Behind one
   * that waits for its retry, later ones of its incident wait too: order is kept. What belongs to no incident counts as
   * one incident.
   */
  due(channel: string, now: number, limit: number): OutboxRow[];
  pending(channel: string): number;
  sent(seq: number, now: number): void;
  retryAt(seq: number, nextAt: number): void;
}

/**
 * Chooses incidents by the index alone, and reads the messages of those that are chosen: how many wait in all costs
 * little. SQLite keeps the order of tables around CROSS JOIN; left to itself it would read all that waits.
 */
const dueMessages = `
  WITH lanes AS MATERIALIZED (
    SELECT lane.incident AS incident, loud, head
    FROM (
      SELECT incident, max(urgent) AS loud, min(seq) AS head
      FROM outbox WHERE channel = :channel AND sent_at IS NULL
      GROUP BY incident
    ) AS lane
    CROSS JOIN outbox AS first ON first.seq = head
    WHERE first.next_at <= :now
    ORDER BY loud DESC, head LIMIT :limit
  ), waiting AS (
    SELECT row.seq AS seq, loud, head, max(row.next_at) OVER (PARTITION BY head ORDER BY row.seq) AS ready_at
    FROM lanes
    CROSS JOIN outbox AS row
      ON row.channel = :channel AND row.incident IS lanes.incident AND row.sent_at IS NULL
  )
  SELECT seq, key, channel, incident, at, title, text, urgent, story, attempts, next_at
  FROM waiting JOIN outbox USING (seq)
  WHERE ready_at <= :now
  ORDER BY loud DESC, head, seq LIMIT :limit`;

/** Prepares its statements once. */
export function prepareOutbox(database: DatabaseSync): Outbox {
  const put = database.prepare(
    `INSERT INTO outbox (seq, key, channel, incident, at, title, text, urgent, story, attempts, next_at)
     SELECT coalesce(max(seq), 0) + 1, ?, ?, ?, ?, ?, ?, ?, ?, 0, ? FROM outbox WHERE true
     ON CONFLICT (channel, key) DO NOTHING`,
  );
  const due = database.prepare(dueMessages);
  const pending = database.prepare(
    'SELECT count(*) AS waiting FROM outbox WHERE channel = ? AND sent_at IS NULL',
  );
  const sent = database.prepare('UPDATE outbox SET sent_at = ?, attempts = attempts + 1 WHERE seq = ?');
  const retry = database.prepare('UPDATE outbox SET next_at = ?, attempts = attempts + 1 WHERE seq = ?');
  return {
    put: ({ key, channel, incident, at, title, text, urgent, story }) => {
      const told = story === null ? null : canonical(story);
      put.run(key, channel, incident, at, title, text, urgent ? 1 : 0, told, at);
    },
    due: (channel, now, limit) => due.all({ channel, now, limit }).map(read),
    pending: (channel) => Number(pending.get(channel)?.['waiting']),
    sent: (seq, now) => sent.run(now, seq),
    retryAt: (seq, nextAt) => retry.run(nextAt, seq),
  };
}

function read(row: Record<string, SQLOutputValue>): OutboxRow {
  return {
    seq: row['seq'] as number,
    key: row['key'] as string,
    channel: row['channel'] as string,
    incident: row['incident'] as string | null,
    at: row['at'] as number,
    title: row['title'] as string,
    text: row['text'] as string,
    urgent: row['urgent'] === 1,
    story: storyIn(row['story']),
    attempts: row['attempts'] as number,
    nextAt: row['next_at'] as number,
  };
}

function storyIn(column: SQLOutputValue | undefined): Story | null {
  return typeof column === 'string' ? (JSON.parse(column) as Story) : null;
}
