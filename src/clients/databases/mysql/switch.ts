import { Readable } from 'node:stream';
import { crashPoint } from '../../../domain/crash-point.ts';
import type { Database } from '../../../domain/data-store.ts';
import { RollbackError } from '../../../domain/errors.ts';
import type { DatabaseTools } from '../tools.ts';
import { dropMysql, makeLike } from './beside.ts';
import { catalogueOf, type Catalogue } from './catalogue.ts';
import { openMysql, quoted, type Mysql } from './connection.ts';
import { definitionsIn } from './dump.ts';
import { feedMysql } from './feed.ts';
import { leaveNotes, noteSwitched, notesIn, type Notes } from './notes.ts';
import { statementsIn } from './statements.ts';

/** The databases of a switch: what was restored, and where what is in use goes. */
export interface Switching {
  readonly scratch: string;
  readonly keepAs: string;
  /** Whether connections that hold the tables are ended. */
  readonly terminate: boolean;
}

/** How long the rename waits for transactions that hold the tables. */
const waitSeconds = 10;

/**
 * Exchanges the tables of the database in use for those that were restored: one RENAME TABLE, which the server does
 * whole or not at all. A database itself cannot be renamed.
 *
 *   nothing ─▶ noted ─▶ triggers off ─▶ renamed ─▶ definitions ─▶ done
 *
 * Each part reads where it stands, so a repeat finishes the rest. Definitions of both sides are noted before anything
 * changes; triggers belong to tables of one database, so they are taken off for the rename and put on again after it.
 */
export async function switchMysql(
  store: Database,
  switching: Switching,
  tools: DatabaseTools,
  signal: AbortSignal,
): Promise<void> {
  const { scratch, keepAs } = switching;
  await using server = await openMysql(store, signal, null);
  if ((await notesIn(server, keepAs))?.switched === 'done') {
    await dropMysql(server, scratch);
    return;
  }
  const before = await notedBefore(server, store, keepAs, tools, signal);
  crashPoint('effect.call.between');
  const restored = await catalogueOf(server, scratch);
  const next = await notesIn(server, scratch);
  if (restored === null || next === null)
    throw new RollbackError('NOT_FOUND', `the database ${scratch} to switch to is not there, or not whole`);
  await server.run(`SET lock_wait_timeout = ${waitSeconds}`);
  if (restored.tables.length > 0)
    await rename(server, store, switching, restored, signal).catch(async (error: unknown) => {
      // Whatever else went wrong, how far it came is read again by a repeat.
      if (error instanceof RollbackError && error.code === 'REFUSED')
        await putBack(store, { keepAs, triggers: before.triggers }, { server, tools }, signal);
      throw error;
    });
  await define(store, { before, next }, server, tools, signal);
  crashPoint('effect.call.between');
  await noteSwitched(server, keepAs, 'done');
  crashPoint('effect.call.between');
  await dropMysql(server, scratch);
}

/** How far a switch came. */
export async function mysqlSwitched(
  store: Database,
  { scratch, keepAs }: Omit<Switching, 'terminate'>,
  signal: AbortSignal,
): Promise<'done' | 'partial' | 'not_done'> {
  await using server = await openMysql(store, signal, null);
  const notes = await notesIn(server, keepAs);
  if (notes === null) return 'not_done';
  if (notes.switched === 'done') return (await catalogueOf(server, scratch)) === null ? 'done' : 'partial';
  return 'partial';
}

async function notedBefore(
  server: Mysql,
  store: Database,
  keepAs: string,
  tools: DatabaseTools,
  signal: AbortSignal,
): Promise<Notes> {
  const noted = await notesIn(server, keepAs);
  if (noted !== null) return noted;
  const there = await catalogueOf(server, keepAs);
  if (there !== null && there.tables.length > 0)
    throw new RollbackError(
      'REFUSED',
      `there is a database ${keepAs} already, and rollbackd did not make it`,
    );
  const live = await catalogueOf(server, store.database);
  if (live === null)
    throw new RollbackError('NOT_FOUND', `there is no database ${store.database} in ${store.name}`);
  const found = await definitionsIn(store, { database: store.database, views: live.views }, tools, signal);
  await makeLike(server, store.database, keepAs);
  await leaveNotes(server, keepAs, found);
  return { ...found, switched: '' };
}

