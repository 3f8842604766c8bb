import type { Database, SqliteStore } from '../../domain/data-store.ts';
import { RollbackError } from '../../domain/errors.ts';
import { readSchemaVersion } from './schema-version.ts';
import type { DatabaseTools } from './tools.ts';

/** A script that brings a schema from one version to another. */
export interface SchemaChange {
  readonly script: Buffer;
  /** The version that it must have before. */
  readonly from: string;
  /** The version that it must have after; null: any other. */
  readonly expect: string | null;
}

export interface SchemaTools {
  readonly tools: DatabaseTools;
  readonly hostRoot: string;
}

/** Stores that scripts are run in. */
export type ScriptedStore = Database | SqliteStore;

/** Why the version is not one that the script may start at; null: it is. */
export function whyNotFrom(
  store: ScriptedStore,
  { from }: SchemaChange,
  version: string | null,
): string | null {
  if (version === from) return null;
  return `the schema of ${store.name} has version ${version ?? 'none'}, and the script is for ${from}`;
}

/** Why the version is not one that the script may end at; null: it is. */
export function whyNotTo(
  store: ScriptedStore,
  { from, expect }: SchemaChange,
  version: string | null,
): string | null {
  if (expect !== null && version !== expect)
    return `the script leaves the schema of ${store.name} at version ${version ?? 'none'}, and ${expect} is expected`;
  if (version === null || version === from)
    return `the script does not change the version of the schema of ${store.name}, which is ${version ?? 'none'}`;
  return null;
}

/** @throws RollbackError when there is a reason to leave everything as it is */
export function refuseIf(why: string | null): void {
  if (why !== null) throw new RollbackError('REFUSED', `${why}; nothing was changed`);
}

/** What somebody who reads on learns where a script ended the transaction that it was run in. */
export function endedByItself({ name }: ScriptedStore, said?: string): RollbackError {
  const then = said === undefined ? '' : `; then: ${said}`;
  return new RollbackError(
    'EFFECT_UNKNOWN',
    `the script ended the transaction that it ran in: what it did before that stays in ${name}${then}; leave BEGIN and COMMIT to the step`,
  );
}

/** The version behind a script that nobody takes back. */
export async function changedVersion(
  store: ScriptedStore,
  change: SchemaChange,
  hostRoot: string,
  signal: AbortSignal,
): Promise<string> {
  const after = await readSchemaVersion(store, hostRoot, signal);
  const why = whyNotTo(store, change, after);
  if (why !== null) throw new RollbackError('EFFECT_UNKNOWN', why);
  return after;
}

/** That a script which nobody takes back failed in its midst. */
export function halfway(cause: unknown): unknown {
  if (!(cause instanceof RollbackError)) return cause;
  const message = `${cause.message}; what the script did before that stays`;
  return new RollbackError('EFFECT_UNKNOWN', message, {}, { cause });
}
