import { quoted, type Postgres } from './connection.ts';

/**
 * Counts the rows of every table of the database that the connection is in, as its transaction sees them. Tables of
 * `public` go by their bare names; those of extensions are not counted, since a dump does not hold their rows.
 */
export async function countsIn(connection: Postgres): Promise<Readonly<Record<string, number>>> {
  const tables = await connection.rows(
    `SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
     AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')`,
  );
  const counts: [string, number][] = [];
  for (const row of tables) {
    const [schema, name] = [String(row['schema']), String(row['name'])];
    const [counted] = await connection.rows(`SELECT count(*) AS n FROM ONLY ${quoted(schema, name)}`);
    counts.push([schema === 'public' ? name : `${schema}.${name}`, Number(counted?.['n'])]);
  }
  return Object.fromEntries(counts.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** `postgres 15.18`. */
export async function serverOf(connection: Postgres): Promise<string> {
  const [row] = await connection.rows('SHOW server_version');
  return `postgres ${/^[\d.]+/.exec(String(row?.['server_version']))?.[0] ?? '?'}`;
}

/** Which of these databases the server has. */
export async function databasesAmong(
  connection: Postgres,
  names: readonly string[],
): Promise<ReadonlySet<string>> {
  const found = await connection.rows(
    `SELECT datname AS name FROM pg_database WHERE datname IN (${names.map((_, at) => `$${at + 1}`).join(', ')})`,
    names,
  );
  return new Set(found.map(({ name }) => String(name)));
}
