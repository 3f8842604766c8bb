import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll } from 'vitest';
import { openMysql, type Mysql } from '../../src/clients/databases/mysql/connection.ts';
import type { Database } from '../../src/domain/data-store.ts';
import { Secret } from '../../src/domain/secret.ts';
import { freePort } from '../e2e/ports.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** A MariaDB of Debian's, for the tests of one file. */
export interface TestMariadb {
  readonly pid: number;
  /** A store of a database of this name; the account may do everything. */
  store(database: string): Database;
  /** Statements of the test's own, in a database. */
  run(database: string, ...statements: readonly string[]): Promise<void>;
  rows(database: string, statement: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  open(database: string): Promise<Mysql>;
}

export const password = 'cat battery; "staple"';
const never = new AbortController().signal;

export function idOf(user: string): number {
  return Number(execFileSync('id', ['-u', user], { encoding: 'utf8' }));
}

/** Ends what was started, whichever hook or test started it. */
const ends: (() => Promise<void>)[] = [];

afterAll(async () => {
  await Promise.all(ends.splice(0).map((end) => end()));
});

/** Starts one on loopback, as the user of the package. @param folder where its data lies, e.g. on a small disk */
export async function startMariadb(
  folder = temporaryFolder('rd-mariadb'),
  settings: readonly string[] = [],
): Promise<TestMariadb> {
  const uid = idOf('mysql');
  chmodSync(folder, 0o755);
  const data = join(folder, 'data');
  mkdirSync(data);
  chownSync(data, uid, uid);
  execFileSync(
    'mariadb-install-db',
    [
      '--no-defaults',
      `--datadir=${data}`,
      '--user=mysql',
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
    ],
    { stdio: 'ignore' },
  );
  const port = await freePort();
  const socket = join(data, 'socket');
  const server = spawn(
    'mariadbd',
    [
      '--no-defaults',
      `--datadir=${data}`,
      '--user=mysql',
      '--bind-address=127.0.0.1',
      `--port=${port}`,
      `--socket=${socket}`,
      `--pid-file=${join(data, 'pid')}`,
      '--innodb-buffer-pool-size=64M',
      '--innodb-flush-log-at-trx-commit=0',
      ...settings,
    ],
    { stdio: 'ignore' },
  );
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  ends.push(async () => {
    server.kill('SIGKILL');
    await ended;
  });
  await once(() =>
    execFileSync('mariadb', ['--no-defaults', `--socket=${socket}`, '-uroot'], {
      input: `CREATE USER keeper@'127.0.0.1' IDENTIFIED BY '${password}'; GRANT ALL ON *.* TO keeper@'127.0.0.1' WITH GRANT OPTION;`,
      stdio: ['pipe', 'ignore', 'ignore'],
    }),
  );
  const store = (database: string): Database => ({
    kind: 'mysql',
    name: 'orders',
    host: '127.0.0.1',
    port,
    tls: false,
    user: 'keeper',
    password: new Secret(password),
    database,
    toolsIn: null,
    schemaQuery: 'SELECT MAX(version) FROM migrations',
  });
  const open = (database: string) => openMysql(store(database), never, database);
  return {
    pid: server.pid ?? 0,
    store,
    open,
    async run(database, ...statements) {
      await using connection = await open(database);
      for (const statement of statements) await connection.run(statement);
    },
    async rows(database, statement) {
      await using connection = await open(database);
      return await connection.rows(statement);
    },
  };
}

/** Until a server that starts answers. */
export async function once(ask: () => unknown): Promise<void> {
  for (let tries = 0; ; tries += 1)
    try {
      await ask();
      return;
    } catch (error) {
      if (tries === 200) throw error;
      await pause(50);
    }
}
