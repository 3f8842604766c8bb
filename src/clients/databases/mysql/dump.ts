import { Writable } from 'node:stream';
import type { RowDigests } from '../../../domain/backup.ts';
import type { Database } from '../../../domain/data-store.ts';
import { RollbackError } from '../../../domain/errors.ts';
import { giveBack } from '../../lent-memory.ts';
import { Kept } from '../../process/kept.ts';
import { close } from '../../process/piped.ts';
import type { DatabaseTools } from '../tools.ts';
import { RowCounter } from './count-rows.ts';
import { loginOf, toolFailed } from './login.ts';
import { keptStatements } from './statements.ts';

const dumpers = ['mariadb-dump', 'mysqldump'] as const;

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

/** The definitions of a database that are not tables, as `keptStatements` for the client. */
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
  const ask = async (...more: readonly string[]): Promise<Buffer> => {
    const args = ['--skip-comments', ...common, ...more];
    const answer = new Kept();
    const run = { store, names: dumpers, login: loginOf(store), args, output: [answer] as const };
    const result = await tools.run(run, signal);
    if (result.exitCode !== 0) throw toolFailed('read the definitions', store, result);
    return answer.bytes();
  };
  const common = ['--no-data', '--skip-lock-tables', '--no-tablespaces', '--default-character-set=utf8mb4'];
  const none = '--no-create-info';
  const triggers = await ask(none, '--triggers', '--add-drop-trigger', '--', database);
  const routines = await ask(none, '--skip-triggers', '--routines', '--events', '--', database);
  const viewed = views.length === 0 ? Buffer.of() : await ask('--skip-triggers', '--', database, ...views);
  const others = Buffer.concat([routines, Buffer.from('\n'), viewed]);
  return { triggers: keptStatements(triggers), others: keptStatements(others) };
}
