import type { BackupPart, BackupSet } from '../../domain/backup.ts';
import { RollbackError } from '../../domain/errors.ts';
import type { Step } from '../../domain/plan.ts';
import type { Archivist, Backups } from '../../domain/ports/backups.ts';
import { formatQuantity } from '../../domain/quantity.ts';
import type { RestoreOptions } from './options.ts';

/** A copy of a volume, and the set that holds it. */
export interface VolumeCopy {
  readonly set: BackupSet;
  readonly part: BackupPart;
}

/** The copy that a step restores. @throws RollbackError `NOT_FOUND`, or `REFUSED` where no backups are configured */
export async function copyFor(
  backups: Backups | null,
  { incident }: Pick<Step, 'incident'>,
  { volume, from }: Pick<RestoreOptions, 'volume' | 'from'>,
): Promise<VolumeCopy> {
  if (backups === null)
    throw new RollbackError('REFUSED', 'no backups are configured; add backups: to the main file');
  if (from === 'incident') {
    const own = await backups.ofIncident(incident, 'volume', volume);
    if (own === null)
      throw new RollbackError('NOT_FOUND', `there is no backup set of ${incident} that holds ${volume}`);
    return partOf(own, volume);
  }
  if (from === 'newest') {
    const began = backups.began(incident) ?? Infinity;
    const all = await backups.verified();
    const before = all.filter((set) => set.incident !== incident && set.madeAt <= began);
    const newest = before.find(({ parts }) => parts.some((part) => isOf(part, volume)));
    if (newest === undefined)
      throw new RollbackError(
        'NOT_FOUND',
        `no backup set from before this incident that was read back holds the volume ${volume}`,
      );
    return partOf(newest, volume);
  }
  const named = await backups.find(from);
  if (named === null)
    throw new RollbackError(
      'NOT_FOUND',
      `there is no backup set ${from}; \`rollbackd backup list\` lists them`,
    );
  return partOf(named, volume);
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

function partOf(set: BackupSet, volume: string): VolumeCopy {
  const part = set.parts.find((one) => isOf(one, volume));
  if (part !== undefined) return { set, part };
  throw new RollbackError('NOT_FOUND', `${set.id} holds no volume ${volume}`);
}

function isOf({ kind, name }: BackupPart, volume: string): boolean {
  return kind === 'volume' && name === volume;
}
