import type { Database } from '../../../domain/data-store.ts';
import { messageOf, RollbackError } from '../../../domain/errors.ts';
import { SECOND } from '../../../domain/time.ts';
import { withoutPassword } from '../tools.ts';

/** One connection to a server of PostgreSQL. Ends with its disposal, or when the signal aborts. */
export interface Postgres extends AsyncDisposable {
  /** Large numbers come as text. */
  rows(
    statement: string,
    values?: readonly (string | number)[],
  ): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** A statement without an answer. */
  run(statement: string): Promise<void>;
}

const connectMs = 10 * SECOND;
/** Says that a failure is the server's word, not the network's. */
const sqlState = /^[0-9A-Z]{5}$/;

/**
 * @param database the one to be in
 * @throws RollbackError `UNREACHABLE`, `REFUSED` when the server says no, with its `sqlState`
 */
export async function openPostgres(
  store: Database,
  signal: AbortSignal,
  database = store.database,
): Promise<Postgres> {
  const { default: library } = await import('pg');
  const { host, port, tls } = store;
  const asked = async <T>(tried: string, work: () => Promise<T>): Promise<T> => {
    if (signal.aborted) throw aborted(store, tried);
    try {
      return await work();
    } catch (cause) {
      throw signal.aborted ? aborted(store, tried) : failure(store, tried, cause);
    }
  };
  const client = new library.Client({
    host,
    port,
    database,
    // Stated in full: what is missing the library would take out of the environment.
    user: store.user ?? 'postgres',
    password: store.password?.reveal() ?? '',
    ssl: tls ? { rejectUnauthorized: true } : false,
    connectionTimeoutMillis: connectMs,
    application_name: 'rollbackd',
  });
  // Each call rejects with what went wrong: nothing is told twice.
  client.on('error', () => {});
  const end = (): Promise<void> => client.end().catch(() => {});
  const abort = (): void => void end();
  await asked('connect', () => client.connect()).catch(async (error: unknown) => {
    await end();
    throw error;
  });
  signal.addEventListener('abort', abort, { once: true });
  const rows: Postgres['rows'] = (statement, values = []) =>
    asked(statement.length <= 60 ? statement : `${statement.slice(0, 57)}…`, async () => {
      const answer = await client.query<Record<string, unknown>>(statement, [...values]);
      return answer.rows;
    });
  return {
    rows,
    run: async (statement) => {
      await rows(statement);
    },
    [Symbol.asyncDispose]: async () => {
      signal.removeEventListener('abort', abort);
      await end();
    },
  };
}

/** A connection from which a database can be renamed: into another one of the same server. */
export async function besidePostgres(store: Database, signal: AbortSignal): Promise<Postgres> {
  if (store.database === 'postgres') return openPostgres(store, signal, 'template1');
  try {
    return await openPostgres(store, signal, 'postgres');
  } catch (error) {
    // 3D000: there is no such database; somebody removed it.
    if (!(error instanceof RollbackError) || error.facts['sqlState'] !== '3D000') throw error;
    return openPostgres(store, signal, 'template1');
  }
}

/** A name in a statement. */
export function quoted(...names: readonly string[]): string {
  return names.map((name) => `"${name.replaceAll('"', '""')}"`).join('.');
}

/** A text in a statement that takes no parameters. */
export function literal(text: string): string {
  const inside = text.replaceAll("'", "''");
  return inside.includes('\\') ? `E'${inside.replaceAll('\\', '\\\\')}'` : `'${inside}'`;
}

function aborted({ name }: Database, tried: string): RollbackError {
  return new RollbackError('ABORTED', `interrupted at ${tried} in ${name}; how far it got is unknown`);
}

function failure(store: Database, tried: string, cause: unknown): RollbackError {
  const where = `${store.name} (${store.host}:${store.port})`;
  const message = `${where}, ${tried}: ${withoutPassword(messageOf(cause), store)}`;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (sqlState.test(code) && !code.startsWith('E'))
    return new RollbackError('REFUSED', message, { sqlState: code }, { cause });
  return new RollbackError(tried === 'connect' ? 'UNREACHABLE' : 'EFFECT_UNKNOWN', message, {}, { cause });
}
