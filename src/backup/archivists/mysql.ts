import { dropMysql, restoreMysqlBeside } from '../../clients/databases/mysql/beside.ts';
import { catalogueOf, countMysql, serverOf } from '../../clients/databases/mysql/catalogue.ts';
import { openMysql, type Mysql } from '../../clients/databases/mysql/connection.ts';
import { dumpMysql } from '../../clients/databases/mysql/dump.ts';
import { orphansInMysql } from '../../clients/databases/mysql/orphans.ts';
import { overwriteMysql } from '../../clients/databases/mysql/overwrite.ts';
import { mysqlSwitched, others, switchMysql } from '../../clients/databases/mysql/switch.ts';
import { besideName, namesOf, switchNames } from '../../clients/databases/beside-name.ts';
import { freeBeside } from '../../clients/databases/room-beside.ts';
import { shownValue } from '../../clients/databases/shown-value.ts';
import type { DatabaseTools } from '../../clients/databases/tools.ts';
import type { BackupFacts } from '../../domain/backup.ts';
import type { Database, DataStore } from '../../domain/data-store.ts';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import type { Archivist } from '../../domain/ports/backups.ts';
import { sourceOf, whyNotThatServer, whyNotThatSource } from './versions.ts';

export interface DatabaseParts {
  readonly stores: Readonly<Record<string, DataStore>>;
  readonly tools: DatabaseTools;
  /** Where the host's file system is mounted; `/` outside a container. */
  readonly hostRoot?: string;
}

/**
 * Databases of MySQL and MariaDB.
 *
 * The copy is a dump in one transaction; its rows are counted in the dump itself, so the counts are exactly those of the
 * copy. What is restored is read back from the server, and counted in that.
 */
export function mysqlArchivist({ stores, tools, hostRoot = '/' }: DatabaseParts): Archivist {
  const storeOf = (name: string): Database => {
    const found = stores[name];
    if (found?.kind === 'mysql') return found;
    throw new RollbackError('NOT_FOUND', `there is no data store ${name} of MySQL`);
  };
  return {
    kind: 'store',
    handles: (name) => stores[name]?.kind === 'mysql',
    examine: (name, signal) => examine(storeOf(name), tools, signal),
    async dump(name, sink, signal) {
      const store = storeOf(name);
      const { server, schemaVersion } = await said(store, signal);
      const dumped = await dumpMysql(store, tools, sink, signal);
      return { server, schemaVersion, source: sourceOf(store), ...dumped };
    },
    async whyNotHere(name, facts, signal) {
      const store = storeOf(name);
      await using server = await openMysql(store, signal, null);
      return (
        whyNotThatServer(facts.server, await serverOf(server)) ??
        whyNotThatSource(facts, sourceOf(store)) ??
        (await whyNotAllowed(server, store))
      );
    },
    async restoreBeside(name, source, suffix, signal) {
      const store = storeOf(name);
      const scratch = besideName(store, suffix);
      const restored = await restoreMysqlBeside(store, { source, scratch, tools }, signal);
      return { ...(await said(store, signal, scratch)), tool: null, ...restored };
    },
    async switchTo(name, scratch, keepAs, signal, manner) {
      const store = storeOf(name);
      const switching = { ...switchNames(store, scratch, keepAs), terminate: manner?.terminate ?? false };
      await switchMysql(store, switching, tools, signal);
    },
    switched(name, scratch, keepAs, signal) {
      const store = storeOf(name);
      return mysqlSwitched(store, switchNames(store, scratch, keepAs), signal);
    },
    async drop(name, which, signal) {
      const store = storeOf(name);
      await using server = await openMysql(store, signal, null);
      for (const one of namesOf(store, which)) await dropMysql(server, one);
    },
    async count(name, signal) {
      const store = storeOf(name);
      await using server = await openMysql(store, signal);
      const counts = (await countMysql(server, store.database)) ?? {};
      return { ...(await said(store, signal)), tool: null, counts };
    },
    async connected(name, signal) {
      const store = storeOf(name);
      await using server = await openMysql(store, signal, null);
      return (await others(server, store.database)).map(({ who }) => who);
    },
    async orphans(name, which, signal) {
      const store = storeOf(name);
      await using server = await openMysql(store, signal, null);
      return await orphansInMysql(server, which === null ? store.database : besideName(store, which));
    },
    async overwrite(name, source, signal, manner) {
      const store = storeOf(name);
      const over = { source, tools, terminate: manner?.terminate ?? false };
      const counts = await overwriteMysql(store, over, signal);
      return { ...(await said(store, signal)), tool: null, counts };
    },
    room: (name, signal) => roomFor(storeOf(name), hostRoot, signal),
  };
}

