import type { BackupPart, BackupSet } from '../../domain/backup.ts';
import { RollbackError } from '../../domain/errors.ts';
import type { Step } from '../../domain/plan.ts';
import type { Archivist, Backups } from '../../domain/ports/backups.ts';
import { formatQuantity } from '../../domain/quantity.ts';
import { chooseSet, partHolding } from '../../domain/set-choice.ts';
import type { RestoreOptions } from './options.ts';

/** A copy of a volume, and the set that holds it. */
export interface VolumeCopy {
  readonly set: BackupSet;
  readonly part: BackupPart;
}

/** The copy that a step restores. @throws RollbackError as `chooseSet`, or `REFUSED` where no backups are configured */
export async function copyFor(
  backups: Backups | null,
  { incident }: Pick<Step, 'incident'>,
  { volume, from }: Pick<RestoreOptions, 'volume' | 'from'>,
): Promise<VolumeCopy> {
  if (backups === null)
    throw new RollbackError('REFUSED', 'no backups are configured; add backups: to the main file');
  const thing = { kind: 'volume', name: volume } as const;
  const set = await chooseSet(backups, { from, incident, things: [thing] });
  const part = partHolding(set, thing);
  if (part !== null) return { set, part };
  throw new RollbackError('NOT_FOUND', `${set.id} holds no ${volume} (volume)`);
}

/** Why the copy would not fit beside the content in use; null: it does, or that is not known. */
export async function roomProblem(
  archivist: Archivist,
  { part: { name, plainBytes } }: VolumeCopy,
  signal: AbortSignal,
): Promise<string | null> {
  const room = await archivist.room?.(name, signal);
  if (room === undefined || room === null || room.freeBytes >= plainBytes) return null;
  const size = (bytes: number): string => formatQuantity(bytes, 'bytes');
  return `there is no room for a second ${name} beside it: about ${size(plainBytes)} are needed, and ${size(room.freeBytes)} are free`;
}
