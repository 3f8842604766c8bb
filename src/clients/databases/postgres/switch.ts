import { crashPoint } from '../../../domain/crash-point.ts';
import type { Database } from '../../../domain/data-store.ts';
import { RollbackError } from '../../../domain/errors.ts';
import { databasesAmong } from './catalogue.ts';
import { besidePostgres, quoted, type Postgres } from './connection.ts';

export interface PostgresSwitching {
  readonly scratch: string;
  readonly keepAs: string;
  /** Whether connections to the database in use are ended. */
  readonly terminate: boolean;
}

/** The server waits five seconds for others to leave; whoever comes back within that time is ended too. */
const rounds = 60;

/**
 * Renames the database in use out of the way and the restored one into its place: two renames in one transaction, which
 * the server does both or neither. From the first on nobody new gets in until both are done.
 */
export async function switchPostgres(
  store: Database,
  switching: PostgresSwitching,
  signal: AbortSignal,
): Promise<void> {
  const { scratch, keepAs } = switching;
  await using server = await besidePostgres(store, signal);
  const stand = await standOf(server, store, switching);
  if (stand === 'done') return;
  if (stand === 'partial')
    throw new RollbackError(
      'REFUSED',
      `${store.name} cannot be switched: of the databases ${store.database}, ${scratch} and ${keepAs} not exactly the first two are there`,
    );
  crashPoint('effect.call.between');
  await server.run('BEGIN');
  await server.run("SET LOCAL lock_timeout = '10s'");
  const renaming = server.run(`ALTER DATABASE ${quoted(store.database)} RENAME TO ${quoted(keepAs)}`);
  if (switching.terminate) await Promise.allSettled([renaming, endUntil(store, renaming, signal)]);
  await renaming.catch(async (error: unknown) => {
    await server.run('ROLLBACK');
    throw await blocked(error, store, server);
  });
  await server.run(`ALTER DATABASE ${quoted(scratch)} RENAME TO ${quoted(store.database)}`);
  crashPoint('effect.call.between');
  await server.run('COMMIT');
  crashPoint('effect.call.between');
}

/** How far a switch came; the server does it whole or not at all. */
export async function postgresSwitched(
  store: Database,
  databases: Omit<PostgresSwitching, 'terminate'>,
  signal: AbortSignal,
): Promise<'done' | 'partial' | 'not_done'> {
  await using server = await besidePostgres(store, signal);
  return await standOf(server, store, databases);
}

async function standOf(
  server: Postgres,
  { database }: Database,
  { scratch, keepAs }: Omit<PostgresSwitching, 'terminate'>,
): Promise<'done' | 'partial' | 'not_done'> {
  const there = await databasesAmong(server, [database, scratch, keepAs]);
  if (there.has(database) && !there.has(keepAs)) return 'not_done';
  return there.has(database) && !there.has(scratch) ? 'done' : 'partial';
}

async function endUntil(store: Database, renaming: Promise<void>, signal: AbortSignal): Promise<void> {
  await using killer = await besidePostgres(store, signal);
  const over = new AbortController();
  const end = (): void => over.abort();
  renaming.then(end, end);
  for (let round = 0; round < rounds && !over.signal.aborted; round += 1)
    await endOthers(killer, store.database);
}

/** Ends every connection to a database, and gives them a moment to be gone. */
export async function endOthers(server: Postgres, database: string): Promise<void> {
  await server.rows(
    'SELECT pg_terminate_backend(pid), pg_sleep(0.1) FROM pg_stat_activity WHERE datname = $1 UNION ALL SELECT true, pg_sleep(0.1)',
    [database],
  );
}

/** Connections to a database, as far as the account may see them. */
export async function others(server: Postgres, database: string): Promise<readonly string[]> {
  const rows = await server.rows(
    `SELECT pid, usename AS who, coalesce(client_addr::text, 'a local socket') AS host, application_name AS app, state
     FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid() AND backend_type = 'client backend' ORDER BY backend_start`,
    [database],
  );
  return rows.map(({ pid, who, host, app, state }) => {
    const name = typeof app === 'string' && app !== '' ? ` ${app}` : '';
    return `${String(who)}@${String(host)}${name} (${String(state)}, process ${String(pid)})`;
  });
}

async function blocked(thrown: unknown, store: Database, server: Postgres): Promise<unknown> {
  // 55006: others are connected. 55P03: the lock was not had in time.
  const busy = thrown instanceof RollbackError && /^55(006|P03)$/.test(String(thrown.facts['sqlState']));
  if (!busy) return thrown;
  const holding = (await others(server, store.database).catch(() => [])).slice(0, 5);
  return new RollbackError(
    'REFUSED',
    `${store.name} could not be switched: connected are ${holding.join(', ') || 'others that this account may not see'}; end them, or let the step do it with terminate: true`,
    { sqlState: '55006' },
    { cause: thrown },
  );
}
