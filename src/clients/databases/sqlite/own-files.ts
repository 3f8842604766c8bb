import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { namesOf, switchNames } from '../beside-name.ts';
import { removeSqlite } from './switch.ts';

/** Where copies of SQLite's files are: in a folder of the daemon's own, since they hold what those hold. */
export interface OwnFiles {
  /** What is free there, in bytes. */
  free(): Promise<number>;
  /** A place for a copy that is only passing through; removed with its disposal. */
  passing(): Promise<{ readonly path: string } & AsyncDisposable>;
  scratch(store: string, suffix: string): Promise<string>;
  /** Of a switch. Where one suffix is given for both, what is kept has a name of its own. */
  pair(
    store: string,
    scratch: string,
    keepAs: string,
  ): Promise<{ readonly scratch: string; readonly keepAs: string }>;
  drop(store: string, suffix: string): Promise<void>;
}

/** Opens it. What a killed daemon left of copies that were passing through goes before the first is made. */
export function ownFiles(stateDir: string): OwnFiles {
  const folder = join(stateDir, 'sqlite');
  let emptied: Promise<void> | null = null;
  const made = async (): Promise<string> => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return folder;
  };
  const named = (store: string): { readonly database: string } => ({
    // Two names that are cut to one must not be one file.
    database: store.length <= 20 ? store : `${store.slice(0, 7)}_${digestOf(store)}`,
  });
  return {
    async free() {
      const { bavail, bsize } = await statfs(await made());
      return bavail * bsize;
    },
    async passing() {
      emptied ??= empty(await made());
      await emptied;
      const path = join(folder, `passing-${randomBytes(8).toString('hex')}`);
      return { path, [Symbol.asyncDispose]: () => removeSqlite(path) };
    },
    async scratch(store, suffix) {
      return join(await made(), switchNames(named(store), suffix, '').scratch);
    },
    async pair(store, scratch, keepAs) {
      await made();
      const names = switchNames(named(store), scratch, keepAs);
      return { scratch: join(folder, names.scratch), keepAs: join(folder, names.keepAs) };
    },
    async drop(store, suffix) {
      for (const name of namesOf(named(store), suffix)) await removeSqlite(join(folder, name));
    },
  };
}

async function empty(folder: string): Promise<void> {
  for (const name of await readdir(folder))
    if (name.startsWith('passing-')) await rm(join(folder, name), { force: true });
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/** What a file of SQLite takes, with the log beside it. */
export async function sizeOfSqlite(path: string): Promise<number> {
  const { size } = await stat(path);
  const log = await stat(`${path}-wal`).catch(() => ({ size: 0 }));
  return size + log.size;
}
