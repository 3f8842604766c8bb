import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BackupSet } from '../../../src/domain/backup.ts';
import type { Act } from '../act.ts';
import { succeeds, type CrashPlan } from '../plan.ts';
import { ledgerIn } from '../record-file.ts';
import { dataCache } from './data-cache.ts';
import { dataDatabase, downScript } from './data-database.ts';
import { dataFileDatabase } from './data-file-database.ts';
import { dataGate } from './data-gate.ts';
import { dataLog } from './data-log.ts';
import { plainPart, plainWatched, type DataPart } from './data-part.ts';
import { dataProcess } from './data-process.ts';
import { dataSwitches } from './data-switches.ts';
import { linkSite } from './link-site.ts';
import type { Site } from './site.ts';
import { Watcher, type Watched } from './watched.ts';

/**
 * A service behind a link that goes nowhere, and its data: files, a working copy, stores, switches, a process. Before
 * release 2 a backup set is made of all that is well; release 2 spoils it.
 */
export async function dataSite(folder: string, plan: CrashPlan): Promise<Site> {
  const data = join(folder, 'data');
  mkdirSync(data, { recursive: true });
  const { parts, ...more } = await partsOf(folder, plan);
  const all = [fileParts(data), ...parts];
  const link = linkSite(folder);
  const used = succeeds(plan.steps);
  const names = new Set(plan.steps.map(({ name }) => name));
  const watched = all.flatMap((part) => part.watched).filter(({ step }) => names.has(step));
  // What people changed meanwhile is left alone when a step is undone, so nobody does where it comes to that.
  const watcher = new Watcher(
    used ? watched : watched.map((one) => ({ ...one, ...untouched })),
    ledgerIn(folder),
  );
  const stores = Object.assign({}, ...all.map((part) => part.stores)) as object;
  const copied = Object.keys(stores).filter((name) => name === 'orders');
  return {
    ...link,
    ...more,
    settings: {
      file_roots: [data],
      data_stores: stores,
      backups: {
        directory: join(folder, 'sets'),
        recipes: { shop: { stores: copied, files: [join(data, 'restored')] } },
      },
    },
    recipe: 'shop',
    deploy: async (release) => {
      for (const part of all) await (release === 1 ? part.lay() : part.spoil());
      await link.deploy(release);
    },
    reset: () => watcher.reset(),
    acts: async () => [...(await watcher.acts()), ...setsIn(join(folder, 'sets'))],
    held: async () => (await Promise.all(all.map((part) => part.held()))).flat(),
    async close() {
      await watcher.close();
      for (const part of all) await part.close();
    },
  };
}

const untouched = { used: null, use: async () => {} };

/** What the steps of a plan need beside files. */
async function partsOf(
  folder: string,
  plan: CrashPlan,
): Promise<{ readonly parts: readonly DataPart[]; readonly url?: string }> {
  const needs = (...names: string[]): boolean => plan.steps.some(({ name }) => names.includes(name));
  const switches = needs('http-flag', 'switched') ? await dataSwitches() : null;
  const parts = [
    switches,
    needs('invalidated', 'held', 'redis-flag') ? await dataCache(`${folder}.redis`) : null,
    needs('orders', 'overwritten', 'reverted') ? await dataDatabase(`${folder}.mariadb`) : null,
    needs('little-reverted') ? dataFileDatabase(join(folder, 'data')) : null,
    needs('gated') ? await dataGate(folder) : null,
    needs('stopped') ? dataProcess(folder, 'stopped') : null,
    needs('restarted') ? dataProcess(folder, 'restarted') : null,
    needs('offsets') ? await dataLog() : null,
  ].filter((part) => part !== null);
  return switches === null ? { parts } : { parts, url: switches.url };
}

/** Files and a working copy in the folder that each run begins with. */
function fileParts(data: string): DataPart {
  const maintenance = join(data, 'maintenance');
  return {
    ...plainPart,
    watched: [
      restored(join(data, 'restored', 'table.csv')),
      flag(join(data, 'flags.yaml')),
      cleared(join(data, 'cleared')),
      checkedOut(join(data, 'copy')),
      ...headAndTags(join(data, 'other-copy')),
      {
        ...plainWatched,
        step: 'file-held',
        look: async () => (existsSync(maintenance) ? 'held' : 'open'),
      },
    ],
    lay: async () => lay(data),
    spoil: async () => spoil(data),
    held: async () => (existsSync(maintenance) ? [maintenance] : []),
  };
}

