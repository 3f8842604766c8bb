import { spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { openRedis, type Redis } from '../../src/clients/redis.ts';
import type { RedisStore } from '../../src/domain/data-store.ts';
import { Secret } from '../../src/domain/secret.ts';
import { freePort } from '../e2e/ports.ts';
import { onceUp } from './once-up.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A Redis server of Debian's, for one test. */
export interface TestRedis {
  readonly store: RedisStore;
  /** A connection of the test's own. */
  readonly client: Redis;
  /** Kills it as a power cut would. */
  kill(): Promise<void>;
}

const never = new AbortController().signal;

/** Starts one on loopback that keeps nothing on disk. */
export async function testRedis(settings: { readonly password?: string } = {}): Promise<TestRedis> {
  const port = await freePort();
  const { password } = settings;
  const server = spawn(
    'redis-server',
    [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--dir',
      temporaryFolder('rd-redis'),
      ...(password === undefined ? [] : ['--requirepass', password]),
    ],
    { stdio: 'ignore' },
  );
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const kill = async (): Promise<void> => {
    server.kill('SIGKILL');
    await ended;
  };
  onTestFinished(kill);
  const store: RedisStore = {
    kind: 'redis',
    name: 'cache',
    host: '127.0.0.1',
    port,
    tls: false,
    database: 0,
    user: null,
    password: password === undefined ? null : new Secret(password),
  };
  const client = await onceUp(() => openRedis(store, never));
  onTestFinished(() => client[Symbol.asyncDispose]());
  return { store, client, kill };
}
