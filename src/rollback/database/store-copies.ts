import { holds, type BackupPart, type BackupSet } from '../../domain/backup.ts';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import type { Backups } from '../../domain/ports/backups.ts';

/** A set, and the part of it that holds one store. */
export interface StoreCopy {
  readonly set: BackupSet;
  readonly part: BackupPart;
}

/** Which copy of a store is meant. */
export interface Wanted {
  readonly store: string;
  /** `newest`, `incident`, `before_incident`, or the id of a set. */
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

/**
 * Chooses the copy of a store that a step speaks of, among those that were read back. `newest` is the newest from before
 * the incident's own sets, so that what is chosen when the plan is made is chosen again when it is carried out.
 *
 * @throws RollbackError `NOT_FOUND`, `REFUSED` where nobody can tell
 */
export async function copyOf(backups: Backups, wanted: Wanted): Promise<StoreCopy> {
  const { store } = wanted;
  const set = await setFor(backups, wanted);
  const part = set.parts.find((one) => holds(one, { kind: 'store', name: store }));
  if (part === undefined) throw new RollbackError('NOT_FOUND', `${set.id} holds no ${store} (store)`);
  return { set, part };
}

async function setFor(backups: Backups, { store, from, incident }: Wanted): Promise<BackupSet> {
  const verified = await backups.verified();
  const holding = verified.filter(({ parts }) =>
    parts.some((part) => holds(part, { kind: 'store', name: store })),
  );
  switch (from) {
    case 'incident':
      return found(
        holding.find((set) => set.incident === incident),
        `there is no backup set of ${incident} that was read back and holds ${store} (store)`,
      );
    case 'before_incident': {
      const began = backups.began(incident);
      if (began === null)
        throw new RollbackError('REFUSED', `when ${incident} began is not known; name the set to restore`);
      return found(
        holding.find((set) => set.madeAt < began),
        `no backup set that was read back holds ${store} (store) from before ${incident} began at ${new Date(began).toISOString().slice(0, 16)}Z`,
      );
    }
    case 'newest': {
      const own = holding.filter((set) => set.incident === incident).map(({ madeAt }) => madeAt);
      const before = Math.min(Infinity, ...own);
      return found(
        holding.find((set) => set.incident !== incident && set.madeAt <= before),
        `no backup set from before this incident that was read back holds ${store} (store)`,
      );
    }
    default:
      return named(backups, verified, from);
  }
}

function found(set: BackupSet | undefined, otherwise: string): BackupSet {
  if (set !== undefined) return set;
  throw new RollbackError('NOT_FOUND', otherwise);
}

async function named(backups: Backups, verified: readonly BackupSet[], id: string): Promise<BackupSet> {
  const set = await backups.find(id);
  if (set === null)
    throw new RollbackError(
      'NOT_FOUND',
      `there is no backup set ${id}; \`rollbackd backup list\` lists them`,
    );
  if (verified.some((one) => one.id === id)) return set;
  throw new RollbackError(
    'BACKUP_INVALID',
    `${id} did not read back the last time; \`rollbackd backup verify ${id}\` says what is wrong with it`,
  );
}
