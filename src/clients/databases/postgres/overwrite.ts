import type { Readable } from 'node:stream';
import type { Database } from '../../../domain/data-store.ts';
import { RollbackError } from '../../../domain/errors.ts';
import type { DatabaseTools } from '../tools.ts';
import { countsIn } from './catalogue.ts';
import { besidePostgres, openPostgres } from './connection.ts';
import { feedPostgres } from './dump.ts';
import { endOthers, others } from './switch.ts';

/**
 * Has pg_restore drop and make anew, in one transaction, what an archive holds: the server does all of it or nothing.
 * Tables that the archive does not hold stay.
 *
 * @throws RollbackError `REFUSED` with nothing changed
 */
export async function overwritePostgres(
  store: Database,
  {
    source,
    tools,
    terminate,
  }: { readonly source: Readable; readonly tools: DatabaseTools; readonly terminate: boolean },
  signal: AbortSignal,
): Promise<Readonly<Record<string, number>>> {
  if (terminate) {
    await using server = await besidePostgres(store, signal);
    await endOthers(server, store.database);
  }
  try {
    await feedPostgres(store, { database: store.database, source, over: true }, tools, signal);
  } catch (error) {
    if (!(error instanceof RollbackError) || !error.message.includes('lock timeout')) throw error;
    await using server = await besidePostgres(store, signal);
    const who = (await others(server, store.database).catch(() => [])).slice(0, 5);
    throw new RollbackError(
      'REFUSED',
      `${error.message}; connected are ${who.join(', ') || 'none that this account may see'}; end them, or let the step do it with terminate: true`,
      {},
      { cause: error },
    );
  }
  await using server = await openPostgres(store, signal);
  return await countsIn(server);
}
