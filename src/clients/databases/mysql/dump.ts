import { createHash } from 'node:crypto';
import { Writable, type Readable } from 'node:stream';
import type { RowDigests } from '../../../domain/backup.ts';
import type { Database } from '../../../domain/data-store.ts';
import { RollbackError } from '../../../domain/errors.ts';
import { MINUTE, SECOND } from '../../../domain/time.ts';
import { giveBack } from '../../lent-memory.ts';
import { close, type PipedResult } from '../../process/piped.ts';
import type { DatabaseTools, Login } from '../tools.ts';
import { RowCounter } from './count-rows.ts';

const dumpers = ['mariadb-dump', 'mysqldump'] as const;
const clients = ['mariadb', 'mysql'] as const;
/** How long a client waits for the one that feeds the same database. */
const turnSeconds = 60;

/** What the tool made, and how many rows of each table it wrote. */
export interface Dumped {
  /** `mariadb-dump 10.11.19`. */
  readonly tool: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly digests: RowDigests;
}

/**
 * Writes one consistent copy of a database, with its views, routines, triggers and events, into `sink` and ends it.
 *
 * @throws RollbackError when the tool is missing, fails, or stops before its last line
 */
export async function dumpMysql(
  store: Database,
  tools: DatabaseTools,
  sink: Writable,
  signal: AbortSignal,
): Promise<Dumped> {
  try {
    const what = ['--routines', '--triggers', '--events', '--', store.database];
    const dumped = await poured(store, { what, sink }, tools, signal);
    await close(sink);
    return dumped;
  } catch (error) {
    sink.destroy(error instanceof Error ? error : undefined);
    throw error;
  }
}

/**
 * Counts and digests the rows of a database of the same server as a copy of it would be.
 *
 * @param tables their names; null: all of them. Tables without rows are missing in the answer.
 * @throws RollbackError as `dumpMysql`
 */
export function readMysql(
  store: Database,
  { database, tables }: { readonly database: string; readonly tables: readonly string[] | null },
  tools: DatabaseTools,
  signal: AbortSignal,
): Promise<Dumped> {
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      giveBack(chunk);
      done();
    },
  });
  const what = ['--no-create-info', '--skip-triggers', '--', database, ...(tables ?? [])];
  return poured(store, { what, sink }, tools, signal);
}

async function poured(
  store: Database,
  { what, sink }: { readonly what: readonly string[]; readonly sink: Writable },
  tools: DatabaseTools,
  signal: AbortSignal,
): Promise<Dumped> {
  const tool = await toolOf(store, tools, signal);
  const counter = new RowCounter();
  const args = [...consistent, ...(tool.startsWith('mysqldump') ? ofMysql : []), ...what];
  const run = { store, names: dumpers, login: loginOf(store), args, output: [counter, sink] as const };
  const result = await tools.run(run, signal);
  if (result.exitCode !== 0) throw toolFailed('dump', store, result);
  if (!counter.complete)
    throw new RollbackError(
      'ANSWER_INVALID',
      `the dump of ${store.name} has no end: ${tool} ended well but did not write its last line`,
    );
  const digests = { by: `rows as ${tool} writes them`, tables: counter.digests };
  return { tool, counts: counter.counts, digests };
}

/**
 * In one transaction, row by row; binary columns in hex, since a dump is text. No positions of the binary log: the copy
 * must fit a server of any history.
 */
const consistent = [
  '--single-transaction',
  '--quick',
  '--hex-blob',
  '--default-character-set=utf8mb4',
  '--skip-lock-tables',
  '--no-tablespaces',
];
const ofMysql = ['--set-gtid-purged=OFF', '--column-statistics=0'];

async function toolOf(store: Database, tools: DatabaseTools, signal: AbortSignal): Promise<string> {
  const said = await tools.version(dumpers, store, signal);
  // `… Ver 10.19 Distrib 10.11.19-MariaDB, …`, `mariadb-dump from 11.4.5-MariaDB, …` and `mysqldump  Ver 8.0.44 for …`
  const version = /\d+\.\d+\.\d+/.exec(said)?.[0] ?? '?';
  return `${/mariadb/i.test(said) ? 'mariadb-dump' : 'mysqldump'} ${version}`;
}

/**
 * The lock that whoever feeds a database holds: a client that a killed daemon has left behind writes on until it has
 * written what it had read.
 */
export function turnOf(database: string): string {
  return `rollbackd ${createHash('sha256').update(database).digest('hex').slice(0, 16)}`;
}

/** The definitions of a database that are not tables, as statements for the client. */
export interface Definitions {
  readonly triggers: string;
  /** Views, routines, events. */
  readonly others: string;
}

