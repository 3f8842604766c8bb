import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../e2e/ports.ts';
import { onceUp } from './once-up.ts';

/** A MariaDB of Debian's on loopback. */
export interface Mariadb {
  readonly port: number;
  /** Carries statements out as root, who may do everything, and only over the socket. */
  run(statements: string, database?: string): void;
  /** Kills it, and waits until it is gone. */
  end(): Promise<void>;
}

/** Makes the folder of an empty one. @param user of the system, whose it becomes */
export function layMariadb(data: string, user = 'root'): void {
  mkdirSync(data);
  const args = [
    '--no-defaults',
    `--datadir=${data}`,
    `--user=${user}`,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
  ];
  execFileSync('mariadb-install-db', args, { stdio: 'ignore' });
}

/** Starts an empty one that outlives neither its `end` nor this process. @param data a folder that is not there yet */
export async function mariadbIn(data: string, settings: readonly string[], user = 'root'): Promise<Mariadb> {
  layMariadb(data, user);
  const port = await freePort();
  const socket = join(data, 'socket');
  const server = spawn(
    'mariadbd',
    [
      '--no-defaults',
      `--user=${user}`,
      `--datadir=${data}`,
      '--bind-address=127.0.0.1',
      `--port=${port}`,
      `--socket=${socket}`,
      // One that starts removes the temporary tables that lie there, of others, too.
      `--tmpdir=${data}`,
      '--innodb-flush-log-at-trx-commit=0',
      ...settings,
    ],
    { stdio: 'ignore' },
  );
  const kill = (): void => void server.kill('SIGKILL');
  process.once('exit', kill);
  const ended = new Promise((resolve) => server.once('exit', resolve));
  const run: Mariadb['run'] = (statements, database = 'mysql') =>
    void execFileSync('mariadb', ['--no-defaults', `--socket=${socket}`, '--user=root', database], {
      input: statements,
      stdio: ['pipe', 'ignore', 'pipe'],
    });
  await onceUp(() => run('SELECT 1'));
  const end = async (): Promise<void> => {
    process.off('exit', kill);
    kill();
    await ended;
  };
  return { port, run, end };
}
