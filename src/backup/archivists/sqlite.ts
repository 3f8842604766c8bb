import { createReadStream, createWriteStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  copySqlite,
  countSqlite,
  countSqliteCopy,
  orphansInSqlite,
  whyNotChecked,
  type SqliteCounted,
} from '../../clients/databases/sqlite/copy.ts';
import { ownFiles, sizeOfSqlite, type OwnFiles } from '../../clients/databases/sqlite/own-files.ts';
import { removeSqlite, sqliteSwitched, switchSqlite } from '../../clients/databases/sqlite/switch.ts';
import { sqliteFile } from '../../clients/databases/sqlite/where.ts';
import { sqliteRows } from '../../clients/databases/sqlite-value.ts';
import { fileFailure } from '../../clients/files/failure.ts';
import { whoHasOpen } from '../../clients/files/who-has-open.ts';
import type { BackupFacts } from '../../domain/backup.ts';
import { crashPoint } from '../../domain/crash-point.ts';
import type { DataStore, SqliteStore } from '../../domain/data-store.ts';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import type { Archivist } from '../../domain/ports/backups.ts';
import { whyNotThatSource } from './versions.ts';

export interface SqliteParts {
  readonly stores: Readonly<Record<string, DataStore>>;
  readonly hostRoot: string;
  readonly stateDir: string;
}

/** A store, and where its file is for this process. */
interface Located extends SqliteStore {
  readonly file: string;
  readonly shown: string;
}

/**
 * Files of SQLite. The copy is made by the library's online backup into a file of the daemon's own, checked and counted
 * there, and then streamed. What is restored becomes the content of the file in use in one transaction; what was in use
 * is kept as a file of the daemon's own.
 */
export function sqliteArchivist({ stores, hostRoot, stateDir }: SqliteParts): Archivist {
  const own = ownFiles(stateDir);
  const at = async (name: string): Promise<Located> => {
    const store = stores[name];
    if (store?.kind !== 'sqlite')
      throw new RollbackError('NOT_FOUND', `there is no data store ${name} of SQLite`);
    return { ...store, file: await sqliteFile(hostRoot, store.path), shown: `${name} (${store.path})` };
  };
  const switching = async (name: string, scratch: string, keepAs: string) => {
    const { file: live, shown } = await at(name);
    return { live, shown, ...(await own.pair(name, scratch, keepAs)) };
  };
  return {
    kind: 'store',
    handles: (name) => stores[name]?.kind === 'sqlite',
    async examine(name, signal) {
      try {
        return await examine(await at(name), own, signal);
      } catch (error) {
        return { problems: [messageOf(error)], bytes: null };
      }
    },
    async dump(name, sink, signal) {
      try {
        return await dump(await at(name), own, sink, signal);
      } catch (error) {
        sink.destroy(error instanceof Error ? error : undefined);
        throw error;
      }
    },
    async whyNotHere(name, facts) {
      const store = await at(name);
      return whyNotThatSource(facts, sourceOf(store)) ?? (await whyNoFile(store));
    },
    async restoreBeside(name, source, suffix, signal) {
      const store = await at(name);
      return restore(store, { source, scratch: await own.scratch(name, suffix) }, signal);
    },
    async switchTo(name, scratch, keepAs, signal) {
      const work = await switching(name, scratch, keepAs);
      await switchSqlite(work, signal).catch(async (error: unknown) => {
        throw await held(error, work.live);
      });
    },
    switched: async (name, scratch, keepAs, signal) =>
      sqliteSwitched(await switching(name, scratch, keepAs), signal),
    drop: (name, which) => own.drop(name, which),
    async count(name, signal) {
      const store = await at(name);
      return factsOf(await countSqlite(store.file, store.shown, signal), store, store.file, signal);
    },
    connected: async (name) => whoHasOpen((await at(name)).file),
    async orphans(name, which, signal) {
      const { file, shown } = await at(name);
      return orphansInSqlite(which === null ? file : await own.scratch(name, which), shown, signal);
    },
    async room(name) {
      return { neededBytes: await sizeOfSqlite((await at(name)).file), freeBytes: await own.free() };
    },
  };
}

