import type { Migration } from './migration.ts';

/**
 * Everything the first version keeps. Instants and durations are milliseconds; JSON is canonical text.
 *
 * `tables` keeps to what SQLite and PostgreSQL read alike; what only one of them understands stands apart.
 */
export const firstSchema: Migration = {
  version: 1,
  tables: `
    CREATE TABLE incidents (
      id TEXT PRIMARY KEY,
      target TEXT NOT NULL,
      severity TEXT NOT NULL,
      rule TEXT NOT NULL,
      state TEXT NOT NULL,
      outcome TEXT,
      reason TEXT NOT NULL,
      opened_at BIGINT NOT NULL,
      closed_at BIGINT,
      marks TEXT NOT NULL
    );
    CREATE UNIQUE INDEX incidents_one_open ON incidents (target) WHERE closed_at IS NULL;
    CREATE INDEX incidents_opened ON incidents (opened_at);
    CREATE INDEX incidents_closed ON incidents (closed_at);

    CREATE TABLE snapshots (
      incident TEXT NOT NULL,
      machine TEXT NOT NULL,
      version INTEGER NOT NULL,
      value TEXT NOT NULL,
      context TEXT NOT NULL,
      PRIMARY KEY (incident, machine)
    );

    CREATE TABLE effects (
      op_id TEXT PRIMARY KEY,
      incident TEXT NOT NULL,
      step INTEGER NOT NULL,
      purpose TEXT NOT NULL,
      generation INTEGER NOT NULL,
      kind TEXT NOT NULL,
      effect TEXT NOT NULL,
      state TEXT NOT NULL,
      epoch BIGINT NOT NULL,
      recoveries INTEGER NOT NULL,
      intent_at BIGINT NOT NULL,
      started_at BIGINT,
      ended_at BIGINT,
      detail TEXT NOT NULL
    );
    CREATE INDEX effects_incident ON effects (incident);

    CREATE TABLE outbox (
      seq INTEGER PRIMARY KEY,
      key TEXT NOT NULL,
      channel TEXT NOT NULL,
      incident TEXT,
      at BIGINT NOT NULL,
      title TEXT NOT NULL,
      text TEXT NOT NULL,
      urgent INTEGER NOT NULL,
      attempts INTEGER NOT NULL,
      next_at BIGINT NOT NULL,
      sent_at BIGINT,
      UNIQUE (channel, key)
    );
    CREATE INDEX outbox_waiting ON outbox (channel, seq) WHERE sent_at IS NULL;

    CREATE TABLE watches (
      rule TEXT NOT NULL,
      subject TEXT NOT NULL,
      rule_digest TEXT NOT NULL,
      armed INTEGER NOT NULL,
      seen INTEGER NOT NULL,
      unknown_since BIGINT,
      blind INTEGER NOT NULL,
      levels TEXT NOT NULL,
      PRIMARY KEY (rule, subject)
    );

    CREATE TABLE releases (
      target TEXT NOT NULL,
      id TEXT NOT NULL,
      components TEXT NOT NULL,
      standing TEXT NOT NULL,
      because TEXT NOT NULL,
      first_seen_at BIGINT NOT NULL,
      served_at BIGINT NOT NULL,
      good_at BIGINT,
      baked_ms BIGINT NOT NULL,
      barrier TEXT,
      sealed TEXT,
      PRIMARY KEY (target, id)
    );

    CREATE TABLE serving (
      target TEXT PRIMARY KEY,
      release TEXT,
      since BIGINT NOT NULL,
      not_before BIGINT NOT NULL,
      op_id TEXT
    );

    CREATE TABLE controls (
      key TEXT PRIMARY KEY,
      value TEXT NOT NULL
    );

    CREATE TABLE ledger (
      incident TEXT PRIMARY KEY,
      target TEXT NOT NULL,
      severity TEXT NOT NULL,
      rule TEXT NOT NULL,
      outcome TEXT NOT NULL,
      closed_at BIGINT NOT NULL,
      phases TEXT NOT NULL
    );
    CREATE INDEX ledger_closed ON ledger (closed_at);

    CREATE TABLE readings (
      subject TEXT NOT NULL,
      rule TEXT NOT NULL,
      at BIGINT NOT NULL,
      reading TEXT NOT NULL,
      PRIMARY KEY (subject, rule, at)
    );
    CREATE INDEX readings_subject ON readings (subject, at);
    CREATE INDEX readings_age ON readings (at);

    CREATE TABLE journal (
      seq BIGINT PRIMARY KEY,
      at BIGINT NOT NULL,
      incident TEXT,
      target TEXT,
      type TEXT NOT NULL,
      message TEXT NOT NULL,
      facts TEXT NOT NULL,
      previous_hash TEXT NOT NULL,
      hash TEXT NOT NULL
    );
    CREATE INDEX journal_incident ON journal (incident, seq);

    -- One row: the end of the chain, and where the segment that is still open began.
    CREATE TABLE journal_head (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      seq BIGINT NOT NULL,
      hash TEXT NOT NULL,
      segment_seq BIGINT NOT NULL,
      segment_at BIGINT NOT NULL,
      segment_hash TEXT NOT NULL
    );

    -- Sealed segments. A pruned one stays here, so that the chain can be followed across it.
    CREATE TABLE journal_segments (
      first_seq BIGINT PRIMARY KEY,
      last_seq BIGINT NOT NULL,
      last_at BIGINT NOT NULL,
      previous_hash TEXT NOT NULL,
      last_hash TEXT NOT NULL,
      pruned_at BIGINT
    );
  `,
  sqlite: `
    CREATE TRIGGER journal_refuses_update BEFORE UPDATE ON journal
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

    CREATE TRIGGER journal_refuses_delete BEFORE DELETE ON journal
    WHEN NOT EXISTS (
      SELECT 1 FROM journal_segments
      WHERE OLD.seq BETWEEN first_seq AND last_seq AND pruned_at IS NOT NULL
    )
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

    -- INSERT OR REPLACE deletes without asking the trigger above.
    CREATE TRIGGER journal_refuses_overwrite BEFORE INSERT ON journal
    WHEN NEW.seq <= (SELECT seq FROM journal_head) OR EXISTS (SELECT 1 FROM journal WHERE seq = NEW.seq)
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

    CREATE TRIGGER journal_segments_refuse_delete BEFORE DELETE ON journal_segments
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

    CREATE TRIGGER journal_segments_refuse_update
    BEFORE UPDATE OF first_seq, last_seq, last_at, previous_hash, last_hash ON journal_segments
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
  `,
};
