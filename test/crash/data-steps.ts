import { join } from 'node:path';
import type { CrashStep, Setting } from './plan.ts';
import { step } from './steps.ts';

/** Of a stage: beside the file that records are kept in. */
function dataOf({ ledger }: Setting): string {
  return join(ledger, '..', 'data');
}

/** The gaps: three of each part, and those of publishing. */
export function backup(parts: number): CrashStep {
  return step('backup', 'set', { options: () => ({ recipe: 'shop' }), acts: ['made'], gaps: 5 + parts });
}

export function fileRestore(): CrashStep {
  return step('file.restore', 'restored', {
    options: (setting) => ({ paths: [join(dataOf(setting), 'restored', 'table.csv')] }),
    acts: ['good'],
    gaps: 4,
    undo: { acts: ['bad'], gaps: 2, blind: false, work: null },
  });
}

export function flagsSet(): CrashStep {
  return step('flags.set', 'flag', {
    options: (setting) => ({ file: join(dataOf(setting), 'flags.yaml'), set: { legacy: true } }),
    acts: ['on'],
    gaps: 3,
    undo: { acts: ['off'], gaps: 1, blind: false, work: null },
  });
}

export function directoryClear(): CrashStep {
  return step('directory.clear', 'cleared', {
    options: (setting) => ({ path: join(dataOf(setting), 'cleared') }),
    acts: ['empty'],
    gaps: 4,
  });
}

export function cacheInvalidate(): CrashStep {
  return step('cache.invalidate', 'invalidated', {
    options: () => ({ store: 'cache', patterns: ['user:*'], batch: 100 }),
    acts: ['empty'],
    gaps: 4,
  });
}

export function writeQuiesce(): CrashStep {
  return step('write.quiesce', 'held', {
    options: () => ({ redis: { store: 'cache', key: 'maintenance' }, lease: '2m' }),
    acts: ['held'],
    gaps: 2,
    held: { acts: ['open'], gaps: 1 },
  });
}

export function databaseRestore(): CrashStep {
  return step('database.restore', 'orders', {
    options: () => ({ store: 'orders', terminate: true }),
    acts: ['good'],
    gaps: 13,
    undo: { acts: ['bad'], gaps: 2, blind: false, work: null },
  });
}
