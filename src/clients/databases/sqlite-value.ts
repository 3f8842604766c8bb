import { sqliteFile } from './sqlite/where.ts';
import { inSqlite } from './sqlite/process.ts';

/** The file is opened for reading only. */
const script = `
  const [path, query] = args;
  const database = new DatabaseSync(path, { readOnly: true, timeout: 1000 });
  const statement = database.prepare(query);
  statement.setReadBigInts(true);
  say(statement.all().map((row) => Object.values(row).map((value) => value === null ? null : String(value))));
`;

/**
 * The rows that a query finds in a file of SQLite; every value as text.
 *
 * @throws RollbackError `REFUSED` when SQLite says no, `ABORTED` with the signal
 */
export async function sqliteRows(
  { hostRoot, name, path }: { readonly hostRoot: string; readonly name: string; readonly path: string },
  query: string,
  signal: AbortSignal,
): Promise<readonly (readonly (string | null)[])[]> {
  const rows = await inSqlite(script, [await sqliteFile(hostRoot, path), query], `${name} (${path})`, signal);
  return rows as readonly (readonly (string | null)[])[];
}
