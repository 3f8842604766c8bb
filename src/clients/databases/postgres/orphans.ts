import { quoted, type Postgres } from './connection.ts';

/**
 * Counts rows whose foreign key points nowhere, by table, named as their counts are. The server lets there be none, but for
 * keys that were declared without looking at what was there, or written past with its triggers off.
 */
export async function orphansInPostgres(server: Postgres): Promise<Readonly<Record<string, number>>> {
  // A key to a partitioned table has a copy for each partition: only the one to the whole counts.
  const keys = await server.rows(
    `SELECT n.nspname AS schema, c.relname AS name, pn.nspname AS parent_schema, p.relname AS parent,
       ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u(num, at)
             JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.num ORDER BY u.at) AS own,
       ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u(num, at)
             JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.num ORDER BY u.at) AS theirs
     FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     JOIN pg_class p ON p.oid = k.confrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace
     WHERE k.contype = 'f' AND c.relkind = 'r'
     AND NOT EXISTS (SELECT 1 FROM pg_constraint above WHERE above.oid = k.conparentid AND above.conrelid = k.conrelid)`,
  );
  const nowhere = keys.map((key) => ({
    child: [String(key['schema']), String(key['name'])] as const,
    where: nowhereIn(key),
  }));
  const counts: [string, number][] = [];
  for (const found of Map.groupBy(nowhere, ({ child }) => JSON.stringify(child)).values()) {
    const [schema, name] = found[0]?.child ?? ['', ''];
    const any = found.map(({ where }) => `(${where})`).join(' OR ');
    const [row] = await server.rows(`SELECT count(*) AS n FROM ONLY ${quoted(schema, name)} c WHERE ${any}`);
    counts.push([schema === 'public' ? name : `${schema}.${name}`, Number(row?.['n'])]);
  }
  return Object.fromEntries(counts);
}

/** A key with a column that is null points to nothing at all, which is allowed. */
function nowhereIn(key: Readonly<Record<string, unknown>>): string {
  const own = namesIn(key['own']).map((name) => `c.${quoted(name)}`);
  const theirs = namesIn(key['theirs']);
  const parent = quoted(String(key['parent_schema']), String(key['parent']));
  const same = theirs.map((name, at) => `p.${quoted(name)} = ${own[at] ?? ''}`);
  return `${own.map((one) => `${one} IS NOT NULL`).join(' AND ')} AND NOT EXISTS (SELECT 1 FROM ${parent} p WHERE ${same.join(' AND ')})`;
}

function namesIn(list: unknown): readonly string[] {
  return Array.isArray(list) ? list.map(String) : [];
}
