import type { Database } from '../../../domain/data-store.ts';
import { messageOf, RollbackError } from '../../../domain/errors.ts';
import { SECOND } from '../../../domain/time.ts';
import { withoutPassword } from '../tools.ts';

/** One connection to a server of MySQL or MariaDB. Ends with its disposal, or when the signal aborts. */
export interface Mysql extends AsyncDisposable {
  /** Of this connection, on the server. */
  readonly id: number;
  /** Numbers that JavaScript cannot hold come as text. */
  rows(
    statement: string,
    values?: readonly (string | number)[],
  ): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** A statement without an answer. */
  run(statement: string, values?: readonly (string | number)[]): Promise<void>;
}

const connectMs = 10 * SECOND;

/**
 * @param database the one to be in; null: none, e.g. before it is made
 * @throws RollbackError `UNREACHABLE`, `REFUSED` when the server says no
 */
export async function openMysql(
  store: Database,
  signal: AbortSignal,
  database: string | null = store.database,
): Promise<Mysql> {
  const { createConnection } = await import('mysql2/promise');
  const { host, port, user, password, tls } = store;
  const asked = async <T>(tried: string, work: () => Promise<T>): Promise<T> => {
    if (signal.aborted) throw aborted(store, tried);
    try {
      return await work();
    } catch (cause) {
      throw signal.aborted ? aborted(store, tried) : failure(store, tried, cause);
    }
  };
  const connection = await asked('connect', () =>
    createConnection({
      host,
      port,
      ...(user === null ? {} : { user }),
      ...(password === null ? {} : { password: password.reveal() }),
      ...(database === null ? {} : { database }),
      ...(tls ? { ssl: {} } : {}),
      connectTimeout: connectMs,
      charset: 'utf8mb4',
      supportBigNumbers: true,
      // A server must not be able to ask for files of this machine.
      flags: ['-LOCAL_FILES'],
    }),
  );
  // Each call rejects with what went wrong: nothing is told twice.
  connection.on('error', () => {});
  const abort = (): void => connection.destroy();
  signal.addEventListener('abort', abort, { once: true });
  const rows: Mysql['rows'] = (statement, values = []) =>
    asked(shown(statement), async () => {
      const [answer] = await connection.query(statement, [...values]);
      return Array.isArray(answer) ? (answer as Record<string, unknown>[]) : [];
    });
  return {
    id: connection.threadId,
    rows,
    run: async (statement, values) => {
      await rows(statement, values);
    },
    [Symbol.asyncDispose]: async () => {
      signal.removeEventListener('abort', abort);
      connection.destroy();
    },
  };
}

/** A name in a statement. */
export function quoted(...names: readonly string[]): string {
  return names.map((name) => `\`${name.replaceAll('`', '``')}\``).join('.');
}

/** The beginning of a statement; values never stand in one. */
function shown(statement: string): string {
  return statement.length <= 60 ? statement : `${statement.slice(0, 57)}…`;
}

function aborted({ name }: Database, tried: string): RollbackError {
  return new RollbackError('ABORTED', `interrupted at ${tried} in ${name}; how far it got is unknown`);
}

function failure(store: Database, tried: string, cause: unknown): RollbackError {
  const where = `${store.name} (${store.host}:${store.port})`;
  const message = `${where}, ${tried}: ${withoutPassword(messageOf(cause), store)}`;
  const number = cause instanceof Error && 'errno' in cause ? cause.errno : null;
  if (cause instanceof Error && 'sqlState' in cause && typeof number === 'number')
    return new RollbackError('REFUSED', message, { errno: number }, { cause });
  return new RollbackError(tried === 'connect' ? 'UNREACHABLE' : 'EFFECT_UNKNOWN', message, {}, { cause });
}
