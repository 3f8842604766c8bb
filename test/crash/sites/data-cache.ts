import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { createClient } from '@redis/client';
import { freePort } from '../../e2e/ports.ts';
import type { Watched } from './watched.ts';

/** A Redis of Debian's that plans invalidate and hold writes off by. */
export interface DataCache {
  /** Of `data_stores`. */
  readonly settings: object;
  readonly watched: readonly Watched[];
  /** Fills it. */
  lay(): Promise<void>;
  close(): Promise<void>;
}

const stale = 300;

export async function dataCache(folder: string): Promise<DataCache> {
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder];
  const server = spawn('redis-server', args, { stdio: 'ignore' });
  const kill = (): void => void server.kill('SIGKILL');
  process.once('exit', kill);
  const client = createClient({ url: `redis://127.0.0.1:${port}` });
  client.on('error', () => {});
  await client.connect();
  const lay = async (): Promise<void> => {
    await client.flushDb();
    await client.mSet(Array.from({ length: stale }, (_, at): [string, string] => [`user:${at}`, 'stale']));
  };
  return {
    settings: { cache: { redis: { url: `redis://127.0.0.1:${port}/0` } } },
    watched: [
      {
        step: 'invalidated',
        look: async () => {
          const [first, last] = [await client.get('user:fresh'), await client.exists(users)];
          if (first !== null) return 'filled';
          return last === 0 ? 'empty' : 'stale';
        },
        used: 'filled',
        harmless: true,
        use: async (word) => {
          if (word === 'empty') await client.set('user:fresh', 'new');
        },
        reset: lay,
      },
      {
        step: 'held',
        look: async () => ((await client.exists('maintenance')) === 1 ? 'held' : 'open'),
        used: null,
        use: async () => {},
        reset: async () => void (await client.del(['maintenance', 'rollbackd:quiesce:maintenance'])),
      },
    ],
    lay,
    async close() {
      process.off('exit', kill);
      client.destroy();
      kill();
      await pause(20);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const users = Array.from({ length: stale }, (_, at) => `user:${at}`);
