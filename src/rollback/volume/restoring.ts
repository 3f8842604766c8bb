import type { EffectRecords } from '../../clients/files/records.ts';
import { crashPoint } from '../../domain/crash-point.ts';
import { digest } from '../../domain/json.ts';
import type { Step } from '../../domain/plan.ts';
import type { Archivist, Backups } from '../../domain/ports/backups.ts';
import type { DataGuard } from '../guarded-data.ts';
import { restoreOptions, type RestoreOptions } from './options.ts';
import { restoreState, type RestoreState } from './restore-state.ts';
import {
  startWriters,
  stopWriters,
  toBeStopped,
  together,
  type Stopping,
  type WriterParts,
} from './writers.ts';

/** What `volume.restore` works with. */
export interface RestoreParts extends WriterParts, DataGuard {
  readonly records: EffectRecords;
  /** null where no backups are configured. */
  readonly backups: Backups | null;
}

/** One effect of the step, carried out, undone, or let go of. */
export interface Restoring {
  readonly parts: RestoreParts;
  readonly backups: Backups;
  readonly archivist: Archivist;
  readonly step: Step;
  readonly opId: string;
  readonly options: RestoreOptions;
  readonly volume: string;
  readonly stopping: Stopping;
  /** Names what the effect puts beside the volume: short, the same for the same effect, and not that of another. */
  readonly mark: string;
  readonly signal: AbortSignal;
}

/** null where no backups are configured. */
export function restoringOf(
  parts: RestoreParts,
  step: Step,
  opId: string,
  signal: AbortSignal,
): Restoring | null {
  const { backups } = parts;
  if (backups === null) return null;
  const options = restoreOptions.parse(step.options);
  const { volume } = options;
  const archivist = backups.archivist({ kind: 'volume', name: volume });
  const stopping = { ...options, volumes: [volume] };
  const mark = digest(opId).slice(0, 12);
  return { parts, backups, archivist, step, opId, options, volume, stopping, mark, signal };
}

/** Durable once it resolved. */
export function note({ parts, opId }: Restoring, state: RestoreState): Promise<void> {
  return parts.records.write(opId, state);
}

/** Has the content from before dropped once retention is over. */
export function keepBefore({ backups, mark, volume }: Restoring, { set }: RestoreState): Promise<void> {
  return backups.keep({ set, kind: 'volume', name: volume, keepAs: mark });
}

/**
 * Stops what runs with the restored content, and puts back what was in use before. Containers stay stopped.
 *
 * @returns what is noted of it
 */
export async function exchangeBack(work: Restoring, now: RestoreState): Promise<RestoreState> {
  const found = await toBeStopped(work.parts, work.stopping, work.signal);
  // Once all was started again, others may have stopped what this effect had: that is not started here.
  const noted = now.phase === 'done' ? [] : now.containers;
  const undoing: RestoreState = {
    ...now,
    phase: 'undoing',
    containers: [...together(noted, found)],
  };
  await note(work, undoing);
  crashPoint('effect.call.between');
  await switchBack(work, undoing);
  return undoing;
}

/** A repeat may find it back, and in use again: then nothing is stopped for it once more. */
async function switchBack(work: Restoring, { containers }: RestoreState): Promise<void> {
  const { parts, backups, archivist, stopping, volume, mark, signal } = work;
  if ((await archivist.switched(volume, mark, mark, signal)) !== 'not_done')
    await stopWriters(parts, containers, stopping, signal);
  await archivist.switchBack?.(volume, mark, mark, signal);
  crashPoint('effect.call.between');
  await backups.unkeep({ keepAs: mark });
}

/**
 * Leaves nothing half done: an exchange that began is finished, else nothing is left of it; then everything that was
 * stopped is started.
 *
 * @returns why something is still stopped, or null
 */
export async function settle(work: Restoring): Promise<string | null> {
  const { parts, opId, signal } = work;
  const now = await restoreState(parts.records, opId);
  if (now === null || settled.includes(now.phase)) return null;
  const phase = await finished(work, now);
  const trouble = await startWriters(parts, now.containers, signal);
  if (trouble === null) await note(work, { ...now, phase });
  return trouble;
}

const settled: readonly RestoreState['phase'][] = ['done', 'undone', 'failed'];

async function finished(work: Restoring, now: RestoreState): Promise<'done' | 'undone' | 'failed'> {
  const { archivist, volume, mark, signal } = work;
  if (now.phase === 'starting') return 'done';
  if (now.phase === 'undoing') {
    await switchBack(work, now);
    return 'undone';
  }
  if (now.phase === 'switching' && (await archivist.switched(volume, mark, mark, signal)) !== 'not_done') {
    await archivist.switchTo(volume, mark, mark, signal);
    await keepBefore(work, now);
    return 'done';
  }
  await archivist.drop(volume, mark, signal);
  return 'failed';
}
