import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openRedis } from '../../src/clients/redis.ts';
import { RollbackError } from '../../src/domain/errors.ts';
import type { Answerer } from '../../src/domain/ports/answerer.ts';
import { cacheInvalidateDriver } from '../../src/rollback/drivers/cache-invalidate.ts';
import { SimulatedClock } from '../fakes/clock.ts';
import { testRedis, type TestRedis } from '../support/redis.ts';
import { aStep, never, opId } from './a-step.ts';
import { dieBetweenCalls, Died } from './crashes.ts';

const hour = 3_600_000;

/** Answers every query with the next of its values; the last one stays. */
function answering(...values: readonly (number | Error)[]): Answerer & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    name: 'prometheus',
    asked,
    query: (text) => {
      const value = values[Math.min(asked.push(text), values.length) - 1] ?? NaN;
      if (value instanceof Error) return Promise.reject(value);
      return Promise.resolve({ type: 'scalar', value, warnings: [] });
    },
    queryRange: () => Promise.reject(new Error('nobody asks for ranges')),
  };
}

async function caching(redis: TestRedis, options: object, answerer: Answerer | null = null) {
  const clock = new SimulatedClock();
  const driver = cacheInvalidateDriver({
    stores: { cache: redis.store },
    open: openRedis,
    answerer,
    clock,
  });
  const step = aStep('cache.invalidate', driver.options.parse({ store: 'cache', ...options }));
  /** Applies it, with pretended time going on meanwhile. */
  const applied = async (id = opId) => {
    const done = driver.apply(step, id, never);
    await elapse(clock, done);
    return done;
  };
  return { driver, step, clock, applied };
}

async function fill(redis: TestRedis, names: readonly string[]): Promise<void> {
  for (const name of names) await redis.client.set(name, 'x', hour);
}

const numbered = (prefix: string, count: number) => Array.from({ length: count }, (_, n) => `${prefix}${n}`);

async function keysOf(redis: TestRedis, pattern = '*'): Promise<string[]> {
  const keys = new Set<string>();
  for await (const page of redis.client.scan(pattern, 100)) for (const key of page) keys.add(key.toString());
  return [...keys].filter((key) => !key.startsWith('rollbackd:')).toSorted();
}

/** Lets pretended time pass, a tenth of a second at a time, until it is done. @returns how long that took */
async function elapse(clock: SimulatedClock, done: Promise<unknown>): Promise<number> {
  const startedAt = clock.now();
  let over = false;
  const end = (): void => {
    over = true;
  };
  done.then(end, end);
  for (;;) {
    await pause(2);
    if (over) return clock.now() - startedAt;
    await clock.advance(100);
  }
}

test('keys that match a pattern go, all of them, and their neighbours stay', async () => {
  const redis = await testRedis();
  await fill(redis, [...numbered('user:session:', 1_234), 'user:name', 'kb:cache:1', 'user:session']);
  const { driver, step, applied } = await caching(redis, {
    patterns: ['user:session:*', 'kb:cache:*'],
    batch: 100,
  });
  expect(driver.describe(step, await driver.read(step, never))).toBe(
    'invalidate keys like user:session:*, kb:cache:* in cache, which holds 1237 keys',
  );
  expect(await driver.probe(step, opId, never)).toBe('not_done');

  expect(await applied()).toEqual({
    ended: 'done',
    detail: 'invalidated keys like user:session:*, kb:cache:* in cache: 1235 keys went, 0 are there again',
  });

  expect(await keysOf(redis)).toEqual(['user:name', 'user:session']);
  expect(await driver.probe(step, opId, never)).toBe('done');
});

test('a repeat takes nothing that came back since', async () => {
  const redis = await testRedis();
  await fill(redis, ['a:1', 'b:1']);
  const { applied } = await caching(redis, { patterns: ['a:*'] });
  await applied();
  await fill(redis, ['a:2']);

  expect(await applied()).toEqual({
    ended: 'done',
    detail: 'keys like a:* in cache had already been invalidated',
  });
  expect(await keysOf(redis)).toEqual(['a:2', 'b:1']);
});

