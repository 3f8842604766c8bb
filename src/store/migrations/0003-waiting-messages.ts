import type { Migration } from './migration.ts';

/** What waits is looked through by incident without reading the messages themselves: there may be tens of thousands. */
export const waitingMessages: Migration = {
  version: 3,
  tables: `
    CREATE INDEX outbox_lanes ON outbox (channel, incident, seq, urgent, next_at) WHERE sent_at IS NULL;
    DROP INDEX outbox_waiting;
  `,
  sqlite: '',
};