/** Reads the definitions of a database that are not tables. @param views their names */
export async function definitionsIn(
  store: Database,
  { database, views }: { readonly database: string; readonly views: readonly string[] },
  tools: DatabaseTools,
  signal: AbortSignal,
): Promise<Definitions> {
  const ask = async (...args: readonly string[]): Promise<string> => {
    const result = await tools.run(
      { store, names: dumpers, login: loginOf(store), args: ['--skip-comments', ...common, ...args] },
      signal,
    );
    if (result.exitCode !== 0) throw toolFailed('read the definitions', store, result);
    return result.output;
  };
  const common = ['--no-data', '--skip-lock-tables', '--no-tablespaces', '--default-character-set=utf8mb4'];
  const none = '--no-create-info';
  const triggers = await ask(none, '--triggers', '--add-drop-trigger', '--', database);
  const routines = await ask(none, '--skip-triggers', '--routines', '--events', '--', database);
  const viewed = views.length === 0 ? '' : await ask('--skip-triggers', '--', database, ...views);
  return { triggers, others: `${routines}\n${viewed}` };
}

/**
 * Has the client carry the statements of a dump out in a database.
 *
 * @param waitMs how long a statement waits for others to let go of a table; a minute unless stated
 * @throws RollbackError `REFUSED` with what the server said to the first that it did not accept
 */
export function feedMysql(
  store: Database,
  feed: { readonly database: string; readonly input: Readable; readonly waitMs?: number },
  tools: DatabaseTools,
  signal: AbortSignal,
): Promise<void> {
  return fed({ tried: 'restore', charset: 'binary' }, store, feed, tools, signal);
}

/**
 * Has the client run a script in the database of a store; it stops at the first statement that is refused.
 *
 * @throws RollbackError `REFUSED` with what the server said to that statement; what came before it stays
 */
export function runMysqlScript(
  store: Database,
  input: Readable,
  tools: DatabaseTools,
  signal: AbortSignal,
): Promise<void> {
  const feed = { database: store.database, input };
  return fed({ tried: 'change', charset: 'utf8mb4' }, store, feed, tools, signal);
}

/**
 * `charset`: what the client reads. A dump tells the server its own, and no byte of UTF-8 beyond ASCII looks like ASCII: so
 * the client, which is slow at telling characters apart, need not.
 */
async function fed(
  { tried, charset }: { readonly tried: string; readonly charset: 'binary' | 'utf8mb4' },
  store: Database,
  { database, input, waitMs = MINUTE }: Parameters<typeof feedMysql>[1],
  tools: DatabaseTools,
  signal: AbortSignal,
): Promise<void> {
  const result = await tools.run(
    {
      store,
      names: clients,
      login: loginOf(store),
      args: [
        '--batch',
        `--default-character-set=${charset}`,
        '--max-allowed-packet=1073741824',
        // A table that somebody holds must not keep the client waiting for a day.
        `--init-command=SET lock_wait_timeout = ${waitMs / SECOND}, @rollbackd_turn = GET_LOCK('${turnOf(database)}', ${turnSeconds})`,
        // Otherwise a file could have the client run programs, or read others: the first takes all of its own commands
        // but delimiter away, the next are MariaDB's and MySQL's for what it does before its first statement.
        '--binary-mode',
        '--loose-sandbox',
        '--loose-skip-system-command',
        '--',
        database,
      ],
      input,
    },
    signal,
  );
  if (result.exitCode !== 0) throw toolFailed(tried, store, result);
}

/** A server may answer any statement by asking for a file of the client; not all tools know the option. */
const noLocalFiles = 'loose-local-infile=0';

function loginOf({ host, port, user, password, tls }: Database): Login {
  const lines = [
    '[client]',
    `host=${optionValue(host)}`,
    `port=${port}`,
    'protocol=tcp',
    ...(user === null ? [] : [`user=${optionValue(user)}`]),
    ...(password === null ? [] : [`password=${optionValue(password.reveal())}`]),
    ...(tls ? ['ssl', 'loose-ssl-verify-server-cert'] : []),
    noLocalFiles,
  ];
  return {
    file: `${lines.join('\n')}\n`,
    // No other option file, of this machine or of a user, has a say.
    told: (path) => ({ args: [`--defaults-file=${path}`] }),
    inside: {
      args: [
        '--no-defaults',
        `--host=${host}`,
        `--port=${port}`,
        '--protocol=tcp',
        ...(user === null ? [] : [`--user=${user}`]),
        ...(tls ? ['--ssl', '--loose-ssl-verify-server-cert'] : []),
        `--${noLocalFiles}`,
      ],
      env: password === null ? {} : { MYSQL_PWD: password.reveal() },
    },
  };
}

function optionValue(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n').replaceAll('\r', '\\r')}"`;
}

function toolFailed(tried: string, { name }: Database, result: PipedResult): RollbackError {
  const how = result.exitCode === null ? `ended by ${result.signal}` : `exit code ${result.exitCode}`;
  const said = result.said.trim().split('\n').slice(-3).join(' | ');
  return new RollbackError('REFUSED', `could not ${tried} ${name}: ${how}${said === '' ? '' : `: ${said}`}`, {
    exitCode: result.exitCode,
  });
}