test('one database is emptied, the others stay; or every one is', async () => {
  const redis = await testRedis();
  await fill(redis, numbered('k', 10));
  await using other = await openRedis({ ...redis.store, database: 3 }, never);
  await other.set('elsewhere', 'x', hour);

  const one = await caching(redis, { database: true });
  expect(await one.driver.apply(one.step, opId, never)).toEqual({
    ended: 'done',
    detail: 'invalidated the database in cache: 10 keys went, 0 are there again',
  });
  expect([await keysOf(redis), await other.get('elsewhere')]).toEqual([[], 'x']);

  const all = await caching(redis, { everything: true });
  await all.driver.apply(all.step, 'i-7k3f9a/0123456789abcdef/1/1', never);
  expect(await other.get('elsewhere')).toBeNull();
});

test('keys go no faster than the rate', async () => {
  const redis = await testRedis();
  await fill(redis, numbered('k', 300));
  const { driver, step, clock } = await caching(redis, { patterns: ['k*'], batch: 100, rate: 50 });

  const done = driver.apply(step, opId, never);
  // 300 keys at 50 a second: the last batch went after 4 s, and 2 s are owed then.
  const tookMs = await elapse(clock, done);

  expect(tookMs).toBeGreaterThanOrEqual(6_000);
  expect(await keysOf(redis)).toEqual([]);
});

test('it waits while the guard does not hold, and goes on when it does', async () => {
  const redis = await testRedis();
  await fill(redis, numbered('k', 30));
  const prometheus = answering(0.5, 0.95, 0.9, 0.5);
  const guard = { query: 'db_pool_used', below: '80%' };
  const { driver, step, clock } = await caching(redis, { patterns: ['k*'], batch: 10, guard }, prometheus);

  const done = driver.apply(step, opId, never);
  const tookMs = await elapse(clock, done);

  expect(await done).toMatchObject({ ended: 'done' });
  expect(prometheus.asked).toHaveLength(5);
  expect(tookMs).toBeGreaterThanOrEqual(2_000);
  expect(await keysOf(redis)).toEqual([]);
});

test('it stops where it is when the guard does not hold for its patience, or cannot be asked', async () => {
  const redis = await testRedis();
  const guard = { query: 'db_pool_used', below: '80%', patience: '5s' };
  const down = new RollbackError('UNREACHABLE', 'prometheus refused the connection');
  for (const [values, why] of [
    [[0.5, 0.9], 'db_pool_used was 90%, not below 80%, for 5s'],
    [[0.5, down], 'db_pool_used could not be asked (prometheus refused the connection) for 5s'],
    [[0.5, NaN], 'db_pool_used gave no number, not one for 5s'],
  ] as const) {
    await fill(redis, numbered('k', 30));
    const { driver, step, clock } = await caching(
      redis,
      { patterns: ['k*'], batch: 10, guard },
      answering(...values),
    );
    const done = driver.apply(step, opId, never);
    await elapse(clock, done);

    expect(await done).toEqual({
      ended: 'failed',
      detail: `stopped after 10 keys of cache: ${why} so the cache is left to fill again`,
      retryable: false,
    });
    expect(await keysOf(redis)).toHaveLength(20);
  }
});

test('a guard that answers with several values, or none, does not hold', async () => {
  const redis = await testRedis();
  await fill(redis, numbered('k', 5));
  const guard = { query: 'db_pool_used', below: '80%', patience: '1s' };
  for (const values of [[0.1, 0.2], []]) {
    const series = values.map((value) => ({ labels: {}, value, at: 0 }));
    const answerer: Answerer = {
      ...answering(),
      query: () => Promise.resolve({ type: 'vector', series, warnings: [] }),
    };
    const { applied } = await caching(redis, { patterns: ['k*'], guard }, answerer);

    expect((await applied()).detail).toBe(
      `stopped after 0 keys of cache: db_pool_used gave ${values.length} values, not one for 1s so the cache is left to fill again`,
    );
  }
  expect(await keysOf(redis)).toHaveLength(5);
});

