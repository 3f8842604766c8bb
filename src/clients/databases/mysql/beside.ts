import { pipeline as connect, type Readable } from 'node:stream';
import { crashPoint } from '../../../domain/crash-point.ts';
import type { BackupFacts } from '../../../domain/backup.ts';
import type { Database } from '../../../domain/data-store.ts';
import { RollbackError } from '../../../domain/errors.ts';
import { HOUR } from '../../../domain/time.ts';
import type { DatabaseTools } from '../tools.ts';
import { catalogueOf } from './catalogue.ts';
import { openMysql, quoted, type Mysql } from './connection.ts';
import { definitionsIn } from './dump.ts';
import { feedMysql } from './feed.ts';
import { leaveNotes } from './notes.ts';
import { ReadingBack } from './reading-back.ts';

/**
 * Restores a dump into a database of its own; one of that name starts over.
 *
 * Its triggers and events are taken out again and noted: a copy beside the one in use must do nothing by itself.
 *
 * @returns the rows by table that are there now, read back from the server, and their digests
 */
export async function restoreMysqlBeside(
  store: Database,
  {
    source,
    scratch,
    tools,
  }: { readonly source: Readable; readonly scratch: string; readonly tools: DatabaseTools },
  signal: AbortSignal,
): Promise<Pick<BackupFacts, 'counts' | 'digests'>> {
  await using server = await openMysql(store, signal, null);
  await dropMysql(server, scratch);
  await makeLike(server, store.database, scratch);
  crashPoint('effect.call.between');
  await using reading = new ReadingBack({ store, server, database: scratch, tools }, signal);
  const input = connect(source, reading.passage, () => {});
  await feedMysql(store, { database: scratch, input, waitMs: HOUR }, tools, signal);
  crashPoint('effect.call.between');
  const found = await catalogueOf(server, scratch);
  if (found === null)
    throw new RollbackError('NOT_FOUND', `the database ${scratch} went while it was restored`);
  const definitions = await definitionsIn(store, { database: scratch, views: found.views }, tools, signal);
  for (const name of found.events) await server.run(`DROP EVENT IF EXISTS ${quoted(scratch, name)}`);
  for (const name of found.triggers) await server.run(`DROP TRIGGER IF EXISTS ${quoted(scratch, name)}`);
  // The notes are none of the rows that were copied. Events may have changed what was read before they were taken out.
  const rows = await reading.all(found.counted, { afresh: found.events.length > 0 });
  await leaveNotes(server, scratch, definitions);
  return rows;
}

/** Makes an empty database with the character set of another. */
export async function makeLike(server: Mysql, like: string, name: string): Promise<void> {
  const [row] = await server.rows(
    'SELECT default_character_set_name AS charset, default_collation_name AS collation FROM information_schema.schemata WHERE schema_name = ?',
    [like],
  );
  const { charset, collation } = row ?? {};
  const as = isWord(charset) && isWord(collation) ? ` CHARACTER SET ${charset} COLLATE ${collation}` : '';
  await server.run(`CREATE DATABASE IF NOT EXISTS ${quoted(name)}${as}`);
}

function isWord(text: unknown): text is string {
  return typeof text === 'string' && /^\w+$/.test(text);
}

/** Removes a database that rollbackd made, and whoever is still in it; one that is not there is removed already. */
export async function dropMysql(server: Mysql, name: string): Promise<void> {
  const inside = await server.rows(
    'SELECT id FROM information_schema.processlist WHERE db = ? AND id <> CONNECTION_ID()',
    [name],
  );
  // What a killed daemon left would write on into the next one of this name. It may have ended meanwhile.
  for (const { id } of inside) await server.run(`KILL ${Number(id)}`).catch(() => {});
  await server.run(`DROP DATABASE IF EXISTS ${quoted(name)}`);
}
