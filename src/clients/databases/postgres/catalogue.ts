import type { BackupFacts } from '../../../domain/backup.ts';
import { quoted, type Postgres } from './connection.ts';

/**
 * Counts the rows of every table of the database that the connection is in, as its transaction sees them. Tables of
 * `public` go by their bare names; those of extensions are not counted, since a dump does not hold their rows.
 */
export async function countsIn(connection: Postgres): Promise<Readonly<Record<string, number>>> {
  const counts: [string, number][] = [];
  for (const { shown, from } of await tablesIn(connection)) {
    const [counted] = await connection.rows(`SELECT count(*) AS n FROM ONLY ${from}`);
    counts.push([shown, Number(counted?.['n'])]);
  }
  return Object.fromEntries(counts);
}

/** As `countsIn`, with a digest of the rows of each table, whatever their order, where the server can make one. */
export async function digestedIn(connection: Postgres): Promise<Pick<BackupFacts, 'counts' | 'digests'>> {
  const [version] = await connection.rows(
    "SELECT current_setting('server_version_num')::int / 10000 AS major",
  );
  const major = Number(version?.['major']);
  // The function came with version 11.
  if (major < 11) return { counts: await countsIn(connection) };
  for (const [name, value] of alike) await connection.run(`SET ${name} = ${value}`);
  const counts: [string, number][] = [];
  const digests: [string, string][] = [];
  for (const { shown, from, columns } of await tablesIn(connection)) {
    const row = `ROW(${columns.map((column) => quoted(column)).join(', ')})::text COLLATE "C"`;
    const [counted] = await connection.rows(
      `SELECT count(*) AS n, coalesce(sum(hashtextextended(${row}, 0)), 0)::text AS digest FROM ONLY ${from}`,
    );
    counts.push([shown, Number(counted?.['n'])]);
    digests.push([shown, String(counted?.['digest'])]);
  }
  // What is asked over this connection next is the application's affair.
  for (const [name] of alike) await connection.run(`RESET ${name}`);
  const by = `sum of hashtextextended of the rows by postgres ${major}`;
  return { counts: Object.fromEntries(counts), digests: { by, tables: Object.fromEntries(digests) } };
}

/** Settings of a database or a role have a say in how values are written; pg_dump sets these, too. */
const alike = [
  ['DateStyle', "'ISO'"],
  ['IntervalStyle', "'postgres'"],
  ['TimeZone', "'UTC'"],
  ['extra_float_digits', '3'],
  ['bytea_output', "'hex'"],
  ['lc_monetary', "'C'"],
  ['search_path', "''"],
] as const;

interface Table {
  /** For people, and in counts. */
  readonly shown: string;
  /** As statements name it. */
  readonly from: string;
  /** By name: a restored table may have them in another order. */
  readonly columns: readonly string[];
}

async function tablesIn(connection: Postgres): Promise<readonly Table[]> {
  const tables = await connection.rows(
    `SELECT n.nspname AS schema, c.relname AS name, to_json(array(SELECT a.attname::text FROM pg_attribute a
       WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attname::text COLLATE "C"))::text AS columns
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
     AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')`,
  );
  const found = tables.map((row) => {
    const [schema, name] = [String(row['schema']), String(row['name'])];
    const columns = JSON.parse(String(row['columns'])) as readonly string[];
    return { shown: schema === 'public' ? name : `${schema}.${name}`, from: quoted(schema, name), columns };
  });
  return found.toSorted((a, b) => (a.shown < b.shown ? -1 : 1));
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
