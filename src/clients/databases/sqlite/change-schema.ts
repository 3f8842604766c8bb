import { crashPoint } from '../../../domain/crash-point.ts';
import type { SqliteStore } from '../../../domain/data-store.ts';
import {
  endedByItself,
  refuseIf,
  whyNotFrom,
  whyNotTo,
  type SchemaChange,
  type SchemaTools,
} from '../schema-change.ts';
import { inSqlite } from './process.ts';
import { sqliteFile } from './where.ts';

const program = `
const [path, query, from, expect, script] = args;
const database = new DatabaseSync(path, { timeout: 10000 });
database.exec('PRAGMA foreign_keys = OFF');
database.exec('BEGIN IMMEDIATE');
const version = () => {
  const statement = database.prepare(query);
  statement.setReadBigInts(true);
  const value = Object.values(statement.get() ?? {})[0];
  return value === null || value === undefined ? null : String(value).trim();
};
const before = version();
if (before !== from) say({ before });
else {
  // A statement must not write files beside this one, which it could with the rights of the daemon.
  database.setAuthorizer((action) => (action === constants.SQLITE_ATTACH ? constants.SQLITE_DENY : constants.SQLITE_OK));
  database.exec(script);
  database.setAuthorizer(null);
  if (!database.isTransaction) say({ ended: true });
  else {
    const after = version();
    const good = after !== null && after !== from && (expect === '' || after === expect);
    database.exec(good ? 'COMMIT' : 'ROLLBACK');
    say({ before, after });
  }
}
`;

/** In one transaction, together with both looks at the version. */
export async function changeSqlite(
  store: SqliteStore,
  change: SchemaChange,
  { hostRoot }: SchemaTools,
  signal: AbortSignal,
): Promise<string> {
  const path = await sqliteFile(hostRoot, store.path);
  const args = [
    path,
    store.schemaQuery ?? 'SELECT NULL',
    change.from,
    change.expect ?? '',
    change.script.toString('utf8'),
  ];
  crashPoint('effect.call.between');
  const said = (await inSqlite(program, args, `${store.name}, the script`, signal)) as {
    readonly before?: string | null;
    readonly after?: string | null;
    readonly ended?: true;
  };
  crashPoint('effect.call.between');
  if (said.ended === true) throw endedByItself(store);
  refuseIf(whyNotFrom(store, change, said.before ?? null));
  refuseIf(whyNotTo(store, change, said.after ?? null));
  return said.after ?? '';
}
