import type { Document } from 'mongodb';
import { crashPoint } from '../../../domain/crash-point.ts';
import type { Database } from '../../../domain/data-store.ts';
import { messageOf, RollbackError } from '../../../domain/errors.ts';
import { readSchemaVersion } from '../schema-version.ts';
import {
  changedVersion,
  halfway,
  refuseIf,
  whyNotFrom,
  type SchemaChange,
  type SchemaTools,
} from '../schema-change.ts';
import { openMongo } from './connection.ts';

/** Command by command: what came before one that is refused stays. */
export async function changeMongo(
  store: Database,
  change: SchemaChange,
  { hostRoot }: SchemaTools,
  signal: AbortSignal,
): Promise<string> {
  const commands = await commandsIn(change.script);
  refuseIf(whyNotFrom(store, change, await readSchemaVersion(store, hostRoot, signal)));
  crashPoint('effect.call.between');
  try {
    await using mongo = await openMongo(store, signal);
    for (const command of commands) {
      await mongo.asked('run a command of the script', () => mongo.database.command(command));
      crashPoint('effect.call.between');
    }
    return await changedVersion(store, change, hostRoot, signal);
  } catch (cause) {
    throw halfway(cause);
  }
}

/**
 * The commands of a script for MongoDB, as `db.runCommand` takes them.
 *
 * @throws RollbackError `REFUSED` when it is not a list of commands in Extended JSON
 */
export async function commandsIn(script: Buffer): Promise<readonly Document[]> {
  const { BSON } = await import('mongodb');
  let read: unknown;
  try {
    read = BSON.EJSON.parse(script.toString('utf8'), { relaxed: false });
  } catch (cause) {
    throw new RollbackError('REFUSED', `the script is not Extended JSON: ${messageOf(cause)}`, {}, { cause });
  }
  const isCommand = (value: unknown): value is Document =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;
  if (Array.isArray(read) && read.length > 0 && read.every(isCommand)) return read;
  throw new RollbackError(
    'REFUSED',
    'the script is not a list of commands: expected [{"dropIndexes": "users", "index": "mail_1"}, …]',
  );
}
