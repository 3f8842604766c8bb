import { crashPoint } from '../../../domain/crash-point.ts';
import type { Database } from '../../../domain/data-store.ts';
import { messageOf, RollbackError } from '../../../domain/errors.ts';
import { endedByItself, refuseIf, whyNotFrom, whyNotTo, type SchemaChange } from '../schema-change.ts';
import { shownValue } from '../shown-value.ts';
import { withoutPassword } from '../tools.ts';
import { openPostgres } from './connection.ts';

/** The lock that scripts of rollbackd take turns by, whichever daemon runs them; a number of its own. */
const turn = 7_262_063_811;

/** In one transaction, together with both looks at the version. */
export async function changePostgres(
  store: Database,
  change: SchemaChange,
  signal: AbortSignal,
): Promise<string> {
  await using server = await openPostgres(store, signal);
  const version = async (): Promise<string | null> => {
    const [row] = await server.rows(store.schemaQuery ?? 'SELECT NULL');
    return shownValue(Object.values(row ?? {})[0]);
  };
  await server.run('BEGIN');
  // One that a killed daemon has left behind must be over before this one looks.
  await server.run("SET LOCAL lock_timeout = '10s'");
  await server.rows('SELECT pg_advisory_xact_lock($1)', [turn]);
  refuseIf(whyNotFrom(store, change, await version()));
  const [begun] = await server.rows('SELECT txid_current() AS id');
  const own = Number(begun?.['id']);
  crashPoint('effect.call.between');
  await server.run(change.script.toString('utf8')).catch(async (error: unknown) => {
    if (!(error instanceof RollbackError) || error.code !== 'REFUSED') throw error;
    await server.run('ROLLBACK');
    const [ended] = await server.rows('SELECT txid_status($1) AS how', [own]);
    const said = withoutPassword(messageOf(error.cause), store);
    if (ended?.['how'] === 'committed') throw endedByItself(store, said);
    throw new RollbackError(
      'REFUSED',
      `the server refused a statement of the script: ${said}`,
      {},
      { cause: error },
    );
  });
  crashPoint('effect.call.between');
  const [still] = await server.rows('SELECT txid_current() AS id');
  if (Number(still?.['id']) !== own) throw endedByItself(store);
  const after = await version();
  refuseIf(whyNotTo(store, change, after));
  await server.run('COMMIT').catch((cause: unknown) => {
    throw new RollbackError('EFFECT_UNKNOWN', messageOf(cause), {}, { cause });
  });
  return after ?? '';
}
