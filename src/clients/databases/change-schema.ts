import { Readable } from 'node:stream';
import type { Document } from 'mongodb';
import { crashPoint } from '../../domain/crash-point.ts';
import type { Database, DataStore, SqliteStore } from '../../domain/data-store.ts';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import { openMongo } from './mongodb/connection.ts';
import { runMysqlScript } from './mysql/dump.ts';
import { openPostgres } from './postgres/connection.ts';
import { readSchemaVersion } from './schema-version.ts';
import { inSqlite } from './sqlite/process.ts';
import { shownValue } from './shown-value.ts';
import { withoutPassword, type DatabaseTools } from './tools.ts';
import { sqliteFile } from './sqlite/where.ts';

/** A script that brings a schema from one version to another. */
export interface SchemaChange {
  readonly script: Buffer;
  /** The version that it must have before. */
  readonly from: string;
  /** The version that it must have after; null: any other. */
  readonly expect: string | null;
}

export interface SchemaTools {
  readonly tools: DatabaseTools;
  readonly hostRoot: string;
}

/** Stores that scripts are run in. */
export type ScriptedStore = Database | SqliteStore;

/** Whether a script can be run in the store at all. */
export function isScripted(store: DataStore | undefined): store is ScriptedStore {
  const kind = store?.kind;
  return kind === 'mysql' || kind === 'postgres' || kind === 'mongodb' || kind === 'sqlite';
}

/** Whether the server takes back what a script did before it failed: all of it or nothing happens. */
export function isWhole(store: ScriptedStore): boolean {
  return store.kind === 'postgres' || store.kind === 'sqlite';
}

/**
 * Runs a script, and looks at the version of the schema before and after.
 *
 * PostgreSQL and SQLite do it in one transaction, together with both looks. MySQL and MariaDB cannot take statements that
 * define tables back: their client stops at the first statement that is refused, and what was before it stays. So do the
 * commands of MongoDB, which a script holds as a list in Extended JSON.
 *
 * @returns the version after it
 * @throws RollbackError `REFUSED` with nothing changed; `EFFECT_UNKNOWN` where nobody can tell
 */
export function changeSchema(
  store: ScriptedStore,
  change: SchemaChange,
  parts: SchemaTools,
  signal: AbortSignal,
): Promise<string> {
  switch (store.kind) {
    case 'postgres':
      return changePostgres(store, change, signal);
    case 'mysql':
      return changeMysql(store, change, parts, signal);
    case 'sqlite':
      return changeSqlite(store, change, parts, signal);
    case 'mongodb':
      return changeMongo(store, change, parts, signal);
  }
}

/** Why the version is not one that the script may start at; null: it is. */
function whyNotFrom(store: ScriptedStore, { from }: SchemaChange, version: string | null): string | null {
  if (version === from) return null;
  return `the schema of ${store.name} has version ${version ?? 'none'}, and the script is for ${from}`;
}

function whyNotTo(
  store: ScriptedStore,
  { from, expect }: SchemaChange,
  version: string | null,
): string | null {
  if (expect !== null && version !== expect)
    return `the script leaves the schema of ${store.name} at version ${version ?? 'none'}, and ${expect} is expected`;
  if (version === null || version === from)
    return `the script does not change the version of the schema of ${store.name}, which is ${version ?? 'none'}`;
  return null;
}

/** The lock that scripts of rollbackd take turns by, whichever daemon runs them; a number of its own. */
const turn = 7_262_063_811;

async function changePostgres(store: Database, change: SchemaChange, signal: AbortSignal): Promise<string> {
  await using server = await openPostgres(store, signal);
  const version = async (): Promise<string | null> => {
    const [row] = await server.rows(store.schemaQuery ?? 'SELECT NULL');
    return shownValue(Object.values(row ?? {})[0]);
  };
  await server.run('BEGIN');
  // One that a killed daemon has left behind must be over before this one looks.
  await server.run("SET LOCAL lock_timeout = '10s'");
  await server.rows('SELECT pg_advisory_xact_lock($1)', [turn]);
  refuseIf(whyNotFrom(store, change, await version()));
  const [begun] = await server.rows('SELECT txid_current() AS id');
  const own = Number(begun?.['id']);
  crashPoint('effect.call.between');
  await server.run(change.script.toString('utf8')).catch(async (error: unknown) => {
    if (!(error instanceof RollbackError) || error.code !== 'REFUSED') throw error;
    await server.run('ROLLBACK');
    const [ended] = await server.rows('SELECT txid_status($1) AS how', [own]);
    const said = withoutPassword(messageOf(error.cause), store);
    if (ended?.['how'] === 'committed') throw endedByItself(store, said);
    throw new RollbackError(
      'REFUSED',
      `the server refused a statement of the script: ${said}`,
      {},
      { cause: error },
    );
  });
  crashPoint('effect.call.between');
  const [still] = await server.rows('SELECT txid_current() AS id');
  if (Number(still?.['id']) !== own) throw endedByItself(store);
  const after = await version();
  refuseIf(whyNotTo(store, change, after));
  await server.run('COMMIT').catch((cause: unknown) => {
    throw new RollbackError('EFFECT_UNKNOWN', messageOf(cause), {}, { cause });
  });
  return after ?? '';
}

