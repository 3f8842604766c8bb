import { afterAll } from 'vitest';
import type { Database } from '../../src/domain/data-store.ts';
import { Secret } from '../../src/domain/secret.ts';

type Row = Readonly<Record<string, unknown>>;

interface Connection extends AsyncDisposable {
  run(statement: string): Promise<void>;
  rows(statement: string): Promise<readonly Row[]>;
}

/** A database server of Debian's, for the tests of one file. */
export interface TestServer<Opened extends Connection> {
  /** A store of a database of this name; the account may do everything. */
  store(database: string): Database;
  open(database: string): Promise<Opened>;
  /** Statements of the test's own, in a database. */
  run(database: string, ...statements: readonly string[]): Promise<void>;
  rows(database: string, statement: string): Promise<readonly Row[]>;
  /** Those of this name, and those that begin with it and an underscore. */
  databases(name: string): Promise<readonly string[]>;
}

export const password = 'cat battery; "staple"';

/** What is about to be ended, whichever hook or test started it. */
const ends: (() => Promise<void>)[] = [];

afterAll(async () => {
  await Promise.all(ends.splice(0).map((end) => end()));
});

/** Ends something when the tests of the file are over. */
export function endAfterAll(end: () => Promise<void>): void {
  ends.push(end);
}

/** The store of an account that may do everything on a server on loopback. */
export function storeOf(kind: Database['kind'], name: string, port: number, database: string): Database {
  return {
    kind,
    name,
    host: '127.0.0.1',
    port,
    tls: false,
    user: 'keeper',
    password: new Secret(password),
    database,
    toolsIn: null,
    schemaQuery: 'SELECT MAX(version) FROM migrations',
  };
}

/** @param allNames the query of the server's own database `home` for the names of all */
export function serverOf<Opened extends Connection>(
  store: (database: string) => Database,
  open: (database: string) => Promise<Opened>,
  [home, allNames]: readonly [home: string, allNames: string],
): TestServer<Opened> {
  const rows = async (database: string, statement: string): Promise<readonly Row[]> => {
    await using connection = await open(database);
    return await connection.rows(statement);
  };
  return {
    store,
    open,
    rows,
    async run(database, ...statements) {
      await using connection = await open(database);
      for (const statement of statements) await connection.run(statement);
    },
    async databases(wanted) {
      const found = (await rows(home, allNames)).map(({ name }) => String(name));
      return found.filter((name) => name === wanted || name.startsWith(`${wanted}_`));
    },
  };
}
