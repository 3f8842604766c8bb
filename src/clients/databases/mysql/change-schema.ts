import { Readable } from 'node:stream';
import { crashPoint } from '../../../domain/crash-point.ts';
import type { Database } from '../../../domain/data-store.ts';
import { readSchemaVersion } from '../schema-version.ts';
import {
  changedVersion,
  halfway,
  refuseIf,
  whyNotFrom,
  type SchemaChange,
  type SchemaTools,
} from '../schema-change.ts';
import { runMysqlScript } from './feed.ts';

/** Statement by statement: what came before one that is refused stays. */
export async function changeMysql(
  store: Database,
  change: SchemaChange,
  { tools, hostRoot }: SchemaTools,
  signal: AbortSignal,
): Promise<string> {
  refuseIf(whyNotFrom(store, change, await readSchemaVersion(store, hostRoot, signal)));
  crashPoint('effect.call.between');
  try {
    await runMysqlScript(store, Readable.from([change.script]), tools, signal);
    crashPoint('effect.call.between');
    return await changedVersion(store, change, hostRoot, signal);
  } catch (cause) {
    throw halfway(cause);
  }
}
