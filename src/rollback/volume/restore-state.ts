import { z } from 'zod';
import type { EffectRecords } from '../../clients/files/records.ts';
import type { DataIntegrity } from '../../domain/data-integrity.ts';
import { stoppedContainer } from './writers.ts';

const state = z.object({
  /**
   * `beside`: nothing in use was touched · `stopping`: containers are stopped, or may be · `switching`: contents are being
   * exchanged · `starting`: the restored one is in use · `undoing`: the one before is being put back · `failed`: all is as
   * it was, and runs.
   */
  phase: z.enum(['beside', 'stopping', 'switching', 'starting', 'done', 'undoing', 'undone', 'failed']),
  set: z.string(),
  containers: z.array(stoppedContainer),
  /** Files in the copy. */
  copied: z.number(),
  /** Files that were in use before; null: they were not counted. */
  before: z.number().nullable(),
});

/** How far one effect of `volume.restore` has come. Written before the calls of each phase. */
export type RestoreState = z.output<typeof state>;

/** null: the effect was never begun. */
export async function restoreState(records: EffectRecords, opId: string): Promise<RestoreState | null> {
  return state.safeParse(await records.read(opId)).data ?? null;
}

/** What became of the files of a volume whose restoration is done. */
export function integrityOf(volume: string, { set, before, copied }: RestoreState): readonly DataIntegrity[] {
  const how = `files, counted before the switch and as they were restored; the SHA-256 of the whole copy compared with that of ${set}`;
  return [{ name: `volume: ${volume}`, before, after: copied, lost: 0, corrupted: 0, orphaned: null, how }];
}
