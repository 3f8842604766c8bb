import type { BackupSet } from '../domain/backup.ts';
import { messageOf, RollbackError } from '../domain/errors.ts';
import type { BackupSetView } from '../domain/ports/backups.ts';
import type { SetKey } from './key.ts';
import { readManifest, readVerdict } from './manifest.ts';
import { manifestFile, verdictFile, type SetPlace } from './set-place.ts';

/** The sets of a place as their manifests describe them. */
export interface SetBook {
  /** Newest first. */
  views(): Promise<readonly BackupSetView[]>;
  broken(): Promise<readonly { readonly id: string; readonly problem: string }[]>;
  /** null when it is not there. @throws RollbackError `BACKUP_INVALID` when its manifest is not as it was written */
  find(id: string): Promise<BackupSetView | null>;
}

/** Reads every manifest anew: a set is what lies there now, not what was there before. */
export function setBook(place: SetPlace, key: SetKey | null): SetBook {
  const find = async (id: string): Promise<BackupSetView | null> => {
    if (!/^b-[0-9a-z-]+$/.test(id)) return null;
    const text = await place.read(id, manifestFile);
    if (text === null) return null;
    const set = readManifest(text, id, key);
    const verdict = readVerdict(await place.read(id, verdictFile), id);
    return { set, verdict, bytes: sizeOf(set) };
  };
  const all = async () => {
    const views: BackupSetView[] = [];
    const broken: { id: string; problem: string }[] = [];
    for (const id of await place.ids()) {
      try {
        const view = await find(id);
        if (view !== null) views.push(view);
      } catch (error) {
        if (!(error instanceof RollbackError)) throw error;
        broken.push({ id, problem: messageOf(error) });
      }
    }
    return {
      views: views.toSorted((a, b) => b.set.madeAt - a.set.madeAt || b.set.id.localeCompare(a.set.id)),
      broken: broken.toSorted((a, b) => b.id.localeCompare(a.id)),
    };
  };
  return { find, views: async () => (await all()).views, broken: async () => (await all()).broken };
}

function sizeOf({ parts }: BackupSet): number {
  return parts.reduce((sum, { bytes }) => sum + bytes, 0);
}