async function rename(
  server: Mysql,
  store: Database,
  { scratch, keepAs, terminate }: Switching,
  restored: Catalogue,
  signal: AbortSignal,
): Promise<void> {
  const { database } = store;
  const live = await catalogueOf(server, database);
  const held = async (statement: string): Promise<void> => {
    const waiting = server.run(statement);
    // Ended while the statement waits for its turn: nobody who comes again gets in before it.
    if (terminate) await Promise.allSettled([waiting, endOthers(store, server.id, signal)]);
    await waiting.catch(async (error: unknown) => {
      throw await blocked(error, store, server);
    });
  };
  if (live !== null && live.triggers.length > 0) {
    // All tables at once or none: a trigger that is off must not wait for the lock of the next one's table.
    await held(`LOCK TABLES ${live.counted.map((name) => `${quoted(database, name)} WRITE`).join(', ')}`);
    for (const name of live.triggers) await server.run(`DROP TRIGGER IF EXISTS ${quoted(database, name)}`);
    await server.run('UNLOCK TABLES');
  }
  crashPoint('effect.call.between');
  const moves = [
    ...(live?.tables ?? []).map((name) => `${quoted(database, name)} TO ${quoted(keepAs, name)}`),
    ...restored.tables.map((name) => `${quoted(scratch, name)} TO ${quoted(database, name)}`),
  ];
  await held(`RENAME TABLE ${moves.join(', ')}`);
  crashPoint('effect.call.between');
}

/** The server refused the rename: the tables in use get their triggers back, and nothing is left of the attempt. */
async function putBack(
  store: Database,
  { keepAs, triggers }: { readonly keepAs: string; readonly triggers: string },
  { server, tools }: { readonly server: Mysql; readonly tools: DatabaseTools },
  signal: AbortSignal,
): Promise<void> {
  await server.run('UNLOCK TABLES');
  if ((await catalogueOf(server, keepAs))?.tables.length !== 0) return;
  const live = await catalogueOf(server, store.database);
  if (live?.triggers.length === 0 && triggers.trim() !== '')
    await feedMysql(store, { database: store.database, input: readableOf(triggers) }, tools, signal);
  await dropMysql(server, keepAs);
}

function readableOf(kept: string): Readable {
  return Readable.from([statementsIn(kept)]);
}

/** Ends every other connection to the database in use. @param own that of the caller */
export async function endOthers(store: Database, own: number, signal: AbortSignal): Promise<void> {
  await using killer = await openMysql(store, signal, null);
  for (const { id } of await others(killer, store.database))
    if (id !== own) await killer.run(`KILL ${id}`).catch(() => {});
}

/** Connections in the database, as far as the account may see them. */
export async function others(
  server: Mysql,
  database: string,
): Promise<readonly { readonly id: number; readonly who: string }[]> {
  const rows = await server.rows(
    'SELECT id, user, host, command, time FROM information_schema.processlist WHERE db = ? AND id <> CONNECTION_ID() ORDER BY time DESC',
    [database],
  );
  return rows.map(({ id, user, host, command, time }) => ({
    id: Number(id),
    who: `${String(user)}@${String(host)} (${String(command)} for ${String(time)} s)`,
  }));
}

async function blocked(thrown: unknown, store: Database, server: Mysql): Promise<unknown> {
  // 1205: the wait for a lock was too long. Nothing was renamed.
  if (!(thrown instanceof RollbackError) || thrown.facts['errno'] !== 1205) return thrown;
  const holding = await others(server, store.database).catch(() => []);
  const who = holding.slice(0, 5).map(({ who: one }) => one);
  return new RollbackError(
    'REFUSED',
    `the tables of ${store.name} could not be switched within ${waitSeconds} s: transactions hold them; connected are ${who.join(', ') || 'others that this account may not see'}; end them, or let the step do it with terminate: true`,
    { errno: 1205 },
    { cause: thrown },
  );
}

/** Puts triggers on the tables that came, and exchanges views, routines and events where they differ. */
async function define(
  store: Database,
  { before, next }: { readonly before: Notes; readonly next: Notes },
  server: Mysql,
  tools: DatabaseTools,
  signal: AbortSignal,
): Promise<void> {
  const { database } = store;
  const feed = (text: string): Promise<void> =>
    feedMysql(store, { database, input: readableOf(text) }, tools, signal);
  if (next.triggers.trim() !== '') await feed(next.triggers);
  crashPoint('effect.call.between');
  if (before.others === next.others) return;
  const live = await catalogueOf(server, database);
  for (const name of live?.views ?? []) await server.run(`DROP VIEW IF EXISTS ${quoted(database, name)}`);
  for (const { kind, name } of live?.routines ?? [])
    await server.run(`DROP ${kind} IF EXISTS ${quoted(database, name)}`);
  for (const name of live?.events ?? []) await server.run(`DROP EVENT IF EXISTS ${quoted(database, name)}`);
  crashPoint('effect.call.between');
  if (next.others.trim() !== '') await feed(next.others);
}
