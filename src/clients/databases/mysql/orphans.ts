import { quoted, type Mysql } from './connection.ts';

/**
 * Counts rows whose foreign key points nowhere, by table. The server does not look at them again once they are there, and
 * a dump is restored without looking.
 */
export async function orphansInMysql(
  server: Mysql,
  database: string,
): Promise<Readonly<Record<string, number>>> {
  const columns = await server.rows(
    `SELECT table_name AS child, constraint_name AS name, column_name AS col, referenced_table_schema AS parentSchema,
       referenced_table_name AS parent, referenced_column_name AS parentCol
     FROM information_schema.key_column_usage WHERE table_schema = ? AND referenced_table_name IS NOT NULL
     ORDER BY table_name, constraint_name, ordinal_position`,
    [database],
  );
  const keys = Map.groupBy(columns, ({ child, name }) => JSON.stringify([child, name]));
  const nowhere = [...keys.values()].map((key) => ({
    child: String(key[0]?.['child']),
    where: nowhereIn(key),
  }));
  const counts: [string, number][] = [];
  for (const [child, found] of Map.groupBy(nowhere, (one) => one.child)) {
    const any = found.map(({ where }) => `(${where})`).join(' OR ');
    const [row] = await server.rows(`SELECT COUNT(*) AS n FROM ${quoted(database, child)} c WHERE ${any}`);
    counts.push([child, Number(row?.['n'])]);
  }
  return Object.fromEntries(counts);
}

/** A key with a column that is null points to nothing at all, which is allowed. */
function nowhereIn(key: readonly Readonly<Record<string, unknown>>[]): string {
  const own = key.map(({ col }) => `c.${quoted(String(col))}`);
  const parent = quoted(String(key[0]?.['parentSchema']), String(key[0]?.['parent']));
  const same = key.map(({ parentCol }, at) => `p.${quoted(String(parentCol))} = ${own[at] ?? ''}`);
  return `${own.map((one) => `${one} IS NOT NULL`).join(' AND ')} AND NOT EXISTS (SELECT 1 FROM ${parent} p WHERE ${same.join(' AND ')})`;
}