function endedByItself({ name }: ScriptedStore, said?: string): RollbackError {
  const then = said === undefined ? '' : `; then: ${said}`;
  return new RollbackError(
    'EFFECT_UNKNOWN',
    `the script ended the transaction that it ran in: what it did before that stays in ${name}${then}; leave BEGIN and COMMIT to the step`,
  );
}

function refuseIf(why: string | null): void {
  if (why !== null) throw new RollbackError('REFUSED', `${why}; nothing was changed`);
}

async function changeMysql(
  store: Database,
  change: SchemaChange,
  { tools, hostRoot }: SchemaTools,
  signal: AbortSignal,
): Promise<string> {
  refuseIf(whyNotFrom(store, change, await readSchemaVersion(store, hostRoot, signal)));
  crashPoint('effect.call.between');
  try {
    await runMysqlScript(store, Readable.from([change.script]), tools, signal);
    crashPoint('effect.call.between');
    return await changedVersion(store, change, hostRoot, signal);
  } catch (cause) {
    throw halfway(cause);
  }
}

/** The version behind a script that nobody takes back. */
async function changedVersion(
  store: ScriptedStore,
  change: SchemaChange,
  hostRoot: string,
  signal: AbortSignal,
): Promise<string> {
  const after = await readSchemaVersion(store, hostRoot, signal);
  const why = whyNotTo(store, change, after);
  if (why !== null) throw new RollbackError('EFFECT_UNKNOWN', why);
  return after;
}

function halfway(cause: unknown): unknown {
  if (!(cause instanceof RollbackError)) return cause;
  const message = `${cause.message}; what the script did before that stays`;
  return new RollbackError('EFFECT_UNKNOWN', message, {}, { cause });
}

async function changeMongo(
  store: Database,
  change: SchemaChange,
  { hostRoot }: SchemaTools,
  signal: AbortSignal,
): Promise<string> {
  const commands = await commandsIn(change.script);
  refuseIf(whyNotFrom(store, change, await readSchemaVersion(store, hostRoot, signal)));
  crashPoint('effect.call.between');
  try {
    await using mongo = await openMongo(store, signal);
    for (const command of commands) {
      await mongo.asked('run a command of the script', () => mongo.database.command(command));
      crashPoint('effect.call.between');
    }
    return await changedVersion(store, change, hostRoot, signal);
  } catch (cause) {
    throw halfway(cause);
  }
}

/**
 * The commands of a script for MongoDB, as `db.runCommand` takes them.
 *
 * @throws RollbackError `REFUSED` when it is not a list of commands in Extended JSON
 */
export async function commandsIn(script: Buffer): Promise<readonly Document[]> {
  const { BSON } = await import('mongodb');
  let read: unknown;
  try {
    read = BSON.EJSON.parse(script.toString('utf8'), { relaxed: false });
  } catch (cause) {
    throw new RollbackError('REFUSED', `the script is not Extended JSON: ${messageOf(cause)}`, {}, { cause });
  }
  const isCommand = (value: unknown): value is Document =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;
  if (Array.isArray(read) && read.length > 0 && read.every(isCommand)) return read;
  throw new RollbackError(
    'REFUSED',
    'the script is not a list of commands: expected [{"dropIndexes": "users", "index": "mail_1"}, …]',
  );
}

const sqliteScript = `
const [path, query, from, expect, script] = args;
const database = new DatabaseSync(path, { timeout: 10000 });
database.exec('PRAGMA foreign_keys = OFF');
database.exec('BEGIN IMMEDIATE');
const version = () => {
  const statement = database.prepare(query);
  statement.setReadBigInts(true);
  const value = Object.values(statement.get() ?? {})[0];
  return value === null || value === undefined ? null : String(value).trim();
};
const before = version();
if (before !== from) say({ before });
else {
  // A statement must not write files beside this one, which it could with the rights of the daemon.
  database.setAuthorizer((action) => (action === constants.SQLITE_ATTACH ? constants.SQLITE_DENY : constants.SQLITE_OK));
  database.exec(script);
  database.setAuthorizer(null);
  if (!database.isTransaction) say({ ended: true });
  else {
    const after = version();
    const good = after !== null && after !== from && (expect === '' || after === expect);
    database.exec(good ? 'COMMIT' : 'ROLLBACK');
    say({ before, after });
  }
}
`;

async function changeSqlite(
  store: SqliteStore,
  change: SchemaChange,
  { hostRoot }: SchemaTools,
  signal: AbortSignal,
): Promise<string> {
  const path = await sqliteFile(hostRoot, store.path);
  const args = [
    path,
    store.schemaQuery ?? 'SELECT NULL',
    change.from,
    change.expect ?? '',
    change.script.toString('utf8'),
  ];
  crashPoint('effect.call.between');
  const said = (await inSqlite(sqliteScript, args, `${store.name}, the script`, signal)) as {
    readonly before?: string | null;
    readonly after?: string | null;
    readonly ended?: true;
  };
  crashPoint('effect.call.between');
  if (said.ended === true) throw endedByItself(store);
  refuseIf(whyNotFrom(store, change, said.before ?? null));
  refuseIf(whyNotTo(store, change, said.after ?? null));
  return said.after ?? '';
}
