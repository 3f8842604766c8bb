import type { Readable } from 'node:stream';
import { crashPoint } from '../../../domain/crash-point.ts';
import type { Database } from '../../../domain/data-store.ts';
import { RollbackError } from '../../../domain/errors.ts';
import type { DatabaseTools } from '../tools.ts';
import { digestedIn, serverOf } from './catalogue.ts';
import { besidePostgres, literal, openPostgres, quoted, type Postgres } from './connection.ts';
import { feedPostgres, schemaVersionIn, type PostgresCopy } from './dump.ts';

/**
 * Restores an archive into a database of its own, with the owner, encoding, settings and privileges of the one in use;
 * one of that name starts over.
 */
export async function restorePostgresBeside(
  store: Database,
  {
    source,
    scratch,
    tools,
  }: { readonly source: Readable; readonly scratch: string; readonly tools: DatabaseTools },
  signal: AbortSignal,
): Promise<Omit<PostgresCopy, 'tool'>> {
  await using server = await besidePostgres(store, signal);
  await dropPostgres(server, scratch);
  await makeLike(server, store, scratch);
  crashPoint('effect.call.between');
  await feedPostgres(store, { database: scratch, source }, tools, signal);
  crashPoint('effect.call.between');
  await using restored = await openPostgres(store, signal, scratch);
  // Without statistics the first queries after the switch would be the slowest ever.
  await restored.run('ANALYZE');
  return {
    server: await serverOf(restored),
    schemaVersion: await schemaVersionIn(restored, store),
    ...(await digestedIn(restored)),
  };
}

/** Ends whoever is in it, and removes it; one that is not there is removed already. */
export async function dropPostgres(server: Postgres, name: string): Promise<void> {
  await server.rows('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
  await server.run(`DROP DATABASE IF EXISTS ${quoted(name)}`);
}

async function makeLike(server: Postgres, { name, database }: Database, made: string): Promise<void> {
  const [like] = await server.rows(
    `SELECT pg_get_userbyid(d.datdba) AS owner, pg_encoding_to_char(d.encoding) AS encoding, d.datcollate AS collate,
       d.datctype AS ctype, d.datconnlimit AS most, to_jsonb(d)->>'datlocprovider' AS provider,
       coalesce(to_jsonb(d)->>'datlocale', to_jsonb(d)->>'daticulocale') AS locale
     FROM pg_database d WHERE d.datname = $1`,
    [database],
  );
  if (like === undefined)
    throw new RollbackError('NOT_FOUND', `there is no database ${database} in ${name} to restore beside`);
  const text = (key: string): string => String(like[key]);
  const icu =
    like['provider'] === 'i' ? ` LOCALE_PROVIDER = icu ICU_LOCALE = ${literal(text('locale'))}` : '';
  await server.run(
    `CREATE DATABASE ${quoted(made)} TEMPLATE = template0 OWNER = ${quoted(text('owner'))} ENCODING = ${literal(text('encoding'))} LC_COLLATE = ${literal(text('collate'))} LC_CTYPE = ${literal(text('ctype'))} CONNECTION LIMIT = ${Number(like['most'])}${icu}`,
  );
  for (const statement of await settingsOf(server, database, made)) await server.run(statement);
}

/** What a dump of one database leaves out: settings of the database, and who may connect to it. */
async function settingsOf(server: Postgres, database: string, made: string): Promise<string[]> {
  const settings = await server.rows(
    `SELECT coalesce(r.rolname, '') AS role, split_part(s.one, '=', 1) AS name, substr(s.one, strpos(s.one, '=') + 1) AS value
     FROM pg_db_role_setting c JOIN pg_database d ON d.oid = c.setdatabase LEFT JOIN pg_roles r ON r.oid = c.setrole,
       unnest(c.setconfig) AS s(one) WHERE d.datname = $1`,
    [database],
  );
  const granted = await server.rows(
    `SELECT CASE a.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(a.grantee) END AS role, a.privilege_type AS privilege,
       a.is_grantable AS passed_on FROM pg_database d, aclexplode(d.datacl) a WHERE d.datname = $1`,
    [database],
  );
  const set = settings.map(({ role, name, value }) => {
    const whose =
      role === '' ? `DATABASE ${quoted(made)}` : `ROLE ${quoted(String(role))} IN DATABASE ${quoted(made)}`;
    return `ALTER ${whose} SET ${quoted(String(name))} = ${String(name) === 'search_path' ? String(value) : literal(String(value))}`;
  });
  if (granted.length === 0) return set;
  const grants = granted.map(({ role, privilege, passed_on: passedOn }) => {
    const whom = role === '' ? 'PUBLIC' : quoted(String(role));
    return `GRANT ${String(privilege)} ON DATABASE ${quoted(made)} TO ${whom}${passedOn === true ? ' WITH GRANT OPTION' : ''}`;
  });
  return [...set, `REVOKE ALL ON DATABASE ${quoted(made)} FROM PUBLIC`, ...grants];
}