test('killed between any two batches, the next attempt takes the rest', async () => {
  const redis = await testRedis();
  for (const nth of [1, 2, 3, 4]) {
    await fill(redis, numbered('k', 30));
    const { driver, step, applied } = await caching(redis, { patterns: ['k*'], batch: 10 });
    const own = `i-7k3f9a/0123456789abcdef/${nth}/1`;
    const reached = dieBetweenCalls(nth);
    await expect(applied(own)).rejects.toBeInstanceOf(Died);
    expect(reached()).toBe(nth);

    expect(await driver.probe(step, own, never)).toBe('not_done');
    expect(await applied(own)).toMatchObject({ ended: 'done' });
    expect(await keysOf(redis)).toEqual([]);
    expect(await driver.probe(step, own, never)).toBe('done');
  }
});

test('a server that goes down in the middle fails the step, which may be tried again', async () => {
  const redis = await testRedis();
  await fill(redis, numbered('k', 30));
  const { driver, step, clock } = await caching(redis, { patterns: ['k*'], batch: 10, rate: 10 });

  const done = driver.apply(step, opId, never);
  while ((await keysOf(redis)).length > 20);
  await redis.kill();
  await elapse(clock, done);

  expect(await done).toMatchObject({ ended: 'failed', retryable: true });
});

test('where a failure is only a warning, a server that is away is tried again, and what is left is told', async () => {
  const redis = await testRedis();
  await fill(redis, numbered('k', 5));
  const { applied } = await caching(redis, { patterns: ['k*'], on_failure: 'warn' });
  const reached = await applied();
  expect(reached.detail).toBe('invalidated keys like k* in cache: 5 keys went, 0 are there again');
  await redis.kill();
  const { driver, step, clock } = await caching(redis, { patterns: ['k*'], on_failure: 'warn' });
  const outcome = driver.apply(step, opId, never);

  expect(await elapse(clock, outcome)).toBeGreaterThanOrEqual(30_000);
  expect((await outcome).ended).toBe('done');
  expect((await outcome).detail).toMatch(
    /^WARNING: not invalidated, so verification decides: could not connect in cache /,
  );
});

test('a guard that does not hold stops it, also where that is only a warning', async () => {
  const redis = await testRedis();
  await fill(redis, numbered('k', 5));
  const guard = { query: 'pool', below: 0.8, patience: '2s' };
  const { applied } = await caching(redis, { patterns: ['k*'], guard, on_failure: 'warn' }, answering(0.9));

  expect((await applied()).detail).toMatch(/^WARNING: not invalidated, .*: stopped after 0 keys of cache/);
  expect(await keysOf(redis)).toHaveLength(5);
});

test('a wrong password is refused for good and told without it', async () => {
  const redis = await testRedis({ password: 'right-one' });
  const wrong = { ...redis.store, password: null };

  const thrown: unknown = await openRedis(wrong, never)
    .then((client) => client.size())
    .catch((error: unknown) => error);

  expect(thrown).toMatchObject({ code: 'REFUSED' });
  expect(String(thrown)).toContain('NOAUTH');
  expect(await redis.client.size()).toBe(0);
});

test('a plan is refused for a store that is not configured, and a guard that nobody can answer', async () => {
  const redis = await testRedis();
  const unknown = await caching(redis, { store: 'cash', database: true });
  const unguarded = await caching(redis, { patterns: ['k*'], guard: { query: 'up', above: 0 } });

  const found = async ({ driver, step }: typeof unknown) =>
    (await driver.preflight(step, { identity: '', detail: {} }, never)).map(({ message }) => message);

  expect(await found(unknown)).toEqual(['there is no data store cash; data_stores has cache']);
  expect(await found(unguarded)).toEqual(['the guard cannot be asked: the configuration has no prometheus']);
});

test('what is to go is said in one way only', async () => {
  const redis = await testRedis();
  const { driver } = await caching(redis, { database: true });
  const problem = (options: object) =>
    driver.options.safeParse({ store: 'cache', ...options }).error?.issues[0]?.message;

  expect(problem({})).toBe('expected one of patterns, database and everything');
  expect(problem({ database: true, patterns: ['a'] })).toBe(
    'expected one of patterns, database and everything',
  );
  expect(problem({ database: true, guard: { query: 'up', above: 0 } })).toBe(
    'guard needs patterns: only they go in batches',
  );
});
