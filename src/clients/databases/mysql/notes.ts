import type { Definitions } from './dump.ts';
import { notesTable } from './catalogue.ts';
import { quoted, type Mysql } from './connection.ts';

/** What a database beside the one in use says of itself. */
export interface Notes extends Definitions {
  /** How far a switch to, or away from, this database came; empty: none was begun. */
  readonly switched: string;
}

/** null: it says nothing, so it is no database of rollbackd's, or was not finished. */
export async function notesIn(server: Mysql, database: string): Promise<Notes | null> {
  const there = await server.rows(
    'SELECT 1 FROM information_schema.tables WHERE table_schema = ? AND table_name = ?',
    [database, notesTable],
  );
  if (there.length === 0) return null;
  const rows = await server.rows(`SELECT name, text FROM ${quoted(database, notesTable)}`);
  const notes = new Map(rows.map(({ name, text }) => [String(name), String(text)]));
  if (!notes.has('complete')) return null;
  return {
    triggers: notes.get('triggers') ?? '',
    others: notes.get('others') ?? '',
    switched: notes.get('switched') ?? '',
  };
}

/** Leaves definitions with a database; durable, and all or nothing. */
export async function leaveNotes(server: Mysql, database: string, found: Definitions): Promise<void> {
  const table = quoted(database, notesTable);
  await server.run(
    `CREATE TABLE IF NOT EXISTS ${table} (name VARCHAR(64) PRIMARY KEY, text LONGTEXT NOT NULL) ENGINE=InnoDB CHARSET=utf8mb4`,
  );
  await server.run(`REPLACE INTO ${table} (name, text) VALUES (?, ?), (?, ?), (?, ?)`, [
    'triggers',
    found.triggers,
    'others',
    found.others,
    'complete',
    'yes',
  ]);
}

/** Notes how far a switch came. */
export async function noteSwitched(server: Mysql, database: string, switched: string): Promise<void> {
  await server.run(`REPLACE INTO ${quoted(database, notesTable)} (name, text) VALUES ('switched', ?)`, [
    switched,
  ]);
}
