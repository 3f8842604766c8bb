import type { EffectRecords } from '../../clients/files/records.ts';
import type { Json } from '../../domain/json.ts';

/** How things stand: writes pass, this effect holds them off, or somebody else does. */
export type Stand =
  | { readonly is: 'open' }
  | { readonly is: 'ours' }
  | { readonly is: 'other'; readonly whose: string }
  /** It held, and no longer does: writes went through meanwhile. */
  | { readonly is: 'over'; readonly why: string };

/**
 * One way to hold writes off. Everything may be repeated, and rejects with a `RollbackError` when nobody can tell.
 * What cannot be done is a reason; null is success.
 */
export interface Quiescer {
  /** For people, e.g. `the write gate at /run/rollbackd/gate.sock`. */
  readonly where: string;
  /** What is wrong before anything is asked of anybody. */
  problems(): readonly string[];
  /** Reads how things stand. `opId` null: for an effect that has not begun. */
  look(opId: string | null, signal: AbortSignal): Promise<Stand>;
  /** What must be known to put things back as they were. */
  before(signal: AbortSignal): Promise<Json>;
  hold(opId: string, signal: AbortSignal): Promise<string | null>;
  letGo(opId: string, signal: AbortSignal): Promise<string | null>;
  /** Makes the hold last where it would end by itself. */
  renew(opId: string, signal: AbortSignal): Promise<string | null>;
  readonly byHand: { readonly hold: string; readonly letGo: string };
}

/** What a provider without a place for an id knows of its own effects. */
export interface Ownership {
  readonly records: EffectRecords;
}

/** Whether this effect had begun to hold writes off. */
export async function hasBegun(opId: string | null, { records }: Ownership): Promise<boolean> {
  return opId !== null && (await records.read(opId)) !== null;
}

/** The note of `before`, once the effect has begun. */
export async function noteOf(opId: string, { records }: Ownership): Promise<Json> {
  const record = await records.read(opId);
  return record !== null && typeof record === 'object' && !Array.isArray(record)
    ? ((record as Readonly<Record<string, Json>>)['before'] ?? null)
    : null;
}

/** Where nobody signs. */
export const bySomebody = { is: 'other', whose: 'somebody else' } as const satisfies Stand;
