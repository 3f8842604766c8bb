import { z } from 'zod';
import type { Captured } from '../../clients/git/copy-capture.ts';
import type { EffectRecords } from '../../clients/files/records.ts';
import { digest, type Json } from '../../domain/json.ts';

const schema = z.object({
  phase: z.enum(['changing', 'done', 'undoing', 'undone']),
  /** When it began, in ms since 1970. */
  at: z.number(),
  head: z.string(),
  sha: z.string(),
  kept: z.object({
    commit: z.string(),
    tree: z.string(),
    files: z.number(),
    patch: z.string().nullable(),
  }),
});

/** What the daemon remembers of a change of a working copy: where it stood, where it goes, what was not committed. */
export interface CopyNote {
  readonly phase: 'changing' | 'done' | 'undoing' | 'undone';
  readonly at: number;
  readonly head: string;
  readonly sha: string;
  readonly kept: Captured;
}

/** null: the effect has changed nothing. */
export async function readNote(records: EffectRecords, opId: string): Promise<CopyNote | null> {
  const read = schema.safeParse(await records.read(opId));
  return read.success ? read.data : null;
}

/** Durable once it resolved. */
export async function writeNote(records: EffectRecords, opId: string, note: CopyNote): Promise<void> {
  await records.write(opId, { ...note, kept: { ...note.kept } });
}

/** Names the folder of what an effect captured. */
export function captureName(opId: string): string {
  return digest(opId).slice(0, 24);
}

/** What people read of work that was kept; empty where there was none. */
export function keptText({ files, patch }: Captured): string {
  if (patch === null) return '';
  return `; what was not committed in ${countText(files, 'file')} is kept as ${patch}`;
}

/** Names, the first few of many. */
export function someOf(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}

/** `1 file`, `2 files`. */
export function countText(count: number, what: string): string {
  return count === 1 ? `1 ${what}` : `${count} ${what}s`;
}

/** The texts of a list in facts. */
export function linesIn(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