async function roomFor(
  store: Database,
  hostRoot: string,
  signal: AbortSignal,
): ReturnType<NonNullable<Archivist['room']>> {
  await using server = await openMysql(store, signal, null);
  const [row] = await server.rows(
    'SELECT @@datadir AS folder, SUM(data_length + index_length) AS bytes FROM information_schema.tables WHERE table_schema = ?',
    [store.database],
  );
  const folder = String(row?.['folder']);
  const freeBytes = await freeBeside(store, { hostRoot, folder, inside: store.database });
  return freeBytes === null ? null : { neededBytes: Number(row?.['bytes'] ?? 0), freeBytes };
}

async function said(
  store: Database,
  signal: AbortSignal,
  database = store.database,
): Promise<Pick<BackupFacts, 'server' | 'schemaVersion'>> {
  await using server = await openMysql(store, signal, database);
  return { server: await serverOf(server), schemaVersion: await schemaVersion(server, store) };
}

/** The version is told beside the copy; a query that no longer fits must not keep a copy from being made. */
async function schemaVersion(server: Mysql, { schemaQuery }: Database): Promise<string | null> {
  if (schemaQuery === null) return null;
  const rows = await server.rows(schemaQuery).catch((error: unknown) => {
    if (error instanceof RollbackError && error.code === 'REFUSED') return [];
    throw error;
  });
  const [value] = Object.values(rows[0] ?? {});
  return shownValue(value);
}

async function examine(
  store: Database,
  tools: DatabaseTools,
  signal: AbortSignal,
): Promise<Awaited<ReturnType<Archivist['examine']>>> {
  try {
    await tools.version(['mariadb-dump', 'mysqldump'], store, signal);
    await using server = await openMysql(store, signal);
    const found = await catalogueOf(server, store.database);
    const sizes = await server.rows(
      'SELECT SUM(data_length) AS bytes, SUM(table_type = ? AND engine NOT IN (?, ?)) AS plain FROM information_schema.tables WHERE table_schema = ?',
      ['BASE TABLE', 'InnoDB', 'ROCKSDB', store.database],
    );
    const { bytes, plain } = sizes[0] ?? {};
    const warnings =
      Number(plain ?? 0) === 0
        ? []
        : [
            `${store.name} has ${Number(plain)} tables of an engine without transactions: what is written to them during the copy may be half in it`,
          ];
    return {
      problems:
        found?.tables.length === 0 ? [`the database ${store.database} of ${store.name} has no tables`] : [],
      warnings,
      bytes: bytes === null || bytes === undefined ? null : Number(bytes),
    };
  } catch (error) {
    return { problems: [messageOf(error)], bytes: null };
  }
}

const needed = ['CREATE', 'DROP', 'ALTER', 'INSERT'] as const;

/** Whether the account may make databases beside the one in use. */
async function whyNotAllowed(server: Mysql, { name, database }: Database): Promise<string | null> {
  const beside = `${database}_rollbackd_x`;
  const granted = await server.rows(
    'SELECT privilege_type AS privilege FROM information_schema.user_privileges UNION SELECT privilege_type FROM information_schema.schema_privileges WHERE ? LIKE table_schema',
    [beside],
  );
  const privileges = new Set(granted.map(({ privilege }) => String(privilege)));
  const missing = needed.filter((one) => !privileges.has(one));
  if (missing.length === 0) return null;
  return `the account of ${name} may not make a database beside ${database}: it lacks ${missing.join(', ')}; grant them ON \`${database}\\_rollbackd\\_%\`.*`;
}
