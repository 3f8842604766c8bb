import { z } from 'zod';
import type { DataStore, RedisStore } from '../domain/data-store.ts';
import type { Place } from './place.ts';
import type { ReadingContext } from './reading-context.ts';
import { isName, nameProblem, text } from './scalars.ts';
import { resolveSecret, secretReference } from './secrets.ts';

/** The keys of a data store: the word says of which kind it is. */
export const dataStoreShape = {
  redis: z.unknown().optional().describe('A Redis server'),
};

/** The keys of `redis`. */
export const redisShape = {
  url: text.describe('redis://HOST:PORT/DATABASE, or rediss:// with TLS; without user and password'),
  user: text.optional().describe('Of the access list; the default user unless stated'),
  password: secretReference.optional().describe('Of the user, or that of requirepass'),
};

/** `data_stores:`, by name. */
export async function readDataStores(
  place: Place,
  context: ReadingContext,
): Promise<Readonly<Record<string, DataStore>>> {
  const stores: Record<string, DataStore> = {};
  for (const [name, at] of place.entries('data stores by name')) {
    if (!isName(name)) at.problem(nameProblem, 'key');
    at.fields(dataStoreShape);
    if (!at.has('redis')) {
      at.problem('says not of which kind it is; expected redis: { url: … }', 'key');
      continue;
    }
    const store = await readRedis(at.at('redis'), name, context);
    if (store !== null) stores[name] = store;
  }
  return stores;
}

async function readRedis(place: Place, name: string, context: ReadingContext): Promise<RedisStore | null> {
  const { url, user, password } = place.fields(redisShape);
  const secret = password === undefined ? null : await resolveSecret(place.at('password'), password, context);
  if (url === undefined) return null;
  const read = URL.parse(url);
  const database = /^\/?$/.test(read?.pathname ?? '')
    ? 0
    : Number(/^\/(\d{1,4})$/.exec(read?.pathname ?? '')?.[1]);
  if (
    read === null ||
    !['redis:', 'rediss:'].includes(read.protocol) ||
    read.hostname === '' ||
    Number.isNaN(database)
  ) {
    place.at('url').problem('expected redis://HOST:PORT/DATABASE, e.g. redis://redis:6379/0');
    return null;
  }
  if (read.username !== '' || read.password !== '')
    place.at('url').problem('must not hold a user or a password: they have keys of their own');
  return {
    kind: 'redis',
    name,
    host: read.hostname.replace(/^\[|\]$/g, ''),
    port: read.port === '' ? 6379 : Number(read.port),
    tls: read.protocol === 'rediss:',
    database,
    user: user ?? null,
    password: secret,
  };
}