const flags = 'legacy: false\n';
const flagged = 'legacy: true\n';

function lay(data: string): void {
  for (const name of ['restored', 'cleared/deep', 'copy']) mkdirSync(join(data, name), { recursive: true });
  writeFileSync(join(data, 'restored', 'table.csv'), good);
  writeFileSync(join(data, 'flags.yaml'), flags);
  writeFileSync(join(data, 'down.sql'), downScript);
  const copy = join(data, 'copy');
  git(copy, 'init', '-q', '--initial-branch=main');
  for (const release of [1, 2]) {
    writeFileSync(join(copy, 'code.txt'), `release ${release}\n`);
    git(copy, 'add', '-A');
    git(copy, 'commit', '-q', '-m', `release ${release}`);
    git(copy, 'tag', `release-${release}`);
  }
  cpSync(copy, join(data, 'other-copy'), { recursive: true });
}

function spoil(data: string): void {
  writeFileSync(join(data, 'restored', 'table.csv'), bad);
  for (const name of ['cleared/one', 'cleared/deep/two']) writeFileSync(join(data, name), 'stale\n');
}

const good = 'good\n'.repeat(200);
const bad = 'bad\n'.repeat(200);

/** What people write behind the good content would be gone if it came back a second time. */
function restored(path: string): Watched {
  const words: Readonly<Record<string, string>> = {
    [good]: 'good',
    [bad]: 'bad',
    [`${good}people's\n`]: 'used',
  };
  return {
    step: 'restored',
    look: async () => (existsSync(path) ? (words[readFileSync(path, 'utf8')] ?? 'something else') : null),
    used: 'used',
    use: async (word) => {
      if (word === 'good') writeFileSync(path, `${good}people's\n`);
    },
    reset: async () => {},
  };
}

function flag(path: string): Watched {
  return {
    ...plainWatched,
    step: 'flag',
    look: async () => (readFileSync(path, 'utf8') === flagged ? 'on' : 'off'),
  };
}

/** Those who use the directory fill it again. */
function cleared(path: string): Watched {
  const look = async (): Promise<string> => {
    const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter(
      (name) => !name.includes('.rollbackd'),
    );
    if (names.includes('new')) return 'filled';
    return names.includes('one') || names.includes('deep') ? 'stale' : 'empty';
  };
  return {
    step: 'cleared',
    look,
    used: 'filled',
    use: async (word) => {
      if (word === 'empty') writeFileSync(join(path, 'new'), 'new\n');
    },
    reset: async () => {},
  };
}

function checkedOut(copy: string): Watched {
  return {
    ...plainWatched,
    step: 'checked-out',
    look: async () => {
      const path = join(copy, 'code.txt');
      // A file that git is just writing has no text yet.
      const text = existsSync(path) ? readFileSync(path, 'utf8').trim() : '';
      return text === '' ? null : text;
    },
  };
}

function headAndTags(copy: string): readonly Watched[] {
  const ask = (...args: string[]): string | null => {
    try {
      return git(copy, ...args);
    } catch {
      return null;
    }
  };
  return [
    {
      ...plainWatched,
      step: 'head',
      look: async () => ask('describe', '--tags', '--match=release-*', 'HEAD'),
    },
    {
      ...plainWatched,
      step: 'tag',
      look: async () => {
        const tags = ask('tag', '--list', 'rollback-*');
        return tags === null ? null : `${tags.split('\n').filter((tag) => tag !== '').length} tags`;
      },
    },
  ];
}

/** Sets carry the effect that made them. */
export function setsIn(directory: string): readonly Act[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory).flatMap((id) => {
    const path = join(directory, id, 'manifest.json');
    if (!existsSync(path)) return [];
    const { key } = setOf(readFileSync(path, 'utf8'));
    return key === null ? [] : [{ step: 'set', act: 'made', opId: key }];
  });
}

function setOf(manifest: string): Pick<BackupSet, 'key'> {
  const parsed = JSON.parse(manifest) as Pick<BackupSet, 'key'> | { readonly set: Pick<BackupSet, 'key'> };
  return 'set' in parsed ? parsed.set : parsed;
}

function git(folder: string, ...args: string[]): string {
  const identity = ['-c', 'user.name=crash', '-c', 'user.email=crash@localhost'];
  return execFileSync('git', [...identity, '-C', folder, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}
