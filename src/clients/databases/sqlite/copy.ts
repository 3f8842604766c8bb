import { inSqlite } from './process.ts';

/** A file as it was counted. */
export interface SqliteCounted {
  /** `sqlite 3.53.1`: the library that read it. */
  readonly server: string;
  readonly counts: Readonly<Record<string, number>>;
  /** What SQLite found wrong with it; empty: nothing. */
  readonly problems: readonly string[];
}

/**
 * Copies a file of SQLite, with what is in its log, into a new one that is a single file: one step of the library's
 * online backup, so it is of one instant. Other connections read on; they write on where the file is in WAL mode, and
 * wait where it is not. The copy is checked and counted.
 */
export async function copySqlite(
  { from, to, shown }: { readonly from: string; readonly to: string; readonly shown: string },
  signal: AbortSignal,
): Promise<SqliteCounted> {
  const copying = `
  const source = new DatabaseSync(args[0], { readOnly: true, timeout: ${lockMs} });
  source.prepare('SELECT count(*) FROM sqlite_schema').get();
  await backup(source, args[1], { rate: 0x7fffffff });
  source.close();
  `;
  return (await inSqlite(`${copying}${counting('args[1]')}`, [from, to], shown, signal)) as SqliteCounted;
}

/** Checks and counts a file that nobody else uses. */
export async function countSqliteCopy(
  path: string,
  shown: string,
  signal: AbortSignal,
): Promise<SqliteCounted> {
  return (await inSqlite(counting('args[0]'), [path], shown, signal)) as SqliteCounted;
}

/** Counts a file that is in use, in one view of it. It is not checked. */
export async function countSqlite(path: string, shown: string, signal: AbortSignal): Promise<SqliteCounted> {
  const script = `
  const database = new DatabaseSync(args[0], { readOnly: true, timeout: ${lockMs} });
  database.exec('PRAGMA trusted_schema = OFF; BEGIN');
  ${counts}
  say({ server, counts, problems: [] });
  `;
  return (await inSqlite(script, [path], shown, signal)) as SqliteCounted;
}

/** Rows whose foreign key points to a row that is not there, by table. */
export async function orphansInSqlite(
  path: string,
  shown: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, number>>> {
  const script = `
  const database = new DatabaseSync(args[0], { readOnly: true, timeout: ${lockMs} });
  database.exec('PRAGMA trusted_schema = OFF');
  const orphans = {};
  for (const { table } of database.prepare('PRAGMA foreign_key_check').iterate())
    orphans[table] = (orphans[table] ?? 0) + 1;
  say(orphans);
  `;
  return (await inSqlite(script, [path], shown, signal)) as Readonly<Record<string, number>>;
}

/** Why SQLite cannot check this file, e.g. it needs an extension of the application's own; null: it can. */
export async function whyNotChecked(
  path: string,
  shown: string,
  signal: AbortSignal,
): Promise<string | null> {
  const script = `
  const database = new DatabaseSync(args[0], { readOnly: true, timeout: ${lockMs} });
  database.prepare('SELECT count(*) FROM sqlite_schema').get();
  try {
    database.prepare('PRAGMA integrity_check');
  } catch (error) {
    say(String(error.message));
  }
  `;
  return (await inSqlite(script, [path], shown, signal)) as string | null;
}

/** How long a lock of somebody else is waited for. */
const lockMs = 10_000;

/** What a table is: neither a view, nor one of SQLite's own, nor one that another module keeps in others. */
const counts = `
  const server = 'sqlite ' + database.prepare('SELECT sqlite_version() AS version').get().version;
  const counts = {};
  const tables = database.prepare("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'shadow')").all();
  for (const { name } of tables)
    if (!name.startsWith('sqlite_') && name !== 'rollbackd_switch')
      counts[name] = database.prepare('SELECT count(*) AS n FROM "' + name.replaceAll('"', '""') + '"').get().n;
`;

/**
 * In an index or a generated column, an application may use what only it brings along. A row that breaks a constraint is
 * as it was written, and copied so: that is no damage of the file.
 */
const counting = (path: string): string => `
  try {
    const database = new DatabaseSync(${path}, { timeout: ${lockMs} });
    let problems = [];
    try {
      database.exec('PRAGMA trusted_schema = OFF');
      problems = database.prepare('PRAGMA integrity_check(20)').all().map((row) => row.integrity_check).filter((text) => text !== 'ok' && !/^(CHECK constraint failed|NULL value) in /.test(text));
    } catch (error) {
      if (!/no such (collation sequence|function|module)|unknown function/.test(error.message)) throw error;
    }
    ${counts}
    database.close();
    say({ server, counts, problems });
  } catch (error) {
    if (!/malformed|not a database/.test(error.message)) throw error;
    say({ server: '', counts: {}, problems: [error.message] });
  }
`;
