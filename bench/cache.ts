import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from '@redis/client';
import { systemClock } from '../src/app/clock.ts';
import { openRedis } from '../src/clients/redis.ts';
import type { RedisStore } from '../src/domain/data-store.ts';
import { cacheInvalidateDriver } from '../src/rollback/drivers/cache-invalidate.ts';
import { forever, stepOf, targetOf } from '../test/docker/workshop.ts';
import { onceUp } from '../test/support/once-up.ts';
import type { BenchContext, Benchmark } from './benchmark.ts';
import { freePort, run } from './programs.ts';
import { measured, type Measure } from './samples.ts';

const server = '/usr/bin/redis-server';

/** Keys taken out of a Redis by pattern, while another client reads all the time. */
export const cache: Benchmark = {
  name: 'cache',
  summary: 'a million keys of a Redis invalidated by pattern: what that adds to the answers of other clients',
  missing: () => (existsSync(server) ? null : 'redis-server is not installed'),
  run: measureAll,
};

async function measureAll({ folder, quick, progress, signal }: BenchContext): Promise<readonly Measure[]> {
  await using undo = new AsyncDisposableStack();
  const port = await freePort();
  run(undo, server, ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder]);
  const [keys, forMs] = quick ? [100_000, 3_000] : [1_000_000, 30_000];
  await using client = await connected(port);
  const added: number[] = [];
  const alone: number[] = [];
  const meanwhile: number[] = [];
  const seconds: number[] = [];
  for (let round = 0; round < (quick ? 1 : 3) && !signal.aborted; round++) {
    await fill(client, keys);
    const quiet = await askFor(port, () => pause(forMs));
    const begun = performance.now();
    const busy = await askFor(port, () => invalidate(port));
    seconds.push((performance.now() - begun) / 1_000);
    alone.push(quiet);
    meanwhile.push(busy);
    added.push(busy - quiet);
    progress(`round ${round + 1}: p99 ${quiet.toFixed(2)} ms alone, ${busy.toFixed(2)} ms meanwhile`);
    if ((await client.dbSize()) > 10) throw new Error(`${await client.dbSize()} keys are still there`);
  }
  const facts = { keys, rate: 20_000 };
  return [
    measured({ measure: 'p99 of the answers to another client, alone', unit: 'ms' }, alone, { facts }),
    measured({ measure: 'p99 of the answers to another client, meanwhile', unit: 'ms' }, meanwhile, {
      facts,
    }),
    measured({ measure: 'added to that p99', unit: 'ms' }, added, {
      target: { of: 'median', atMost: 2 },
      facts,
    }),
    measured({ measure: 'all keys of the pattern gone', unit: 's' }, seconds, { facts }),
  ];
}

function connected(port: number) {
  return onceUp(async () => {
    const client = createClient({ url: `redis://127.0.0.1:${port}`, socket: { reconnectStrategy: false } });
    client.on('error', () => {});
    await client.connect();
    return Object.assign(client, { [Symbol.asyncDispose]: async () => client.destroy() });
  });
}

type Client = Awaited<ReturnType<typeof connected>>;

async function fill(client: Client, keys: number): Promise<void> {
  const value = 'x'.repeat(100);
  for (let at = 0; at < keys; at += 10_000)
    await client.mSet(
      Array.from({ length: 10_000 }, (_, index): [string, string] => [`user:session:${at + index}`, value]),
    );
}

async function invalidate(port: number): Promise<void> {
  const store: RedisStore = {
    kind: 'redis',
    name: 'cache',
    host: '127.0.0.1',
    port,
    tls: false,
    database: 0,
    user: null,
    password: null,
  };
  const driver = cacheInvalidateDriver({
    stores: { cache: store },
    open: openRedis,
    answerer: null,
    clock: systemClock(),
  });
  const options = driver.options.parse({ store: 'cache', patterns: ['user:session:*'] });
  const step = stepOf(driver, targetOf('shop'), { options });
  const outcome = await driver.apply(step, `i-bench0/${'0'.repeat(16)}/1/${performance.now()}`, forever);
  if (outcome.ended === 'failed') throw new Error(outcome.detail);
}

/** @returns the p99 in ms of a client in a process of its own, that asks for a key all the time meanwhile */
async function askFor(port: number, meanwhile: () => Promise<void>): Promise<number> {
  const program = join(import.meta.dirname, 'cache-client.ts');
  const child = spawn(process.execPath, [program, String(port)], { stdio: ['pipe', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise((resolve) => child.once('close', resolve));
  await until(() => said.includes('ready\n'));
  await meanwhile();
  child.stdin.end();
  await ended;
  return Number(said.split('\n').at(-2));
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(20);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
