import type { RedisOpener } from '../../clients/redis.ts';
import type { DataStore, RedisStore } from '../../domain/data-store.ts';
import { RollbackError } from '../../domain/errors.ts';
import { msOf } from '../drivers/duration-option.ts';
import { asShell } from '../drivers/shell-text.ts';
import type { QuiesceOptions } from './options.ts';
import { bySomebody, type Quiescer, type Stand } from './quiescer.ts';

export interface RedisParts {
  readonly stores: Readonly<Record<string, DataStore>>;
  readonly open: RedisOpener;
}

/**
 * Holds writes off by a key in a Redis. Beside it a second key says which effect holds; both expire with the lease, so
 * that a dead daemon holds nothing for ever.
 */
export function redisQuiescer(
  { store: name, key, value }: NonNullable<QuiesceOptions['redis']>,
  lease: string,
  { stores, open }: RedisParts,
): Quiescer {
  const signature = `rollbackd:quiesce:${key}`;
  const where = `the key ${key} in ${name}`;
  const opened = async (signal: AbortSignal) => {
    const store = stores[name];
    if (store?.kind === 'redis') return open(store satisfies RedisStore, signal);
    throw new RollbackError('REFUSED', problemsOf(name, stores).join('; '));
  };
  const look = async (opId: string | null, signal: AbortSignal): Promise<Stand> => {
    await using redis = await opened(signal);
    const [shown, holder] = [await redis.get(key), await redis.get(signature)];
    if (shown === null) return { is: 'open' };
    if (holder === null) return bySomebody;
    return holder === opId ? { is: 'ours' } : { is: 'other', whose: holder };
  };
  const write = async (opId: string, signal: AbortSignal): Promise<null> => {
    await using redis = await opened(signal);
    // Whoever finds the key must find whose it is.
    await redis.set(signature, opId, msOf(lease));
    await redis.set(key, value ?? opId, msOf(lease));
    return null;
  };
  return {
    where,
    problems: () => problemsOf(name, stores),
    look,
    before: () => Promise.resolve(null),
    hold: write,
    async letGo(opId, signal) {
      await using redis = await opened(signal);
      if ((await redis.get(signature)) !== opId) return null;
      await redis.unlink([Buffer.from(key)]);
      await redis.unlink([Buffer.from(signature)]);
      return null;
    },
    async renew(opId, signal) {
      const { is } = await look(opId, signal);
      return is === 'ours'
        ? write(opId, signal)
        : `${where} is no longer that of this effect; writes may have passed since`;
    },
    byHand: {
      hold: asShell(['redis-cli', 'SET', key, value ?? 'by-hand', 'PX', String(msOf(lease))]),
      letGo: asShell(['redis-cli', 'DEL', key, signature]),
    },
  };
}

/** Why a name stands for no Redis, as a list of at most one reason. */
export function problemsOf(name: string, stores: Readonly<Record<string, DataStore>>): string[] {
  const found = stores[name];
  const known = Object.keys(stores).join(', ');
  if (found === undefined)
    return [`there is no data store ${name}; data_stores has ${known === '' ? 'none' : known}`];
  return found.kind === 'redis' ? [] : [`the data store ${name} is a ${found.kind}, not a redis`];
}
