import type { BackupPart, BackupSet } from '../../domain/backup.ts';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import type { Backups } from '../../domain/ports/backups.ts';
import { chooseSet, partHolding } from '../../domain/set-choice.ts';

/** A set, and the part of it that holds one store. */
export interface StoreCopy {
  readonly set: BackupSet;
  readonly part: BackupPart;
}

/** Which copy of a store is meant. */
export interface Wanted {
  readonly store: string;
  /** As `chooseSet` knows it. */
  readonly from: string;
  readonly incident: string;
}

/** Why nothing here copies a store of this name; null: something does. */
export function whyNoArchivist(backups: Backups, store: string): string | null {
  try {
    backups.archivist({ kind: 'store', name: store });
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

/** The copy of a store that a step speaks of: `chooseSet` says which set. @throws RollbackError as `chooseSet` */
export async function copyOf(backups: Backups, { store, from, incident }: Wanted): Promise<StoreCopy> {
  const thing = { kind: 'store', name: store } as const;
  const set = await chooseSet(backups, { from, incident, things: [thing] });
  const part = partHolding(set, thing);
  if (part !== null) return { set, part };
  throw new RollbackError('NOT_FOUND', `${set.id} holds no ${store} (store)`);
}
