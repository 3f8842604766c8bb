import type { Readable } from 'node:stream';
import { crashPoint } from '../../../domain/crash-point.ts';
import type { Database } from '../../../domain/data-store.ts';
import { messageOf, RollbackError } from '../../../domain/errors.ts';
import type { DatabaseTools } from '../tools.ts';
import { catalogueOf, countMysql } from './catalogue.ts';
import { openMysql, quoted } from './connection.ts';
import { feedMysql, turnOf } from './feed.ts';
import { endOthers, others } from './switch.ts';

/** How long dropping the tables waits for transactions that hold them. */
const waitSeconds = 5;

/**
 * Empties a database and restores a dump into it. Statements that define tables cannot be taken back by these servers, so
 * from the first drop on there is no way back but a repeat.
 *
 * @throws RollbackError `REFUSED` before anything was dropped, `EFFECT_UNKNOWN` after it
 */
export async function overwriteMysql(
  store: Database,
  {
    source,
    tools,
    terminate,
  }: { readonly source: Readable; readonly tools: DatabaseTools; readonly terminate: boolean },
  signal: AbortSignal,
): Promise<Readonly<Record<string, number>>> {
  const { database } = store;
  await using server = await openMysql(store, signal);
  const found = await catalogueOf(server, database);
  if (found === null)
    throw new RollbackError('NOT_FOUND', `there is no database ${database} in ${store.name}`);
  await server.run(`SET lock_wait_timeout = ${waitSeconds}`);
  await server.run('SET foreign_key_checks = 0');
  const [turn] = await server.rows('SELECT GET_LOCK(?, ?) AS got', [turnOf(database), waitSeconds]);
  if (Number(turn?.['got']) !== 1)
    throw new RollbackError(
      'REFUSED',
      `${store.name} is being written to by a restore that was begun before; wait until it is over`,
    );
  if (found.tables.length > 0) {
    // The server waits for all of these tables before it drops the first.
    const dropping = server.run(
      `DROP TABLE ${found.tables.map((name) => quoted(database, name)).join(', ')}`,
    );
    if (terminate) await Promise.allSettled([dropping, endOthers(store, server.id, signal)]);
    await dropping.catch(async (error: unknown) => {
      const who = (await others(server, database).catch(() => [])).slice(0, 5).map((one) => one.who);
      throw new RollbackError(
        isWait(error) ? 'REFUSED' : 'EFFECT_UNKNOWN',
        `the tables of ${store.name} could not be replaced within ${waitSeconds} s: ${messageOf(error)}; connected are ${who.join(', ') || 'none that this account may see'}; end them, or let the step do it with terminate: true`,
        {},
        { cause: error },
      );
    });
  }
  try {
    crashPoint('effect.call.between');
    for (const name of found.views) await server.run(`DROP VIEW IF EXISTS ${quoted(database, name)}`);
    for (const { kind, name } of found.routines)
      await server.run(`DROP ${kind} IF EXISTS ${quoted(database, name)}`);
    for (const name of found.events) await server.run(`DROP EVENT IF EXISTS ${quoted(database, name)}`);
    crashPoint('effect.call.between');
    // The client takes it over, so that it is held for as long as that writes.
    await server.run('DO RELEASE_LOCK(?)', [turnOf(database)]);
    await feedMysql(store, { database, input: source }, tools, signal);
    return (await countMysql(server, database)) ?? {};
  } catch (cause) {
    if (!(cause instanceof RollbackError)) throw cause;
    const message = `${store.name} is half replaced: ${cause.message}`;
    throw new RollbackError('EFFECT_UNKNOWN', message, {}, { cause });
  }
}

/** 1205: the wait for a lock was too long. Nothing was dropped. */
function isWait(error: unknown): boolean {
  return error instanceof RollbackError && error.facts['errno'] === 1205;
}
