import type { Redis, RedisOpener } from '../../clients/redis.ts';
import { crashPoint } from '../../domain/crash-point.ts';
import type { DataStore, RedisStore } from '../../domain/data-store.ts';
import type { EffectOutcome } from '../../domain/effect.ts';
import { RollbackError } from '../../domain/errors.ts';
import type { Step } from '../../domain/plan.ts';
import type { Answerer } from '../../domain/ports/answerer.ts';
import { sleep, type Clock } from '../../domain/ports/clock.ts';
import type { Driver } from '../../domain/ports/driver.ts';
import { DAY, MINUTE, SECOND } from '../../domain/time.ts';
import { untilHolds } from '../cache/guard.ts';
import { cacheOptions, type CacheOptions } from '../cache/options.ts';
import { asShell } from './shell-text.ts';
import { failed } from '../settled.ts';

/** How often a server that is away is asked again where a failure is only a warning, and for how long. */
const againMs = 2 * SECOND;
const patienceMs = 30 * SECOND;

export interface CacheParts {
  readonly stores: Readonly<Record<string, DataStore>>;
  readonly open: RedisOpener;
  /** Answers guards; null where there is no Prometheus. */
  readonly answerer: Answerer | null;
  readonly clock: Clock;
}

/**
 * Takes keys out of a Redis: all of them, or those that match patterns, in batches at a bounded rate. `DEL "user:*"`
 * of a shell deletes nothing; patterns here are looked for with SCAN and taken out with UNLINK.
 *
 * Doing it again is harmless, since what it takes out can be computed again. A mark in the server (of a day) says that
 * a flush was done, so that a repeat does not empty what has been filled since.
 */
export function cacheInvalidateDriver(parts: CacheParts): Driver<CacheOptions> {
  return {
    kind: 'cache.invalidate',
    effect: 'probe',
    risk: 'disruptive',
    options: cacheOptions,
    deadlineMs: 10 * MINUTE,
    needsRelease: false,
    async read(step, signal) {
      const store = storeOf(step, parts);
      if (store === null) return { identity: 'no store', detail: { keys: null } };
      await using redis = await parts.open(store, signal);
      return {
        identity: `${store.host}:${store.port}/${store.database}`,
        detail: { keys: await redis.size() },
      };
    },
    preflight: async (step) => problems(step, parts).map((message) => ({ level: 'refuse', message })),
    describe(step, { detail: { keys } }) {
      const options = cacheOptions.parse(step.options);
      const of = typeof keys === 'number' ? `, which holds ${keys} keys` : '';
      return `invalidate ${what(options)} in ${options.store}${of}`;
    },
    apply: (step, opId, signal) =>
      cacheOptions.parse(step.options).on_failure === 'warn'
        ? orWarn(step, opId, parts, signal)
        : invalidate(step, opId, parts, signal),
    async probe(step, opId, signal) {
      const store = storeOf(step, parts);
      if (store === null) return 'unknown';
      await using redis = await parts.open(store, signal);
      // Without the mark it is done again from the start: that is harmless, unlike leaving half of it.
      return (await redis.get(markOf(opId))) === 'done' ? 'done' : 'not_done';
    },
    undoable: () => false,
    byHand,
  };
}

function problems(step: Step, parts: CacheParts): string[] {
  const { store, guard } = cacheOptions.parse(step.options);
  const found = parts.stores[store];
  const known = Object.keys(parts.stores).join(', ');
  if (found === undefined)
    return [`there is no data store ${store}; data_stores has ${known === '' ? 'none' : known}`];
  if (found.kind !== 'redis') return [`the data store ${store} is a ${found.kind}, not a redis`];
  if (guard !== undefined && parts.answerer === null)
    return ['the guard cannot be asked: the configuration has no prometheus'];
  return [];
}

async function invalidate(
  step: Step,
  opId: string,
  parts: CacheParts,
  signal: AbortSignal,
): Promise<EffectOutcome> {
  const options = cacheOptions.parse(step.options);
  const store = storeOf(step, parts);
  if (store === null) return failed(problems(step, parts).join('; '), false);
  try {
    await using redis = await parts.open(store, signal);
    if ((await redis.get(markOf(opId))) === 'done')
      return { ended: 'done', detail: `${what(options)} in ${store.name} had already been invalidated` };
    const before = await redis.size();
    const outcome =
      options.patterns === undefined
        ? await flush(redis, options, before)
        : await sweep(redis, options, parts, signal);
    crashPoint('effect.call.between');
    if (outcome.ended === 'done') await redis.set(markOf(opId), 'done', DAY);
    return outcome;
  } catch (error) {
    // Whatever went already is not missed: the same again is harmless.
    if (error instanceof RollbackError && error.code !== 'ABORTED')
      return failed(error.message, error.recourse === 'retry');
    throw error;
  }
}