async function examine(
  store: Located,
  own: OwnFiles,
  signal: AbortSignal,
): Promise<Awaited<ReturnType<Archivist['examine']>>> {
  const missing = await whyNoFile(store);
  if (missing !== null) return { problems: [missing], bytes: null };
  const bytes = await sizeOfSqlite(store.file);
  const { shown, file } = store;
  const [unchecked, { counts }] = await Promise.all([
    whyNotChecked(file, shown, signal),
    countSqlite(file, shown, signal),
  ]);
  const noRoom = whyNoRoom(bytes, await own.free(), shown);
  const empty = Object.keys(counts).length === 0 ? [`${shown} has no tables`] : [];
  const warnings =
    unchecked === null ? [] : [`copies of ${shown} cannot be checked by SQLite alone: ${unchecked}`];
  return { problems: [...empty, ...(noRoom === null ? [] : [noRoom])], warnings, bytes };
}

async function dump(
  store: Located,
  own: OwnFiles,
  sink: Writable,
  signal: AbortSignal,
): Promise<BackupFacts> {
  const { file, shown } = store;
  const missing = await whyNoFile(store);
  const noRoom = missing ?? whyNoRoom(await sizeOfSqlite(file), await own.free(), shown);
  if (noRoom !== null) throw new RollbackError('REFUSED', noRoom);
  await using copy = await own.passing();
  const counted = await copySqlite({ from: file, to: copy.path, shown }, signal);
  throwIfDamaged(counted, `the copy of ${shown}`);
  const facts = await factsOf(counted, store, copy.path, signal);
  await pipeline(createReadStream(copy.path), sink, { signal });
  return facts;
}

async function restore(
  store: Located,
  { source, scratch }: { readonly source: Readable; readonly scratch: string },
  signal: AbortSignal,
): Promise<BackupFacts> {
  await removeSqlite(scratch);
  crashPoint('effect.call.between');
  try {
    await pipeline(source, createWriteStream(scratch, { flags: 'wx', mode: 0o600 }), { signal });
    const handle = await open(scratch, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw fileFailure('restore', scratch, cause);
  }
  crashPoint('effect.call.between');
  const shown = `what was restored of ${store.shown}`;
  const counted = await countSqliteCopy(scratch, shown, signal);
  throwIfDamaged(counted, shown);
  return factsOf(counted, store, scratch, signal);
}

function throwIfDamaged({ problems }: SqliteCounted, shown: string): void {
  if (problems.length === 0) return;
  const said = problems.slice(0, 3).join('; ').replaceAll(/\s+/g, ' ').slice(0, 500);
  throw new RollbackError('BACKUP_INVALID', `${shown} is damaged: ${said}`);
}

async function factsOf(
  { server, counts, digests: tables }: SqliteCounted,
  store: Located,
  file: string,
  signal: AbortSignal,
): Promise<BackupFacts> {
  const schemaVersion = await schemaVersionIn(file, store, signal);
  const facts = { server, tool: null, schemaVersion, source: sourceOf(store), counts };
  return tables === undefined ? facts : { ...facts, digests: { by: 'rows as SQLite reads them', tables } };
}

/** A query that no longer fits must not keep a copy from being made. */
async function schemaVersionIn(
  path: string,
  { name, schemaQuery }: Located,
  signal: AbortSignal,
): Promise<string | null> {
  if (schemaQuery === null) return null;
  const asked = sqliteRows({ hostRoot: '/', name, path }, schemaQuery, signal);
  const rows = await asked.catch((error: unknown) => {
    if (error instanceof RollbackError && error.code === 'REFUSED') return [];
    throw error;
  });
  return rows[0]?.[0] ?? null;
}

function sourceOf({ path }: SqliteStore): string {
  return `file ${path}`;
}

/** SQLite makes a file where there is none; that would belong to whoever runs this, not to the application. */
async function whyNoFile({ file, shown }: Located): Promise<string | null> {
  const found = await stat(file).catch(() => null);
  if (found === null)
    return `${shown} is not there; to restore into it, make an empty file in its place, with the owner and the mode that it is to have`;
  return found.isFile() ? null : `${shown} is no file`;
}

function whyNoRoom(neededBytes: number, freeBytes: number, shown: string): string | null {
  if (neededBytes <= freeBytes) return null;
  return `a copy of ${shown} needs ${neededBytes} bytes beside rollbackd's state, and ${freeBytes} are free there`;
}

/** Processes of others are not ended by a restoration: it is for people to stop what does not let go. */
async function held(thrown: unknown, file: string): Promise<unknown> {
  if (!(thrown instanceof RollbackError) || !thrown.message.includes('others hold it')) return thrown;
  const who = (await whoHasOpen(file).catch(() => [])).slice(0, 5);
  return new RollbackError(
    'REFUSED',
    `${thrown.message}; it is open in ${who.join(', ') || 'processes that cannot be seen from here'}; stop them, or end their transactions`,
    {},
    { cause: thrown },
  );
}
