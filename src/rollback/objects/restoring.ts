import { z } from 'zod';
import type { Bucket } from '../../clients/s3/bucket.ts';
import type { ObjectVersion } from '../../clients/s3/versions.ts';
import type { EffectRecords } from '../../clients/files/records.ts';
import { crashPoint } from '../../domain/crash-point.ts';
import type { DataIntegrity } from '../../domain/data-integrity.ts';
import type { EffectOutcome } from '../../domain/effect.ts';
import { byKey, compare, holds, isMade, type ObjectChange } from './history.ts';
import type { ObjectOptions } from './options.ts';
import { entriesUnder } from './reading.ts';
import { failed } from '../settled.ts';

/** What one restoration works with. */
export interface Restoring {
  readonly bucket: Bucket;
  readonly records: EffectRecords;
  readonly options: ObjectOptions;
  /** Epoch ms. */
  readonly at: number;
  readonly opId: string;
  readonly signal: AbortSignal;
}

/** What is noted of a restoration before its first call, so that it can be finished and undone. */
const noted = z.object({
  phase: z.enum(['restoring', 'done']),
  before: z.number(),
  changes: z.array(
    z.object({
      key: z.string(),
      from: z.string().nullable(),
      to: z.string().nullable(),
      content: z.object({ bytes: z.number(), etag: z.string() }).nullable(),
    }),
  ),
});
type Noted = z.output<typeof noted>;

/** The note of an effect; null: it was never begun. */
export async function noteOf(records: EffectRecords, opId: string): Promise<Noted | null> {
  const found = await records.read(opId);
  return found === null ? null : noted.parse(found);
}

/**
 *   noted ─▶ object by object ─▶ read back ─▶ done
 *
 * Nothing is removed: an older version comes back as a copy, and a hidden object keeps its versions.
 */
export async function restoreObjects(restoring: Restoring): Promise<EffectOutcome> {
  const { bucket, records, options, at, opId, signal } = restoring;
  const shown = `${bucket.shown}/${options.prefix}`;
  const begun = await noteOf(records, opId);
  if (begun?.phase === 'done')
    return { ended: 'done', detail: `${shown} had already been brought back to ${timeOf(at)}` };
  const compared = compare(await entriesUnder(bucket, options, signal), at, options.delete_newer);
  if (compared.old === 0) return failed(nothingThen(options, bucket, at));
  if (begun === null && compared.changes.length > options.max) return failed(tooMany(compared, options));
  const note: Noted = begun ?? { phase: 'restoring', before: compared.now, changes: [...compared.changes] };
  if (begun === null) await records.write(opId, note);
  crashPoint('effect.call.between');
  const made = begun === null ? none : await madeOf(restoring, note.changes);
  await carryOut(
    bucket,
    note.changes.filter(({ key }) => !made.has(key)),
    signal,
  );
  const integrity = await readBack(restoring, note);
  const { lost, corrupted } = integrity;
  if ((lost ?? 0) + (corrupted ?? 0) > 0)
    return failed(
      `${shown} does not read back: ${lost} objects are missing and ${corrupted} are not the versions of ${timeOf(at)}; somebody writes there`,
    );
  await records.write(opId, { ...note, phase: 'done' });
  return {
    ended: 'done',
    detail: `${countOf(note.changes)} under ${shown} brought back to ${timeOf(at)}${compared.newer > 0 ? `; ${compared.newer} newer ones stay` : ''}`,
    integrity: [integrity],
  };
}

/** Every object goes forward to what was read before the step. */
export async function undoObjects(restoring: Omit<Restoring, 'at'>): Promise<EffectOutcome> {
  const { bucket, records, opId, options, signal } = restoring;
  const note = await noteOf(records, opId);
  if (note === null) return { ended: 'done', detail: `nothing under ${options.prefix} had been changed` };
  const entries = byKey(await entriesUnder(bucket, options, signal));
  const histories = new Map(entries);
  const back: ObjectChange[] = [];
  let others = 0;
  for (const change of note.changes) {
    const { key, from, to } = change;
    const history = histories.get(key) ?? [];
    const current = currentIn(history);
    const old = history.find(({ id }) => id === from) ?? null;
    if (from === null ? (current?.content ?? null) === null : old !== null && holds(current, old)) continue;
    if (isMade(change, current)) back.push({ key, from: to, to: from, content: old?.content ?? null });
    else others += 1;
  }
  await carryOut(bucket, back, signal);
  const said = `${back.length} objects under ${bucket.shown}/${options.prefix} went forward again`;
  if (others === 0) return { ended: 'done', detail: said };
  return failed(`${said}; ${others} were written by somebody else since and are left as they are`);
}

const none: ReadonlySet<string> = new Set();

async function carryOut(
  bucket: Bucket,
  changes: readonly ObjectChange[],
  signal: AbortSignal,
): Promise<void> {
  for (const { key, to } of changes) {
    if (to === null) await bucket.hide(key, signal);
    else await bucket.bringBack(key, to, signal);
    crashPoint('effect.call.between');
  }
}

/** The keys that a run before this one is done with. */
async function madeOf(
  { bucket, options, signal }: Restoring,
  changes: readonly ObjectChange[],
): Promise<ReadonlySet<string>> {
  const histories = new Map(byKey(await entriesUnder(bucket, options, signal)));
  const made = changes.filter((change) => isMade(change, currentIn(histories.get(change.key))));
  return new Set(made.map(({ key }) => key));
}

function currentIn(history: readonly ObjectVersion[] = []): ObjectVersion | null {
  return history.find(({ latest }) => latest) ?? null;
}

async function readBack(
  { bucket, options, at, signal }: Restoring,
  { before, changes }: Noted,
): Promise<DataIntegrity> {
  const entries = await entriesUnder(bucket, options, signal);
  const current = new Map(entries.filter(({ latest }) => latest).map((entry) => [entry.key, entry] as const));
  let [lost, corrupted] = [0, 0];
  for (const change of changes) {
    const entry = current.get(change.key) ?? null;
    if (isMade(change, entry)) continue;
    if (change.to !== null && (entry?.content ?? null) === null) lost += 1;
    else corrupted += 1;
  }
  return {
    name: `objects: ${bucket.shown}/${options.prefix}`,
    before,
    after: [...current.values()].filter((entry) => entry.content !== null).length,
    lost,
    corrupted,
    orphaned: null,
    how: `objects counted by listing; each one that was changed compared with its version of ${timeOf(at)} by size and tag`,
  };
}

/** Why a restoration of nothing is refused. */
export function nothingThen({ prefix }: ObjectOptions, bucket: Bucket, at: number): string {
  return `no object was under ${prefix} in ${bucket.shown} at ${timeOf(at)}: look at the prefix and the time`;
}

/** Why a restoration of too much is refused. */
export function tooMany(
  { changes }: { readonly changes: readonly unknown[] },
  { prefix, max }: ObjectOptions,
): string {
  return `${changes.length} objects under ${prefix} would change, and max is ${max}`;
}

function countOf(changes: readonly { readonly to: string | null }[]): string {
  const hidden = changes.filter(({ to }) => to === null).length;
  const word = changes.length - hidden === 1 ? 'object' : 'objects';
  return `${changes.length - hidden} ${word}${hidden > 0 ? ` (and ${hidden} hidden)` : ''}`;
}

function timeOf(at: number): string {
  return new Date(at).toISOString();
}
