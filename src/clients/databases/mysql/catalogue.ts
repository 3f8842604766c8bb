import { quoted, type Mysql } from './connection.ts';

/** Where a database keeps notes about a switch; it is no table of the application. */
export const notesTable = 'rollbackd_notes';

/** What a server has of a database. */
export interface Catalogue {
  /** Everything that a rename moves, sequences too. */
  readonly tables: readonly string[];
  /** Those with rows of their own. */
  readonly counted: readonly string[];
  readonly views: readonly string[];
  readonly triggers: readonly string[];
  readonly routines: readonly { readonly kind: 'PROCEDURE' | 'FUNCTION'; readonly name: string }[];
  readonly events: readonly string[];
}

/** null: there is no such database. */
export async function catalogueOf(server: Mysql, database: string): Promise<Catalogue | null> {
  const ask = async (from: string, columns: string, where: string): Promise<readonly string[][]> => {
    const rows = await server.rows(
      `SELECT ${columns} FROM information_schema.${from} WHERE ${where} = ? ORDER BY 1`,
      [database],
    );
    return rows.map((row) => Object.values(row).map(String));
  };
  const schemas = await ask('schemata', 'schema_name', 'schema_name');
  if (schemas.length === 0) return null;
  const tables = await ask('tables', 'table_name, table_type', 'table_schema');
  const own = tables.filter(([name, type]) => type !== 'VIEW' && name !== notesTable);
  return {
    tables: own.map(first),
    counted: own.filter(([, type]) => type !== 'SEQUENCE').map(first),
    views: tables.filter(([, type]) => type === 'VIEW').map(first),
    triggers: (await ask('triggers', 'trigger_name', 'trigger_schema')).map(first),
    routines: (await ask('routines', 'routine_name, routine_type', 'routine_schema')).map(
      ([name = '', type]) => ({
        name,
        kind: type === 'FUNCTION' ? 'FUNCTION' : 'PROCEDURE',
      }),
    ),
    events: (await ask('events', 'event_name', 'event_schema')).map(first),
  };
}

function first([name = '']: readonly string[]): string {
  return name;
}

/** Counts the rows of every table, in one consistent view where the engine of the tables has them. */
export async function countMysql(
  server: Mysql,
  database: string,
): Promise<Readonly<Record<string, number>> | null> {
  const found = await catalogueOf(server, database);
  if (found === null) return null;
  await server.run('START TRANSACTION WITH CONSISTENT SNAPSHOT');
  const counts: [string, number][] = [];
  for (const table of found.counted) {
    const [row] = await server.rows(`SELECT COUNT(*) AS n FROM ${quoted(database, table)}`);
    counts.push([table, Number(row?.['n'])]);
  }
  await server.run('ROLLBACK');
  return Object.fromEntries(counts.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** `mariadb 10.11.19` or `mysql 8.0.44`. */
export async function serverOf(server: Mysql): Promise<string> {
  const [row] = await server.rows('SELECT VERSION() AS version');
  const said = String(row?.['version']);
  const version = /\d+\.\d+\.\d+/.exec(said)?.[0] ?? said;
  return `${/mariadb/i.test(said) ? 'mariadb' : 'mysql'} ${version}`;
}
