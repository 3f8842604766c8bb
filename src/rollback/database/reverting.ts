import { z } from 'zod';
import { changeSchema, isWhole } from '../../clients/databases/change-schema.ts';
import type { ScriptedStore } from '../../clients/databases/schema-change.ts';
import { readSchemaVersion } from '../../clients/databases/schema-version.ts';
import type { DatabaseTools } from '../../clients/databases/tools.ts';
import type { EffectRecords } from '../../clients/files/records.ts';
import type { DataIntegrity } from '../../domain/data-integrity.ts';
import type { EffectOutcome, ProbeAnswer } from '../../domain/effect.ts';
import { RollbackError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { Archivist } from '../../domain/ports/backups.ts';
import type { Script } from './script.ts';

const counts = z.record(z.string(), z.number()).nullable();
const state = z.object({
  /** `running`: the script may have run · `done`. One that was refused whole is as if it had not begun. */
  phase: z.enum(['running', 'done', 'refused']),
  from: z.string(),
  to: z.string().nullable(),
  sha256: z.string(),
  before: counts,
});

/** How far a script has come; outlives the daemon. */
type State = z.output<typeof state>;

/** What a script is run with. */
export interface Reverting {
  readonly store: ScriptedStore;
  readonly script: Script;
  /** The version that the schema must have before; null: whatever it has. */
  readonly from: string | null;
  readonly expect: string | null;
  readonly records: EffectRecords;
  readonly tools: DatabaseTools;
  readonly hostRoot: string;
  /** Counts what is there; null where no backups are configured. */
  readonly archivist: Archivist | null;
  readonly opId: string;
  readonly signal: AbortSignal;
}

/** null: it was not begun, or nothing of it has happened. */
export function begunIn(record: Json): State | null {
  const found = state.safeParse(record).data ?? null;
  return found?.phase === 'refused' ? null : found;
}

/**
 * Runs the script once: only at the version that it is for, and after a crash only where the server says by the version,
 * all of it or nothing, that it has not happened.
 */
export async function revert(work: Reverting): Promise<EffectOutcome> {
  const { store, script, records, opId, signal, hostRoot } = work;
  const begun = begunIn(await records.read(opId));
  if (begun?.phase === 'done') return doneWith(work, begun);
  if (begun !== null && begun.sha256 !== script.sha256)
    throw new RollbackError(
      'EFFECT_UNKNOWN',
      `the script for ${store.name} changed while it was carried out`,
    );
  const version = await readSchemaVersion(store, hostRoot, signal);
  if (begun !== null) {
    const answer = standOf(work, begun, version);
    if (answer === 'done') return finish(work, begun, version);
    if (answer !== 'not_done')
      throw new RollbackError(
        'EFFECT_UNKNOWN',
        `the schema of ${store.name} has version ${version}: how much of the script has happened is not known`,
      );
  }
  const from = work.from ?? begun?.from ?? version;
  if (version !== from)
    return {
      ended: 'failed',
      detail: `the schema of ${store.name} has version ${version}, and the script is for ${from}; nothing was changed`,
      retryable: false,
    };
  const before = begun?.before ?? (await countsNow(work));
  const running: State = { phase: 'running', from, to: null, sha256: script.sha256, before };
  await records.write(opId, running);
  try {
    const change = { script: script.content, from, expect: work.expect };
    return await finish(work, running, await changeSchema(store, change, work, signal));
  } catch (error) {
    if (signal.aborted || !(error instanceof RollbackError) || error.code !== 'REFUSED') throw error;
    await records.write(opId, { ...running, phase: 'refused' });
    return { ended: 'failed', detail: `${store.name} is as it was: ${error.message}`, retryable: false };
  }
}

/** What the version says of a script that was begun. */
export function standOf(
  { store, expect }: Pick<Reverting, 'store' | 'expect'>,
  { from }: Pick<State, 'from'>,
  version: string,
): ProbeAnswer {
  if (version === from) return isWhole(store) ? 'not_done' : 'unknown';
  return expect === null || version === expect ? 'done' : 'unknown';
}

async function finish(work: Reverting, running: State, version: string): Promise<EffectOutcome> {
  const done: State = { ...running, phase: 'done', to: version };
  await work.records.write(work.opId, done);
  return doneWith(work, done);
}

async function doneWith(work: Reverting, { from, to, sha256, before }: State): Promise<EffectOutcome> {
  const { store } = work;
  return {
    ended: 'done',
    detail: `the schema of ${store.name} went from version ${from} back to ${to ?? '?'} by a script (sha256 ${sha256.slice(0, 12)})`,
    integrity: integrityOf(store.name, before, await countsNow(work), await orphansNow(work)),
  };
}

type Counts = Readonly<Record<string, number>> | null;

function integrityOf(
  store: string,
  before: Counts,
  after: Counts,
  orphans: Counts,
): readonly DataIntegrity[] {
  const tables = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])].toSorted();
  return tables.slice(0, 200).map((table) => ({
    name: `${store}: ${table}`,
    before: before === null ? null : (before[table] ?? 0),
    after: after === null ? null : (after[table] ?? 0),
    lost: null,
    corrupted: null,
    orphaned: orphans === null ? null : (orphans[table] ?? 0),
    how: 'before, after: counted by the server around the script; lost, corrupted: not counted, since what a script takes away is its own affair; orphaned: counted over the declared foreign keys',
  }));
}

/** Counting is for people; that it fails keeps nothing from being done. */
async function countsNow({ archivist, store, signal }: Reverting): Promise<Record<string, number> | null> {
  const counted = await archivist?.count?.(store.name, signal).catch(() => null);
  return counted === undefined || counted === null ? null : { ...counted.counts };
}

async function orphansNow({ archivist, store, signal }: Reverting): Promise<Counts> {
  return (await archivist?.orphans?.(store.name, null, signal).catch(() => null)) ?? null;
}
