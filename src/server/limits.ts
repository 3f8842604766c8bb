import type { CreateRateLimitOptions } from '@fastify/rate-limit';
import { fastify, type FastifyRequest } from 'fastify';
import { MINUTE } from '../domain/time.ts';
import { once } from './once.ts';

/** How often in a minute. Generous: they stop programs that run wild, not people in a hurry. */
export const perMinute = { reads: 3_000, actions: 300, failedLogins: 30 } as const;

/** How many callers are told apart; the one that was silent for longest is forgotten first. */
const callers = 1_000;

/** The library's types lack it; without it every limit remembers 5,000 callers. */
interface CacheSize {
  readonly cache: number;
}

/** Seconds after which the caller may ask again, or null when it may now. */
type Limit = (request: FastifyRequest) => Promise<number | null>;

export interface Limits {
  /** By token: looking, and everything that is not looking. */
  readonly asked: Limit;
  /** By address (of IPv6, by network): what came without a token that counts. */
  readonly failed: Limit;
}

/** Counts requests in memory. What counts is loaded with the first request: a start need not wait for it. */
export function limits(): Limits {
  const loaded = once(load);
  return {
    asked: async (request) => (await loaded()).asked(request),
    failed: async (request) => (await loaded()).failed(request),
  };
}

async function load(): Promise<Limits> {
  const { default: rateLimit } = await import('@fastify/rate-limit');
  // It never listens, and only lends what the library adds to it.
  const lender = fastify();
  await lender.register(rateLimit, { global: false });
  const limit = (max: number, keyGenerator?: (request: FastifyRequest) => string): Limit => {
    const options: CreateRateLimitOptions & CacheSize = {
      max,
      timeWindow: MINUTE,
      cache: callers,
      ...(keyGenerator === undefined ? {} : { keyGenerator }),
    };
    const count = lender.createRateLimit(options);
    return async (request) => {
      const counted = await count(request);
      return counted.isAllowed || !counted.isExceeded ? null : Math.max(1, counted.ttlInSeconds);
    };
  };
  const byToken = ({ actor }: FastifyRequest): string => actor.name;
  const reads = limit(perMinute.reads, byToken);
  const actions = limit(perMinute.actions, byToken);
  return {
    asked: (request) =>
      request.method === 'GET' || request.method === 'HEAD' ? reads(request) : actions(request),
    failed: limit(perMinute.failedLogins),
  };
}
