import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { createClient } from '@redis/client';
import { freePort } from '../../e2e/ports.ts';
import { plainPart, plainWatched, type DataPart } from './data-part.ts';

const stale = 300;

/** A Redis of Debian's that plans invalidate, hold writes off by, and set flags in. */
export async function dataCache(folder: string): Promise<DataPart> {
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
    await client.set('feature', 'off');
    await client.mSet(Array.from({ length: stale }, (_, at): [string, string] => [`user:${at}`, 'stale']));
  };
  return {
    ...plainPart,
    stores: { cache: { redis: { url: `redis://127.0.0.1:${port}/0` } } },
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
      { ...plainWatched, step: 'redis-flag', look: () => client.get('feature'), reset: lay },
      {
        ...plainWatched,
        step: 'held',
        look: async () => ((await client.exists('maintenance')) === 1 ? 'held' : 'open'),
        reset: async () => void (await client.del(['maintenance', 'rollbackd:quiesce:maintenance'])),
      },
    ],
    lay,
    spoil: lay,
    held: async () =>
      (await client.keys('*')).filter((key) => key.includes('maintenance')).map((key) => `the key ${key}`),
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
