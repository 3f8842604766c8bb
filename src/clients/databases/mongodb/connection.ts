import { connect } from 'node:net';
import { once } from 'node:events';
import type { Db, MongoClient } from 'mongodb';
import type { Database } from '../../../domain/data-store.ts';
import { messageOf, RollbackError } from '../../../domain/errors.ts';
import { SECOND } from '../../../domain/time.ts';
import { withoutPassword } from '../tools.ts';

/** One connection to a server of MongoDB. Ends with its disposal, or when the signal aborts. */
export interface Mongo extends AsyncDisposable {
  readonly client: MongoClient;
  readonly database: Db;
  /** `mongodb 7.0.14`. */
  readonly server: string;
  readonly role: 'primary' | 'secondary' | 'standalone' | 'router';
  /** Whether everything can be read as of one instant. */
  readonly takesSnapshots: boolean;
  /** Does something, and turns what goes wrong into a `RollbackError`. */
  readonly asked: <T>(tried: string, work: () => Promise<T>) => Promise<T>;
}

const connectMs = 10 * SECOND;
/** Of MongoDB 5.0, the first that reads snapshots outside of transactions. */
const withSnapshots = 13;

/**
 * Connects to this server alone, whatever set it belongs to; the account is one of the database `admin`.
 *
 * @throws RollbackError `UNREACHABLE`, `REFUSED` when the server says no, with its `serverCode`
 */
export async function openMongo(store: Database, signal: AbortSignal): Promise<Mongo> {
  const { MongoClient: Client } = await import('mongodb');
  const { host, port, user, password, tls } = store;
  const asked: Mongo['asked'] = async (tried, work) => {
    if (signal.aborted) throw aborted(store, tried);
    try {
      return await work();
    } catch (cause) {
      if (cause instanceof RollbackError) throw cause;
      throw signal.aborted ? aborted(store, tried) : failure(store, tried, cause);
    }
  };
  // The library asks again and again until its time is over; a refusal is known at once.
  await asked('connect', () => reach(store, signal));
  const client = new Client(`mongodb://${host.includes(':') ? `[${host}]` : host}:${port}`, {
    ...(user === null ? {} : { auth: { username: user, password: password?.reveal() ?? '' } }),
    authSource: 'admin',
    tls,
    directConnection: true,
    serverSelectionTimeoutMS: connectMs,
    connectTimeoutMS: connectMs,
    maxPoolSize: 2,
    retryWrites: false,
    writeConcern: { w: 'majority' },
    appName: 'rollbackd',
  });
  client.on('error', () => {});
  const end = (): Promise<void> => client.close(true).catch(() => {});
  const abort = (): void => void end();
  signal.addEventListener('abort', abort, { once: true });
  try {
    const { hello, version } = await asked('connect', async () => {
      const admin = client.db('admin');
      const greeting = await admin.command({ hello: 1 });
      return { hello: greeting, version: String((await admin.command({ buildInfo: 1 }))['version']) };
    });
    const isInSet = typeof hello['setName'] === 'string';
    const writes = hello['isWritablePrimary'] === true;
    const role =
      hello['msg'] === 'isdbgrid' ? 'router' : !isInSet ? 'standalone' : writes ? 'primary' : 'secondary';
    return {
      client,
      database: client.db(store.database),
      server: `mongodb ${version}`,
      role,
      takesSnapshots: isInSet && Number(hello['maxWireVersion']) >= withSnapshots,
      asked,
      [Symbol.asyncDispose]: async () => {
        signal.removeEventListener('abort', abort);
        await end();
      },
    };
  } catch (error) {
    signal.removeEventListener('abort', abort);
    await end();
    throw error;
  }
}

async function reach({ host, port }: Database, signal: AbortSignal): Promise<void> {
  const socket = connect({ host, port, timeout: connectMs });
  socket.on('timeout', () => socket.destroy(new Error(`no connection within ${connectMs / SECOND} s`)));
  try {
    await once(socket, 'connect', { signal });
  } finally {
    socket.on('error', () => {}).destroy();
  }
}

function aborted({ name }: Database, tried: string): RollbackError {
  return new RollbackError('ABORTED', `interrupted at ${tried} in ${name}; how far it got is unknown`);
}

function failure(store: Database, tried: string, cause: unknown): RollbackError {
  const where = `${store.name} (${store.host}:${store.port})`;
  const message = `${where}, ${tried}: ${withoutPassword(messageOf(cause), store)}`;
  const code = cause instanceof Error && 'code' in cause ? cause.code : null;
  if (typeof code === 'number') return new RollbackError('REFUSED', message, { serverCode: code }, { cause });
  return new RollbackError(tried === 'connect' ? 'UNREACHABLE' : 'EFFECT_UNKNOWN', message, {}, { cause });
}
