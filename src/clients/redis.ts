import { isUtf8 } from 'node:buffer';
import { createClient, RESP_TYPES } from '@redis/client';
import type { RedisStore } from '../domain/data-store.ts';
import { messageOf, RollbackError } from '../domain/errors.ts';
import { SECOND } from '../domain/time.ts';

/** One connection to a Redis server, as far as rollbackd needs it. Ends with its disposal. */
export interface Redis extends AsyncDisposable {
  /** Resolves when the server answers. */
  ping(): Promise<void>;
  /** Keys of the database that the connection is in. */
  size(): Promise<number>;
  /** Pages of keys that match a pattern of Redis's own (`*`, `?`, `[…]`); a key may come twice, pages may be empty. */
  scan(pattern: string, pageSize: number): AsyncIterable<readonly Buffer[]>;
  /** Takes keys out; their memory is freed in the background. @returns how many were there */
  unlink(keys: readonly Buffer[]): Promise<number>;
  /** Empties this database, or every database of the server. Memory is freed in the background. */
  flush(what: 'database' | 'everything'): Promise<void>;
  /** Of this daemon's own, e.g. how far an effect has come. */
  get(key: string): Promise<string | null>;
  /** `forMs`: it goes by itself after this long. */
  set(key: string, value: string, forMs: number): Promise<void>;
  /** A text that others keep in a key, or in a field of a hash. Rejects with `REFUSED` where it is something else. */
  textAt(key: string, field: string | null): Promise<string | null>;
  /** Writes such a text, or takes it out. A key that expires goes on expiring. */
  putText(key: string, field: string | null, text: string | null): Promise<void>;
}

/** How a server is reached. Each call opens a connection of its own; rejections are `RollbackError`s. */
export type RedisOpener = (store: RedisStore, signal: AbortSignal) => Promise<Redis>;

const connectMs = 5 * SECOND;
const commandMs = 10 * SECOND;

/**
 * Connects to a Redis server.
 *
 * @throws RollbackError `UNREACHABLE` when it cannot be reached, `REFUSED` when it says no (password, permission)
 */
export async function openRedis(store: RedisStore, signal: AbortSignal): Promise<Redis> {
  const { host, port, tls, database, user, password } = store;
  const client = createClient({
    // No second connection by itself: what was under way then would be repeated unseen.
    socket: {
      host,
      port,
      connectTimeout: connectMs,
      socketTimeout: commandMs,
      reconnectStrategy: false,
      ...(tls ? { tls } : {}),
    },
    database,
    RESP: 2,
    disableOfflineQueue: true,
    ...(user === null ? {} : { username: user }),
    ...(password === null ? {} : { password: password.reveal() }),
  });
  // Each call rejects with what went wrong: nothing is told twice.
  client.on('error', () => {});
  const abort = (): void => client.destroy();
  const asked = async <T>(tried: string, work: () => Promise<T>): Promise<T> => {
    if (signal.aborted)
      throw new RollbackError('ABORTED', `interrupted before it could ${tried} in ${store.name}`);
    try {
      return await work();
    } catch (cause) {
      throw failure(store, tried, cause, signal);
    }
  };
  await asked('connect', () => client.connect());
  // Keys are bytes: one that is no valid text must be found again as it is.
  const binary = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  signal.addEventListener('abort', abort, { once: true });
  return {
    ping: () =>
      asked('ask for a sign of life', async () => {
        await client.ping();
      }),
    size: () => asked('count keys', () => client.dbSize()),
    scan: (pattern, pageSize) =>
      pages((cursor) =>
        asked('look for keys', () => binary.scan(cursor, { MATCH: pattern, COUNT: pageSize })),
      ),
    unlink: (keys) => asked('remove keys', () => client.unlink([...keys])),
    flush: (what) =>
      asked(what === 'everything' ? 'empty every database' : 'empty the database', async () => {
        await (what === 'everything' ? client.flushAll('ASYNC') : client.flushDb('ASYNC'));
      }),
    get: (key) => asked('read a key', () => client.get(key)),
    set: (key, value, forMs) =>
      asked('write a key', async () => {
        await client.set(key, value, { expiration: { type: 'PX', value: forMs } });
      }),
    textAt: (key, field) =>
      asked('read a key', async () =>
        textOf(await (field === null ? binary.get(key) : binary.hGet(key, field))),
      ),
    putText: (key, field, text) =>
      asked('write a key', async () => {
        if (field === null && text === null) await client.unlink(key);
        else if (field === null) await client.set(key, text ?? '', { expiration: 'KEEPTTL' });
        else await (text === null ? client.hDel(key, field) : client.hSet(key, field, text));
      }),
    [Symbol.asyncDispose]: async () => {
      signal.removeEventListener('abort', abort);
      if (client.isOpen) client.destroy();
    },
  };
}

function textOf(bytes: Buffer | string | null | undefined): string | null {
  if (bytes === null || bytes === undefined) return null;
  const found = Buffer.from(bytes);
  if (isUtf8(found)) return found.toString('utf8');
  throw new Error('ERR the value is not a text in UTF-8');
}

/** Every key that is there from the first page to the last comes at least once. */
async function* pages(
  page: (cursor: string) => Promise<{ readonly cursor: Buffer | string; readonly keys: readonly Buffer[] }>,
): AsyncGenerator<readonly Buffer[]> {
  let cursor = '0';
  do {
    const found = await page(cursor);
    cursor = String(found.cursor);
    yield found.keys;
  } while (cursor !== '0');
}

/** What the server said, or that nobody can tell; the password is in none of its messages. */
function failure(
  { name, host, port }: RedisStore,
  tried: string,
  cause: unknown,
  signal: AbortSignal,
): RollbackError {
  const where = `${name} (${host}:${port})`;
  if (signal.aborted)
    return new RollbackError('ABORTED', `interrupted while it tried to ${tried} in ${where}`);
  const said = messageOf(cause);
  const refusal = /^(WRONGPASS|WRONGTYPE|NOAUTH|NOPERM|ERR|READONLY|MOVED|MISCONF|LOADING|OOM)\b/.exec(
    said,
  )?.[1];
  if (refusal === 'LOADING')
    return new RollbackError(
      'UNREACHABLE',
      `could not ${tried} in ${where}: it is loading its data`,
      {},
      { cause },
    );
  if (refusal !== undefined)
    return new RollbackError(
      'REFUSED',
      `could not ${tried} in ${where}: it said ${said}`,
      { refusal },
      { cause },
    );
  return new RollbackError('UNREACHABLE', `could not ${tried} in ${where}: ${said}`, {}, { cause });
}
