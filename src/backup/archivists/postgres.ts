import { besideName, namesOf, switchNames } from '../../clients/databases/beside-name.ts';
import { besidePostgres, openPostgres, type Postgres } from '../../clients/databases/postgres/connection.ts';
import { dropPostgres, restorePostgresBeside } from '../../clients/databases/postgres/beside.ts';
import { countsIn, serverOf } from '../../clients/databases/postgres/catalogue.ts';
import { dumpPostgres, schemaVersionIn } from '../../clients/databases/postgres/dump.ts';
import { orphansInPostgres } from '../../clients/databases/postgres/orphans.ts';
import { overwritePostgres } from '../../clients/databases/postgres/overwrite.ts';
import { others, postgresSwitched, switchPostgres } from '../../clients/databases/postgres/switch.ts';
import { freeBeside } from '../../clients/databases/room-beside.ts';
import type { BackupFacts } from '../../domain/backup.ts';
import type { Database } from '../../domain/data-store.ts';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import type { Archivist } from '../../domain/ports/backups.ts';
import type { DatabaseParts } from './mysql.ts';
import { sourceOf, whyNotThatServer, whyNotThatSource } from './versions.ts';

/**
 * Databases of PostgreSQL. The copy is an archive of pg_dump; its rows are counted in the same exported snapshot, so the
 * counts are exactly those of the copy.
 */
export function postgresArchivist({ stores, tools, hostRoot = '/' }: DatabaseParts): Archivist {
  const storeOf = (name: string): Database => {
    const found = stores[name];
    if (found?.kind === 'postgres') return found;
    throw new RollbackError('NOT_FOUND', `there is no data store ${name} of PostgreSQL`);
  };
  return {
    kind: 'store',
    handles: (name) => stores[name]?.kind === 'postgres',
    async examine(name, signal) {
      const store = storeOf(name);
      try {
        await tools.version(['pg_dump'], store, signal);
        await using server = await openPostgres(store, signal);
        const [row] = await server.rows('SELECT pg_database_size(current_database()) AS bytes');
        return { problems: await tooOldTool(store, server, tools, signal), bytes: Number(row?.['bytes']) };
      } catch (error) {
        return { problems: [messageOf(error)], bytes: null };
      }
    },
    async dump(name, sink, signal) {
      const store = storeOf(name);
      return { ...(await dumpPostgres(store, tools, sink, signal)), source: sourceOf(store) };
    },
    async whyNotHere(name, facts, signal) {
      const store = storeOf(name);
      await using server = await besidePostgres(store, signal);
      return (
        whyNotThatServer(facts.server, await serverOf(server)) ??
        whyNotThatSource(facts, sourceOf(store)) ??
        (await whyNotAllowed(server, store))
      );
    },
    async restoreBeside(name, source, suffix, signal) {
      const store = storeOf(name);
      const scratch = besideName(store, suffix);
      const copy = await restorePostgresBeside(store, { source, scratch, tools }, signal);
      return { ...copy, tool: null };
    },
    async switchTo(name, scratch, keepAs, signal, manner) {
      const store = storeOf(name);
      const switching = { ...switchNames(store, scratch, keepAs), terminate: manner?.terminate ?? false };
      await switchPostgres(store, switching, signal);
    },
    switched(name, scratch, keepAs, signal) {
      const store = storeOf(name);
      return postgresSwitched(store, switchNames(store, scratch, keepAs), signal);
    },
    async drop(name, which, signal) {
      const store = storeOf(name);
      await using server = await besidePostgres(store, signal);
      for (const one of namesOf(store, which)) await dropPostgres(server, one);
    },
    ...lookingAt(storeOf),
    async overwrite(name, source, signal, manner) {
      const store = storeOf(name);
      const over = { source, tools, terminate: manner?.terminate ?? false };
      const counts = await overwritePostgres(store, over, signal);
      return { ...(await said(store, signal)), tool: null, counts };
    },
    room: (name, signal) => roomFor(storeOf(name), hostRoot, signal),
  };
}

/** What only looks at a database. */
function lookingAt(storeOf: (name: string) => Database): Pick<Archivist, 'count' | 'connected' | 'orphans'> {
  return {
    async count(name, signal) {
      const store = storeOf(name);
      await using server = await openPostgres(store, signal);
      await server.run('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      const counts = await countsIn(server);
      await server.run('COMMIT');
      return {
        server: await serverOf(server),
        tool: null,
        schemaVersion: await schemaVersionIn(server, store),
        counts,
      };
    },
    async connected(name, signal) {
      const store = storeOf(name);
      await using server = await besidePostgres(store, signal);
      return await others(server, store.database);
    },
    async orphans(name, which, signal) {
      const store = storeOf(name);
      const database = which === null ? store.database : besideName(store, which);
      await using server = await openPostgres(store, signal, database);
      return await orphansInPostgres(server);
    },
  };
}

async function roomFor(
  store: Database,
  hostRoot: string,
  signal: AbortSignal,
): ReturnType<NonNullable<Archivist['room']>> {
  await using server = await openPostgres(store, signal);
  const [row] = await server.rows(
    `SELECT CASE WHEN pg_has_role('pg_read_all_settings', 'USAGE') THEN current_setting('data_directory') END AS folder,
       pg_database_size(oid) AS bytes, oid FROM pg_database WHERE datname = current_database()`,
  );
  const { folder, bytes, oid } = row ?? {};
  if (typeof folder !== 'string') return null;
  const freeBytes = await freeBeside(store, { hostRoot, folder, inside: `base/${String(oid)}` });
  return freeBytes === null ? null : { neededBytes: Number(bytes), freeBytes };
}

async function said(
  store: Database,
  signal: AbortSignal,
): Promise<Pick<BackupFacts, 'server' | 'schemaVersion'>> {
  await using server = await openPostgres(store, signal);
  return { server: await serverOf(server), schemaVersion: await schemaVersionIn(server, store) };
}

/** pg_dump refuses a server that is newer than itself. */
async function tooOldTool(
  store: Database,
  server: Postgres,
  tools: DatabaseParts['tools'],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const [has, needs] = [await tools.version(['pg_dump'], store, signal), await serverOf(server)];
  const [tool, wanted] = [has, needs].map((text) => Number(/\d+/.exec(text)?.[0]));
  if (tool === undefined || wanted === undefined || tool >= wanted) return [];
  return [`pg_dump ${tool} is too old for ${needs}; install the client package of that server`];
}

/** Whether the account may make databases and rename the one in use. */
async function whyNotAllowed(server: Postgres, { name, database }: Database): Promise<string | null> {
  const [row] = await server.rows(
    `SELECT r.rolsuper AS super, r.rolcreatedb AS makes, pg_has_role(d.datdba, 'USAGE') AS owns
     FROM pg_roles r, pg_database d WHERE r.rolname = current_user AND d.datname = $1`,
    [database],
  );
  if (row === undefined) return `there is no database ${database} in ${name}`;
  if (row['super'] === true || (row['makes'] === true && row['owns'] === true)) return null;
  return `the account of ${name} may not make and rename databases: it needs CREATEDB and to own ${database}`;
}
