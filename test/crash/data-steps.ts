import { join } from 'node:path';
import type { CrashStep, Setting } from './plan.ts';
import { gateSocket } from './sites/data-gate.ts';
import { serviceFolder, serviceProgram } from './sites/data-process.ts';
import { step } from './steps.ts';

function dataOf({ folder }: Setting): string {
  return join(folder, 'data');
}

function undoing(acts: readonly string[], gaps: number): CrashStep['undo'] {
  return { acts, gaps, blind: false, work: null };
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
    undo: undoing(['bad'], 3),
  });
}

export function flagsSet(): CrashStep {
  return step('flags.set', 'flag', {
    options: (setting) => ({ file: join(dataOf(setting), 'flags.yaml'), set: { legacy: true } }),
    acts: ['on'],
    gaps: 3,
    undo: undoing(['off'], 1),
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
    work: 'tool mariadb',
    undo: undoing(['bad'], 8),
  });
}

export function databaseBackup(store: string): CrashStep {
  return step('database.backup', 'set', {
    options: () => ({ store }),
    acts: ['made'],
    gaps: 6,
    work: store === 'orders' ? 'tool mariadb-dump' : null,
  });
}

export function databaseOverwrite(): CrashStep {
  return step('database.restore', 'overwritten', {
    options: () => ({ store: 'orders', in_place: true, terminate: true }),
    acts: ['good'],
    gaps: 4,
    work: 'tool mariadb',
  });
}

/** MariaDB takes no half of a script back, so in doubt a person decides; SQLite takes all of it back. */
export function databaseRevert(store: 'orders' | 'little'): CrashStep {
  return step('database.revert', store === 'orders' ? 'reverted' : 'little-reverted', {
    options: (setting) => ({ store, script: join(dataOf(setting), 'down.sql'), from: '2', expect: '1' }),
    acts: ['1 times'],
    gaps: 2,
    blind: store === 'orders',
    work: store === 'orders' ? 'tool mariadb' : null,
  });
}

const holding = { acts: ['held'], gaps: 2, held: { acts: ['open'], gaps: 1 } };

export function gateQuiesce(): CrashStep {
  const options = ({ folder }: Setting) => ({ gate: { socket: gateSocket(folder) }, lease: '2m' });
  return step('write.quiesce', 'gated', { ...holding, options });
}

export function switchQuiesce(): CrashStep {
  return step('write.quiesce', 'switched', {
    ...holding,
    options: ({ switches }) => ({
      http: {
        set: { url: `${switches}/hold` },
        release: { url: `${switches}/pass` },
        read: { url: `${switches}/held`, expect: { json: { held: true } } },
      },
    }),
  });
}

export function fileQuiesce(): CrashStep {
  return step('write.quiesce', 'file-held', {
    ...holding,
    gaps: 3,
    options: (setting) => ({ file: { path: join(dataOf(setting), 'maintenance') } }),
  });
}

export function flagsOverHttp(): CrashStep {
  return step('flags.set', 'http-flag', {
    options: ({ switches }) => ({ http: { url: `${switches}/flag`, at: 'enabled', value: 'on' } }),
    acts: ['on'],
    gaps: 2,
    undo: undoing(['off'], 0),
  });
}

export function flagsInRedis(): CrashStep {
  return step('flags.set', 'redis-flag', {
    options: () => ({ redis: { store: 'cache', key: 'feature', value: 'on' } }),
    acts: ['on'],
    gaps: 2,
    undo: undoing(['off'], 0),
  });
}

export function gitCheckoutPaths(): CrashStep {
  return step('git.checkout_paths', 'checked-out', {
    options: (setting) => ({ path: join(dataOf(setting), 'copy'), paths: ['code.txt'], from: 'release-1' }),
    acts: ['release 1'],
    gaps: 3,
    undo: undoing(['release 2'], 1),
  });
}

export function gitReset(): CrashStep {
  return step('git.reset', 'head', {
    options: (setting) => ({ path: join(dataOf(setting), 'other-copy'), to: 'release-1' }),
    acts: ['release-1'],
    gaps: 4,
    undo: undoing(['release-2'], 2),
  });
}

export function gitTag(): CrashStep {
  return step('git.tag', 'tag', {
    options: (setting) => ({ path: join(dataOf(setting), 'other-copy') }),
    acts: ['1 tags'],
    gaps: 2,
  });
}

export function processStop(): CrashStep {
  return step('process.stop', 'stopped', {
    options: ({ folder }) => serviceOptions(folder, 'stopped'),
    acts: ['stopped'],
    gaps: 2,
    undo: undoing(['runs since start 2'], 2),
  });
}

export function processRestart(): CrashStep {
  return step('process.restart', 'restarted', {
    options: ({ folder }) => serviceOptions(folder, 'restarted'),
    acts: ['2 starts'],
    gaps: 4,
  });
}

function serviceOptions(folder: string, name: string): object {
  const home = serviceFolder(folder, name);
  return { pid_file: join(home, 'pid'), start: [serviceProgram, 'start', home], within: '5s' };
}

export function offsetsReset(): CrashStep {
  return step('offsets.reset', 'offsets', {
    options: () => ({ store: 'events', group: 'billing', topics: ['orders'], to: 'earliest' }),
    acts: ['back'],
    gaps: 2,
    undo: undoing(['ahead'], 0),
  });
}
