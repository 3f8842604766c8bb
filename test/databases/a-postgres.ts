import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openPostgres, type Postgres } from '../../src/clients/databases/postgres/connection.ts';
import { freePort } from '../e2e/ports.ts';
import { onceUp } from '../support/once-up.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { never } from '../rollback/a-step.ts';
import { endAfterAll, password, serverOf, storeOf, type TestServer } from './a-server.ts';

/** A PostgreSQL of Debian's, for the tests of one file. */
export type TestPostgres = TestServer<Postgres>;

/** The folder of its programs. */
export function newestPostgres(): string {
  const root = '/usr/lib/postgresql';
  const newest = readdirSync(root).toSorted((a, b) => Number(b) - Number(a))[0] ?? '';
  return join(root, newest, 'bin');
}

/** Starts one on loopback, as the user of the package. */
export async function startPostgres(folder = temporaryFolder('rd-postgres')): Promise<TestPostgres> {
  const bin = newestPostgres();
  const uid = Number(execFileSync('id', ['-u', 'postgres'], { encoding: 'utf8' }));
  chmodSync(folder, 0o755);
  const data = join(folder, 'data');
  mkdirSync(data);
  chownSync(data, uid, uid);
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, password);
  const options = { uid, stdio: 'ignore' } as const;
  execFileSync(
    join(bin, 'initdb'),
    [
      `--pgdata=${data}`,
      '--username=keeper',
      '--auth=scram-sha-256',
      `--pwfile=${passwordFile}`,
      '--encoding=UTF8',
      '--locale=C.UTF-8',
      '--no-sync',
    ],
    options,
  );
  const port = await freePort();
  const server = spawn(
    join(bin, 'postgres'),
    ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', data, '-F'],
    options,
  );
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  endAfterAll(async () => {
    // At once, with all its children.
    server.kill('SIGQUIT');
    await ended;
  });
  const store = (database: string) => storeOf('postgres', 'shop', port, database);
  const open = (database: string) => openPostgres(store('postgres'), never, database);
  await onceUp(async () => {
    await using _ = await open('postgres');
  });
  return serverOf(store, open, ['postgres', 'SELECT datname AS name FROM pg_database ORDER BY 1']);
}
