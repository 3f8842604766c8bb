import type { EffectRecords } from '../../clients/files/records.ts';
import { z } from 'zod';
import { crashPoint } from '../../domain/crash-point.ts';
import type { EffectOutcome, ProbeAnswer } from '../../domain/effect.ts';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import { digest, type Json } from '../../domain/json.ts';
import { failed, settled } from '../settled.ts';

/** What a flag holds; null: it is not there. */
export type Held = { readonly value: Json } | null;

/** A flag that is not in a file. Reading and writing may be repeated, and reject with a `RollbackError`. */
export interface RemoteFlag {
  /** For people, e.g. `use_new_storage in the key flags of cache`. */
  readonly where: string;
  readonly wanted: Held;
  /** Whether what it holds may be a secret, and is not shown. */
  readonly hidden: boolean;
  problems(): readonly string[];
  look(signal: AbortSignal): Promise<Held>;
  put(held: Held, opId: string, signal: AbortSignal): Promise<void>;
  readonly byHand: string;
}

const schema = z.object({
  phase: z.enum(['writing', 'done']),
  before: z.union([z.object({ value: z.json() }), z.null()]),
  /** false: it had held this before. */
  changed: z.boolean(),
});

/** Writes what it is to hold, and reads it back. */
export function setRemote(
  flag: RemoteFlag,
  opId: string,
  records: EffectRecords,
  signal: AbortSignal,
): Promise<EffectOutcome> {
  return settled(async () => {
    const now = await flag.look(signal);
    const known = await noteOf(opId, records);
    const note = known ?? { phase: 'writing' as const, before: now, changed: !same(now, flag.wanted) };
    if (known === null) {
      await records.write(opId, note);
      crashPoint('effect.call.between');
    }
    if (!same(now, flag.wanted)) {
      const trouble = await written(flag, flag.wanted, opId, signal);
      if (trouble !== null) return failed(trouble);
      crashPoint('effect.call.between');
    }
    await records.write(opId, { ...note, phase: 'done' });
    if (!note.changed)
      return { ended: 'done', detail: `${flag.where} is ${shown(flag, flag.wanted)} already` };
    const was = shown(flag, note.before);
    return { ended: 'done', detail: `${flag.where}: ${shown(flag, flag.wanted)} (was ${was})` };
  });
}

/** Asks the flag itself; the note only says whether somebody changed it afterwards. */
export async function probeRemote(
  flag: RemoteFlag,
  opId: string,
  records: EffectRecords,
  signal: AbortSignal,
): Promise<ProbeAnswer> {
  const note = await noteOf(opId, records);
  if (note === null) return 'not_done';
  const now = await flag.look(signal);
  if (same(now, flag.wanted)) return 'done';
  // Put back: nothing of it is there any more.
  if (same(now, note.before)) return 'not_done';
  return note.phase === 'done' ? 'unknown' : 'not_done';
}

/** Puts back what it held, unless somebody changed it since. */
export function undoRemote(
  flag: RemoteFlag,
  opId: string,
  records: EffectRecords,
  signal: AbortSignal,
): Promise<EffectOutcome> {
  return settled(async () => {
    const note = await noteOf(opId, records);
    if (note === null || !note.changed)
      return { ended: 'done', detail: `${flag.where} had not been changed` };
    const now = await flag.look(signal);
    if (same(now, note.before)) return { ended: 'done', detail: `${flag.where} is as it was before` };
    if (!same(now, flag.wanted))
      return failed(`${flag.where} was changed by somebody else since; it is left as it is`);
    const trouble = await written(flag, note.before, opId, signal);
    if (trouble !== null) return failed(trouble);
    return { ended: 'done', detail: `${flag.where} was put back` };
  });
}

/** Whatever a write ended with, reading tells what it did. @returns why nothing changed; null when it holds it */
async function written(
  flag: RemoteFlag,
  held: Held,
  opId: string,
  signal: AbortSignal,
): Promise<string | null> {
  const before = await flag.look(signal);
  let trouble = `${flag.where} was written, but reading it back says otherwise`;
  try {
    await flag.put(held, opId, signal);
  } catch (error) {
    if (!(error instanceof RollbackError) || error.code === 'ABORTED') throw error;
    trouble = error.message;
  }
  let now: Held;
  try {
    now = await flag.look(signal);
  } catch (error) {
    throw new RollbackError('EFFECT_UNKNOWN', `${trouble}; and it cannot be read: ${messageOf(error)}`);
  }
  if (same(now, held)) return null;
  if (same(now, before)) return trouble;
  throw new RollbackError('EFFECT_UNKNOWN', `${trouble}; it holds neither the old nor the new value`);
}

async function noteOf(opId: string, records: EffectRecords): Promise<z.output<typeof schema> | null> {
  const read = schema.safeParse(await records.read(opId));
  return read.success ? read.data : null;
}

function same(a: Held, b: Held): boolean {
  return a === null || b === null ? a === b : digest(a.value) === digest(b.value);
}

/** Values for people, where they may be shown. */
export function shown({ hidden }: Pick<RemoteFlag, 'hidden'>, held: Held): string {
  if (held === null) return 'not there';
  return hidden ? 'a value that is not shown' : JSON.stringify(held.value).slice(0, 80);
}
