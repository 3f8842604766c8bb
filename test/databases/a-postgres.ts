import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { openPostgres, type Postgres } from '../../src/clients/databases/postgres/connection.ts';
import type { Database } from '../../src/domain/data-store.ts';
import { Secret } from '../../src/domain/secret.ts';
import { freePort } from '../e2e/ports.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { idOf, once, password } from './a-mariadb.ts';

/** A PostgreSQL of Debian's, for the tests of one file. */
export interface TestPostgres {
  store(database: string): Database;
  /** Statements of the test's own, in a database. */
  run(database: string, ...statements: readonly string[]): Promise<void>;
  rows(database: string, statement: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  open(database: string): Promise<Postgres>;
}

const never = new AbortController().signal;

/** Ends what was started, whichever hook or test started it. */
const ends: (() => Promise<void>)[] = [];

afterAll(async () => {
  await Promise.all(ends.splice(0).map((end) => end()));
});

/** The folder of its programs. */
export function newestPostgres(): string {
  const root = '/usr/lib/postgresql';
  const newest = readdirSync(root).toSorted((a, b) => Number(b) - Number(a))[0] ?? '';
  return join(root, newest, 'bin');
}

/** Starts one on loopback, as the user of the package. */
export async function startPostgres(folder = temporaryFolder('rd-postgres')): Promise<TestPostgres> {
  const bin = newestPostgres();
  const uid = idOf('postgres');
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
  ends.push(async () => {
    // At once, with all its children.
    server.kill('SIGQUIT');
    await ended;
  });
  const store = (database: string): Database => ({
    kind: 'postgres',
    name: 'shop',
    host: '127.0.0.1',
    port,
    tls: false,
    user: 'keeper',
    password: new Secret(password),
    database,
    toolsIn: null,
    schemaQuery: 'SELECT MAX(version) FROM migrations',
  });
  const open = (database: string) => openPostgres(store('postgres'), never, database);
  await once(async () => {
    await using _ = await open('postgres');
  });
  return {
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
