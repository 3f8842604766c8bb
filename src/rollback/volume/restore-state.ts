import { z } from 'zod';
import type { EffectRecords } from '../../clients/files/records.ts';
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
