import { z } from 'zod';
import { digest, type Json } from '../../domain/json.ts';

const counts = z.record(z.string(), z.number());

const progress = z.object({
  /**
   * `beside`: being restored beside the one in use · `switching`: it may be in use · `reading`: the copy is read before it
   * is written over the one in use · `overwriting`: that may have begun · `undoing`: what was in use before may be again.
   */
  phase: z.enum(['beside', 'switching', 'reading', 'overwriting', 'done', 'undoing', 'undone']),
  set: z.string(),
  /** Rows by table as the manifest of the set says. */
  copied: counts,
  /** Rows by table in the one that was in use; null: they were not counted. */
  before: counts.nullable(),
  /** Rows by table of what was restored. */
  restored: counts.nullable(),
  /** Tables whose rows were compared with those that were copied, and are the same. */
  same: z.array(z.string()).default([]),
  /** Rows by table that point nowhere in what was restored; null: they were not counted. */
  orphans: counts.nullable(),
});

/** How far a restoration has come; outlives the daemon. */
export type Progress = z.output<typeof progress>;

/** null: none was begun. */
export function progressIn(record: Json): Progress | null {
  return progress.safeParse(record).data ?? null;
}

/** What an effect calls the things beside the one in use: short, the same for the same effect, and not those of another. */
export function besideNames(opId: string): {
  /** What is restored, until it is in use. */
  readonly scratch: string;
  /** What was in use before. */
  readonly was: string;
  /** What had been restored, after it was undone. */
  readonly undone: string;
} {
  const mark = digest(opId).slice(0, 12);
  return { scratch: mark, was: `${mark}-was`, undone: `${mark}-undone` };
}
