import type { Migration } from './migration.ts';

/** What steps that replace data counted; what went before counted nothing. */
export const dataIntegrity: Migration = {
  version: 4,
  tables: `
    ALTER TABLE effects ADD COLUMN integrity TEXT NOT NULL DEFAULT '[]';
    ALTER TABLE ledger ADD COLUMN data TEXT NOT NULL DEFAULT 'null';
  `,
  sqlite: '',
};
