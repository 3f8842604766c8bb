import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BackupSet } from '../../../src/domain/backup.ts';
import type { Act } from '../act.ts';
import type { CrashPlan } from '../plan.ts';
import { dataDatabase, type DataDatabase } from './data-database.ts';
import { dataCache, type DataCache } from './data-cache.ts';
import { linkSite } from './link-site.ts';
import type { Site } from './site.ts';
import { Watcher, type Watched } from './watched.ts';

/** What a site with data has that plans work on. */
export interface DataSite extends Site {
  close(): Promise<void>;
}

/**
 * A service behind a link that goes nowhere, and its data: files, a working copy, a cache, a database. Before release 2 a
 * backup set is made of all that is well; release 2 spoils it.
 */
export async function dataSite(folder: string, plan: CrashPlan): Promise<DataSite> {
  const needs = (word: string): boolean => plan.steps.some(({ kind }) => kind.startsWith(word));
  const cache = needs('cache.') || needs('write.') ? await dataCache(`${folder}.redis`) : null;
  const database = needs('database.') ? await dataDatabase(`${folder}.mariadb`) : null;
  const data = join(folder, 'data');
  const link = linkSite(folder);
  const watcher = new Watcher(watchedIn(data, plan, cache, database));
  const stores = database === null ? [] : ['orders'];
  return {
    ...link,
    settings: {
      file_roots: [data],
      data_stores: { ...cache?.settings, ...database?.settings },
      backups: {
        directory: join(folder, 'sets'),
        recipes: { shop: { stores, files: [join(data, 'restored')] } },
      },
    },
    recipe: 'shop',
    deploy: async (release) => {
      if (release === 1) await lay(data, cache, database);
      else await spoil(data, cache, database);
      await link.deploy(release);
    },
    reset: () => watcher.reset(),
    acts: async () => [...watcher.acts(), ...setsIn(join(folder, 'sets'))],
    async close() {
      await watcher.close();
      await cache?.close();
      await database?.close();
    },
  };
}

const flags = 'legacy: false\n';
const flagged = 'legacy: true\n';

async function lay(data: string, cache: DataCache | null, database: DataDatabase | null): Promise<void> {
  for (const name of ['restored', 'cleared/deep', 'copy']) mkdirSync(join(data, name), { recursive: true });
  writeFileSync(join(data, 'restored', 'table.csv'), good);
  writeFileSync(join(data, 'flags.yaml'), flags);
  const copy = join(data, 'copy');
  git(copy, 'init', '-q', '--initial-branch=main');
  for (const release of [1, 2]) {
    writeFileSync(join(copy, 'code.txt'), `release ${release}\n`);
    git(copy, 'add', '-A');
    git(copy, 'commit', '-q', '-m', `release ${release}`);
    git(copy, 'tag', `release-${release}`);
  }
  await cache?.lay();
  await database?.lay();
}

async function spoil(data: string, cache: DataCache | null, database: DataDatabase | null): Promise<void> {
  writeFileSync(join(data, 'restored', 'table.csv'), bad);
  for (const name of ['cleared/one', 'cleared/deep/two']) writeFileSync(join(data, name), 'stale\n');
  await cache?.lay();
  await database?.spoil();
}

const good = 'good\n'.repeat(200);
const bad = 'bad\n'.repeat(200);

function watchedIn(
  data: string,
  plan: CrashPlan,
  cache: DataCache | null,
  database: DataDatabase | null,
): readonly Watched[] {
  const all: readonly Watched[] = [
    restored(join(data, 'restored', 'table.csv')),
    flag(join(data, 'flags.yaml')),
    cleared(join(data, 'cleared')),
    checkedOut(join(data, 'copy')),
    ...headAndTags(join(data, 'copy')),
    ...(cache?.watched ?? []),
    ...(database?.watched ?? []),
  ];
  return all.filter(({ step }) => plan.steps.some(({ name }) => name === step));
}

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
    step: 'flag',
    look: async () => (readFileSync(path, 'utf8') === flagged ? 'on' : 'off'),
    used: null,
    use: async () => {},
    reset: async () => {},
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
    step: 'checked-out',
    look: async () => {
      const path = join(copy, 'code.txt');
      return existsSync(path) ? readFileSync(path, 'utf8').trim() : null;
    },
    used: null,
    use: async () => {},
    reset: async () => {},
  };
}

function headAndTags(copy: string): readonly Watched[] {
  const still = { used: null, use: async () => {}, reset: async () => {} };
  const ask = (...args: string[]): string | null => {
    try {
      return git(copy, ...args);
    } catch {
      return null;
    }
  };
  return [
    { ...still, step: 'head', look: async () => ask('describe', '--tags', '--match=release-*', 'HEAD') },
    {
      ...still,
      step: 'tag',
      look: async () => {
        const tags = ask('tag', '--list', 'rolled-*');
        return tags === null ? null : `${tags.split('\n').filter((tag) => tag !== '').length} tags`;
      },
    },
  ];
}

/** Sets carry the effect that made them. */
function setsIn(directory: string): readonly Act[] {
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
