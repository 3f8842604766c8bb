import type { Readable, Writable } from 'node:stream';
import type { RowDigests } from '../../../domain/backup.ts';
import type { Database } from '../../../domain/data-store.ts';
import { RollbackError } from '../../../domain/errors.ts';
import { close, type PipedResult } from '../../process/piped.ts';
import type { DatabaseTools, Login } from '../tools.ts';
import { shownValue } from '../shown-value.ts';
import { digestedIn, serverOf } from './catalogue.ts';
import { openPostgres } from './connection.ts';

export interface PostgresCopy {
  /** `postgres 15.18`. */
  readonly server: string;
  /** `pg_dump 15.18`. */
  readonly tool: string;
  readonly schemaVersion: string | null;
  /** Counted in the snapshot that the dump was made in. */
  readonly counts: Readonly<Record<string, number>>;
  readonly digests?: RowDigests | undefined;
}

/**
 * Writes one consistent copy of a database into `sink` and ends it: an archive of pg_dump, not compressed. The tool and
 * the counting share one exported snapshot of the server.
 *
 * @throws RollbackError when the tool is missing or fails
 */
export async function dumpPostgres(
  store: Database,
  tools: DatabaseTools,
  sink: Writable,
  signal: AbortSignal,
): Promise<PostgresCopy> {
  // The one that breaks first ends the other: neither is worth anything alone.
  const either = new AbortController();
  const both = AbortSignal.any([signal, either.signal]);
  try {
    const said = await tools.version(['pg_dump'], store, signal);
    await using connection = await openPostgres(store, signal);
    await connection.run('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await connection.run('SET LOCAL idle_in_transaction_session_timeout = 0');
    await connection.run('SET LOCAL statement_timeout = 0');
    const [row] = await connection.rows('SELECT pg_export_snapshot() AS snapshot');
    const run = tools.run(
      {
        store,
        names: ['pg_dump'],
        login: loginOf(store),
        args: [
          '--format=custom',
          '--compress=0',
          `--snapshot=${String(row?.['snapshot'])}`,
          ...server(store, store.database),
        ],
        output: [sink],
      },
      both,
    );
    const counting = digestedIn(connection);
    const [result, counted] = await Promise.all([run, counting]).catch(async (error: unknown) => {
      either.abort();
      await run.catch(() => {});
      throw error;
    });
    if (result.exitCode !== 0) throw toolFailed('dump', store, result);
    const facts = {
      server: await serverOf(connection),
      tool: `pg_dump ${/\d+(\.\d+)?/.exec(said)?.[0] ?? '?'}`,
      schemaVersion: await schemaVersionIn(connection, store),
      ...counted,
    };
    await connection.run('COMMIT');
    await close(sink);
    return facts;
  } catch (error) {
    sink.destroy(error instanceof Error ? error : undefined);
    throw error;
  }
}

/** The version is told beside the copy; a query that no longer fits must not keep a copy from being made. */
export async function schemaVersionIn(
  connection: Awaited<ReturnType<typeof openPostgres>>,
  { schemaQuery }: Database,
): Promise<string | null> {
  if (schemaQuery === null) return null;
  const rows = await connection.rows(schemaQuery).catch((error: unknown) => {
    if (error instanceof RollbackError && error.code === 'REFUSED') return [];
    throw error;
  });
  const [value] = Object.values(rows[0] ?? {});
  return shownValue(value);
}

/**
 * Has pg_restore fill a database.
 *
 * @param over whether what is there is replaced, in one transaction that waits for nobody longer than 10 s
 * @throws RollbackError `REFUSED` with what it said to the first statement that was not accepted
 */
export async function feedPostgres(
  store: Database,
  {
    database,
    source,
    over = false,
  }: { readonly database: string; readonly source: Readable; readonly over?: boolean },
  tools: DatabaseTools,
  signal: AbortSignal,
): Promise<void> {
  const result = await tools.run(
    {
      store,
      names: ['pg_restore'],
      login: over ? impatient(loginOf(store)) : loginOf(store),
      args: ['--format=custom', '--exit-on-error', ...(over ? replacing : []), ...server(store, database)],
      input: source,
    },
    signal,
  );
  if (result.exitCode !== 0) throw toolFailed('restore', store, result);
}

function server({ host, port, user }: Database, database: string): string[] {
  return [
    '--no-password',
    `--host=${host}`,
    `--port=${port}`,
    `--username=${user ?? 'postgres'}`,
    `--dbname=${database}`,
  ];
}

function loginOf({ password, tls }: Database): Login {
  const PGSSLMODE = tls ? 'verify-full' : 'prefer';
  const inside = (password?.reveal() ?? '').replaceAll('\\', '\\\\').replaceAll(':', '\\:');
  return {
    file: `*:*:*:*:${inside}\n`,
    told: (path) => ({ env: { PGPASSFILE: path, PGSSLMODE } }),
    inside: { env: { PGPASSWORD: password?.reveal() ?? '', PGSSLMODE } },
  };
}

const replacing = ['--clean', '--if-exists', '--single-transaction'];

/** A lock that somebody holds must not keep a tool waiting for a day. */
function impatient(login: Login): Login {
  const options = { PGOPTIONS: '-c lock_timeout=10s' };
  const told: Login['told'] = (path) => {
    const { env, ...rest } = login.told(path);
    return { ...rest, env: { ...env, ...options } };
  };
  const { inside } = login;
  return { ...login, told, inside: { ...inside, env: { ...inside.env, ...options } } };
}

function toolFailed(tried: string, { name }: Database, result: PipedResult): RollbackError {
  const how = result.exitCode === null ? `ended by ${result.signal}` : `exit code ${result.exitCode}`;
  const said = result.said.trim().split('\n').slice(-3).join(' | ');
  return new RollbackError('REFUSED', `could not ${tried} ${name}: ${how}${said === '' ? '' : `: ${said}`}`, {
    exitCode: result.exitCode,
  });
}
