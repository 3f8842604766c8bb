import { z } from 'zod';
import type { Unit } from '../../src/domain/quantity.ts';
import type { Crontab } from '../../src/domain/ports/crontab.ts';
import type { Driver, Drivers } from '../../src/domain/ports/driver.ts';
import type { Source, Sources } from '../../src/domain/ports/source.ts';
import { sequenceOptions } from '../../src/detect/sources/sequence-options.ts';
import { headerValue } from '../../src/clients/header-value.ts';
import { parseDuration } from '../../src/domain/time.ts';

const promql = {
  options: z
    .strictObject({
      query: z.string().min(1).optional(),
      ratio: z.strictObject({ bad: z.string(), total: z.string(), min: z.number().optional() }).optional(),
      fresh: z.string().optional(),
      on_empty: z.literal('ok').optional(),
      fallback: z.enum(['scrape', 'none']).optional(),
    })
    .refine((options) => (options.query === undefined) !== (options.ratio === undefined), {
      message: 'needs one of query or ratio',
    }),
  unit: (options: object): Unit => ('ratio' in options ? 'ratio' : 'number'),
  hasPast: true,
  windowMs: (options: object): number =>
    parseDuration(/\[(\w+)\]/.exec(JSON.stringify(options))?.[1] ?? '0s') ?? 0,
};

/** Sources and drivers that only understand their options: a configuration is read without asking anything. */
export const sources: Sources = {
  prometheus: source('prometheus', promql),
  scrape: source('scrape', promql),
  sequence: source('sequence', { options: sequenceOptions, signal: () => 'probe' }),
  http: source('http', {
    options: z.strictObject({
      url: z.url(),
      headers: z.record(z.string(), headerValue).optional(),
      timeout: z
        .string()
        .transform((written) => parseDuration(written))
        .optional(),
      expect: z
        .strictObject({
          status: z.int().optional(),
          json: z.record(z.string(), z.unknown()).optional(),
        })
        .optional(),
    }),
    signal: () => 'probe',
  }),
  docker: source('docker', {
    options: z.enum(['running', 'healthy', 'restarts', 'memory', 'cpu']),
    signal: (measure) => (measure === 'running' || measure === 'healthy' ? 'probe' : 'value'),
    unit: (measure) => (measure === 'restarts' ? 'number' : 'ratio'),
    ofTargets: true,
  }),
  disk: source('disk', {
    options: z.strictObject({
      path: z.string().startsWith('/', 'expected an absolute path'),
      measure: z.enum(['free', 'inodes']).optional(),
    }),
    unit: () => 'ratio',
  }),
};

export const drivers: Drivers = {
  evidence: driver('evidence', z.strictObject({ logs: z.int().positive().optional() })),
  'docker.rollback': driver(
    'docker.rollback',
    z.strictObject({
      to: z.union([z.literal('last_good'), z.string().startsWith('r-')]).optional(),
      stop_grace: z.string().optional(),
    }),
  ),
  'docker.restart': driver('docker.restart', z.strictObject({})),
  'link.rollback': driver('link.rollback', z.strictObject({ to: z.string().optional() })),
  'git.revert': driver('git.revert', z.strictObject({ to: z.string().optional() })),
  command: driver('command', z.strictObject({ run: z.array(z.string()).min(1) })),
  http: driver(
    'http',
    z.strictObject({
      url: z.url(),
      method: z.enum(['GET', 'POST']).optional(),
      headers: z.record(z.string(), z.unknown()).optional(),
    }),
  ),
};

/** Five fields of anything. */
export const crontab: Crontab = {
  problem: (expression) => (expression.split(' ').length === 5 ? null : 'expected five fields'),
  lastWithin: () => null,
  schedule: () => () => undefined,
};

/** A source that only understands its options. */
export function source<T>(
  kind: string,
  {
    options,
    signal = () => 'value',
    unit = () => 'number',
    windowMs = () => 0,
    hasPast = false,
    ofTargets = false,
  }: {
    options: z.ZodType<T>;
    signal?: (options: T) => 'value' | 'probe';
    unit?: (options: T) => Unit;
    windowMs?: (options: T) => number;
    hasPast?: boolean;
    ofTargets?: boolean;
  },
): Source {
  return {
    kind,
    options,
    seesDeploys: false,
    signal,
    unit,
    windowMs,
    identity: () => kind,
    read: () => Promise.resolve(new Map()),
    onTargetsOnly: () => ofTargets,
    ...(hasPast ? { baselines: () => Promise.resolve(new Map()) } : {}),
  };
}

function driver(kind: string, options: z.ZodType): Driver {
  return {
    kind,
    effect: 'probe',
    risk: 'disruptive',
    options,
    deadlineMs: 60_000,
    needsRelease: true,
    read: () => Promise.resolve({ identity: '', detail: {} }),
    preflight: () => Promise.resolve([]),
    describe: () => kind,
    apply: () => Promise.resolve({ ended: 'done', detail: '' }),
    probe: () => Promise.resolve('unknown'),
    byHand: () => [],
  };
}
