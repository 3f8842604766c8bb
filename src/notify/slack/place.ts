import type { Json } from '../../domain/json.ts';

/** Where the message of an incident is, as a row of `posts` keeps it. */
export interface Place {
  readonly channel: string;
  readonly ts: string;
  /** The file of its report: uploaded, and once `shared`, in its thread. */
  readonly report: { readonly file: string; readonly shared: boolean } | null;
}

/** Reads a place back; null where there is none, or none in that channel. */
export function placeFrom(stored: Json, channel: string): Place | null {
  if (stored === null || typeof stored !== 'object' || Array.isArray(stored)) return null;
  const { channel: kept, ts, report } = stored as Readonly<Record<string, Json>>;
  if (kept !== channel || typeof ts !== 'string' || ts === '') return null;
  return { channel, ts, report: reportFrom(report ?? null) };
}

function reportFrom(stored: Json): Place['report'] {
  if (stored === null || typeof stored !== 'object' || Array.isArray(stored)) return null;
  const { file, shared } = stored as Readonly<Record<string, Json>>;
  return typeof file === 'string' ? { file, shared: shared === true } : null;
}

/** As it is stored. */
export function storedPlace({ channel, ts, report }: Place): Json {
  return { channel, ts, report: report === null ? null : { ...report } };
}
