import { isAscii } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Database } from '../../../domain/data-store.ts';
import { MINUTE, SECOND } from '../../../domain/time.ts';
import type { DatabaseTools } from '../tools.ts';
import { loginOf, toolFailed } from './login.ts';

const clients = ['mariadb', 'mysql'] as const;
/** How long a client waits for the one that feeds the same database. */
const turnSeconds = 60;

/**
 * The lock that whoever feeds a database holds: a client that a killed daemon has left behind writes on until it has
 * written what it had read.
 */
export function turnOf(database: string): string {
  return `rollbackd ${createHash('sha256').update(database).digest('hex').slice(0, 16)}`;
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
  // A server of MySQL takes the names at the login to be in that character set, too.
  const charset = isAscii(Buffer.from(`${feed.database}${store.user ?? ''}`)) ? 'binary' : 'utf8mb4';
  return fed({ tried: 'restore', charset }, store, feed, tools, signal);
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
