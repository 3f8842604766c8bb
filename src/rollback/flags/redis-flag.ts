import { asShell } from '../drivers/shell-text.ts';
import { problemsOf, type RedisParts } from '../quiesce/redis.ts';
import { RollbackError } from '../../domain/errors.ts';
import { mayBeSecret } from './flags.ts';
import type { RemoteFlag } from './remote-flag.ts';
import type { RedisFlag } from './remote-options.ts';

/** A flag that is a key of a Redis, or a field of a hash there. */
export function redisRemote(
  { store: name, key, field, value }: RedisFlag,
  { stores, open }: RedisParts,
): RemoteFlag {
  const opened = async (signal: AbortSignal) => {
    const store = stores[name];
    if (store?.kind === 'redis') return open(store, signal);
    throw new RollbackError('REFUSED', problemsOf(name, stores).join('; '));
  };
  const at = field ?? null;
  return {
    where: at === null ? `the key ${key} in ${name}` : `the field ${at} of ${key} in ${name}`,
    wanted: value === null ? null : { value },
    hidden: mayBeSecret(`${key.replaceAll(/\bkey/gi, '')} ${at ?? ''}`, value),
    problems: () => problemsOf(name, stores),
    async look(signal) {
      await using redis = await opened(signal);
      const text = await redis.textAt(key, at);
      return text === null ? null : { value: text };
    },
    async put(held, _opId, signal) {
      await using redis = await opened(signal);
      await redis.putText(key, at, typeof held?.value === 'string' ? held.value : null);
    },
    byHand: byHand(key, at, value),
  };
}

function byHand(key: string, field: string | null, value: string | null): string {
  if (field === null)
    return asShell(value === null ? ['redis-cli', 'DEL', key] : ['redis-cli', 'SET', key, value, 'KEEPTTL']);
  return asShell(
    value === null ? ['redis-cli', 'HDEL', key, field] : ['redis-cli', 'HSET', key, field, value],
  );
}
