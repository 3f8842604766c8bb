import type { Migration } from './migration.ts';

/** What it takes to ask people and to be answered: stories, posts that are edited, buttons, and what came in. */
export const people: Migration = {
  version: 2,
  tables: `
    ALTER TABLE outbox ADD COLUMN story TEXT;

    CREATE TABLE posts (
      channel TEXT NOT NULL,
      incident TEXT NOT NULL,
      place TEXT NOT NULL,
      PRIMARY KEY (channel, incident)
    );

    CREATE TABLE tickets (
      id TEXT PRIMARY KEY,
      incident TEXT NOT NULL,
      question TEXT NOT NULL,
      plan_digest TEXT NOT NULL,
      at BIGINT NOT NULL
    );
    CREATE INDEX tickets_incident ON tickets (incident);

    CREATE TABLE inbox (
      seq INTEGER PRIMARY KEY,
      source TEXT NOT NULL,
      key TEXT NOT NULL,
      at BIGINT NOT NULL,
      payload TEXT NOT NULL,
      answer TEXT,
      UNIQUE (source, key)
    );
    CREATE INDEX inbox_unanswered ON inbox (source, seq) WHERE answer IS NULL;
    CREATE INDEX inbox_age ON inbox (at);
  `,
  sqlite: '',
};
