import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from './programs.ts';

/** A MariaDB of Debian's on loopback, tuned to write quickly; whoever asks over its socket as root may do everything. */
export interface BenchMariadb {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly socket: string;
  /** Has the client carry a statement out. */
  run(database: string, statement: string): void;
}

const account = { user: 'bench', password: 'bench-password' } as const;

/** Starts one that ends with the stack; its data lies in the folder. */
export async function startMariadb(undo: AsyncDisposableStack, folder: string): Promise<BenchMariadb> {
  const data = join(folder, 'mariadb');
  mkdirSync(data);
  const initialise = [
    '--no-defaults',
    `--datadir=${data}`,
    '--user=root',
    '--auth-root-authentication-method=normal',
  ];
  execFileSync('mariadb-install-db', initialise, { stdio: 'ignore' });
  const port = await freePort();
  const socket = join(data, 'socket');
  const server = spawn(
    'mariadbd',
    [
      '--no-defaults',
      '--user=root',
      `--datadir=${data}`,
      '--bind-address=127.0.0.1',
      `--port=${port}`,
      `--socket=${socket}`,
      '--innodb-buffer-pool-size=2G',
      '--innodb-log-file-size=1G',
      '--innodb-flush-log-at-trx-commit=0',
      '--innodb-doublewrite=OFF',
    ],
    { stdio: 'ignore' },
  );
  const ended = new Promise((resolve) => server.once('exit', resolve));
  undo.defer(async () => {
    if (server.exitCode === null && server.kill('SIGTERM')) await ended;
  });
  const run = (database: string, statement: string): void => {
    const args = [
      '--no-defaults',
      `--socket=${socket}`,
      '--user=root',
      ...(database === '' ? [] : [database]),
    ];
    execFileSync('mariadb', args, { input: statement, stdio: ['pipe', 'ignore', 'pipe'] });
  };
  await untilUp(() => run('', 'SELECT 1'));
  run('', `CREATE USER ${account.user}@'127.0.0.1' IDENTIFIED BY '${account.password}'`);
  run('', `GRANT ALL ON *.* TO ${account.user}@'127.0.0.1'`);
  return { port, socket, run, ...account };
}

async function untilUp(ask: () => void): Promise<void> {
  for (let tries = 0; ; tries += 1)
    try {
      return ask();
    } catch (error) {
      if (tries === 200) throw error;
      await pause(100);
    }
}