/** Where the plan has more to lose than a cache, e.g. what it has restored. */
async function orWarn(
  step: Step,
  opId: string,
  parts: CacheParts,
  signal: AbortSignal,
): Promise<EffectOutcome> {
  const until = parts.clock.now() + patienceMs;
  for (;;) {
    const outcome = await invalidate(step, opId, parts, signal);
    if (outcome.ended === 'done') return outcome;
    if (!outcome.retryable || parts.clock.now() >= until)
      return {
        ended: 'done',
        detail: `WARNING: not invalidated, so verification decides: ${outcome.detail}`,
      };
    await sleep(parts.clock, againMs, signal);
  }
}

async function flush(redis: Redis, options: CacheOptions, before: number): Promise<EffectOutcome> {
  await redis.flush(options.everything === true ? 'everything' : 'database');
  const left = await redis.size();
  return {
    ended: 'done',
    detail: `invalidated ${what(options)} in ${options.store}: ${before} keys went, ${left} are there again`,
  };
}

/** Batch after batch, no faster than the rate, each only while the guard holds. */
async function sweep(
  redis: Redis,
  options: CacheOptions,
  parts: CacheParts,
  signal: AbortSignal,
): Promise<EffectOutcome> {
  const { patterns = [], batch, rate, guard, store } = options;
  const { clock, answerer } = parts;
  const startedAt = clock.now();
  let gone = 0;
  for (const pattern of patterns)
    for await (const keys of batches(redis.scan(pattern, batch), batch)) {
      if (guard !== undefined && answerer !== null) {
        const problem = await untilHolds(guard, { answerer, clock }, signal);
        if (problem !== null)
          return failed(
            `stopped after ${gone} keys of ${store}: ${problem} so the cache is left to fill again`,
            false,
          );
      }
      gone += await redis.unlink(keys);
      crashPoint('effect.call.between');
      const aheadMs = startedAt + (gone / rate) * SECOND - clock.now();
      if (aheadMs > 0) await sleep(clock, aheadMs, signal);
      if (signal.aborted) throw new RollbackError('ABORTED', `interrupted after ${gone} keys of ${store}`);
    }
  let left = 0;
  for (const pattern of patterns) for await (const keys of redis.scan(pattern, batch)) left += keys.length;
  return {
    ended: 'done',
    detail: `invalidated ${what(options)} in ${store}: ${gone} keys went, ${left} are there again`,
  };
}

/** The server gives pages of any size. */
async function* batches(
  pages: AsyncIterable<readonly Buffer[]>,
  size: number,
): AsyncGenerator<readonly Buffer[]> {
  let waiting: Buffer[] = [];
  for await (const page of pages) {
    waiting.push(...page);
    while (waiting.length >= size) {
      yield waiting.slice(0, size);
      waiting = waiting.slice(size);
    }
  }
  if (waiting.length > 0) yield waiting;
}

function storeOf(step: Step, { stores }: CacheParts): RedisStore | null {
  const { store } = cacheOptions.parse(step.options);
  const found = stores[store];
  return found?.kind === 'redis' ? found : null;
}

function what({ patterns, everything }: CacheOptions): string {
  if (patterns !== undefined) return `keys like ${patterns.join(', ')}`;
  return everything === true ? 'every database' : 'the database';
}

function markOf(opId: string): string {
  return `rollbackd:effect:${opId}`;
}

function byHand(step: Step): string[] {
  const options = cacheOptions.parse(step.options);
  const { patterns } = options;
  if (patterns === undefined)
    return [
      `redis-cli ${options.everything === true ? 'FLUSHALL' : 'FLUSHDB'} ASYNC   # in ${options.store}`,
    ];
  return patterns.map(
    (pattern) =>
      `${asShell(['redis-cli', '--scan', '--pattern', pattern])} | xargs -d '\\n' -n 500 redis-cli UNLINK   # in ${options.store}`,
  );
}
