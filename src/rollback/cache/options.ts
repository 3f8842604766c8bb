import { z } from 'zod';
import { parseQuantity } from '../../domain/quantity.ts';
import { durationOption } from '../drivers/duration-option.ts';

const threshold = z
  .union([z.number(), z.string()])
  .refine((written) => parseQuantity(written) !== null, 'expected a number, a ratio such as 80% or a size');

const guard = z
  .strictObject({
    query: z.string().min(1).describe('PromQL; one value, e.g. the share of a database pool in use'),
    below: threshold.optional().describe('Go on while the value is below this'),
    above: threshold.optional().describe('Go on while the value is above this'),
    patience: durationOption
      .default('30s')
      .describe('How long to wait for it before the step stops where it is'),
  })
  .refine(
    ({ below, above }) => (below === undefined) !== (above === undefined),
    'expected one of below and above',
  );

/** Options of `cache.invalidate`. */
export const cacheOptions = z
  .strictObject({
    store: z.string().min(1).describe('A Redis of data_stores'),
    patterns: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe("Keys that match one of these go; `*`, `?` and `[…]` as in Redis's own SCAN"),
    database: z.literal(true).optional().describe('Every key of the database goes'),
    everything: z.literal(true).optional().describe('Every key of every database of the server goes'),
    batch: z.int().min(1).max(10_000).default(500).describe('With patterns: keys that go at a time'),
    rate: z.int().min(1).max(1_000_000).default(20_000).describe('With patterns: keys a second, at most'),
    guard: guard
      .optional()
      .describe(
        'With patterns: what must hold between batches, so that what refills the cache is not overrun',
      ),
    on_failure: z
      .enum(['fail', 'warn'])
      .default('fail')
      .describe(
        'warn: a server that is away is tried for 30 s; what cannot be invalidated then is a warning, the plan goes on, and verification decides',
      ),
  })
  .refine(
    ({ patterns, database, everything }) =>
      [patterns, database, everything].filter((one) => one !== undefined).length === 1,
    'expected one of patterns, database and everything',
  )
  .refine(
    ({ patterns, guard }) => guard === undefined || patterns !== undefined,
    'guard needs patterns: only they go in batches',
  );
export type CacheOptions = z.output<typeof cacheOptions>;
export type GuardOptions = z.output<typeof guard>;
