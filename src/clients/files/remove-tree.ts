import { crashPoint } from '../../domain/crash-point.ts';
import { constants } from 'node:fs';
import { lstat, open, readdir, rmdir, unlink } from 'node:fs/promises';
import { RollbackError } from '../../domain/errors.ts';
import { fileFailure, hasCode } from './failure.ts';
import type { HeldFolder } from './held-folder.ts';

/** What went. */
export interface Removed {
  readonly files: number;
  readonly bytes: number;
}

/**
 * Removes an entry of a folder with everything beneath it. Links are removed, never followed; what is mounted beneath
 * is left alone and refused.
 *
 * @throws RollbackError `REFUSED` at a mount or a missing permission; what went before is gone
 */
export async function removeTree(folder: HeldFolder, name: string, signal: AbortSignal): Promise<Removed> {
  const { dev } = await folder.handle.stat();
  return remove({ at: folder.at(name), shown: `${folder.path}/${name}`, device: dev, signal });
}

interface Place {
  readonly at: string;
  readonly shown: string;
  readonly device: number;
  readonly signal: AbortSignal;
}

async function remove(place: Place): Promise<Removed> {
  const { at, shown, device, signal } = place;
  if (signal.aborted) throw new RollbackError('ABORTED', `interrupted while removing ${shown}`);
  try {
    const found = await lstat(at);
    if (found.dev !== device)
      throw new RollbackError('REFUSED', `${shown} is mounted from elsewhere, and is not removed`, {
        path: shown,
      });
    if (found.isDirectory()) return await removeFolder(place);
    await unlink(at);
    crashPoint('effect.call.between');
    return { files: 1, bytes: found.size };
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return { files: 0, bytes: 0 };
    throw fileFailure('remove', shown, cause);
  }
}

async function removeFolder(place: Place): Promise<Removed> {
  let files = 0;
  let bytes = 0;
  const handle = await open(place.at, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    for (const name of await readdir(`/proc/self/fd/${handle.fd}`)) {
      const gone = await remove({
        ...place,
        at: `/proc/self/fd/${handle.fd}/${name}`,
        shown: `${place.shown}/${name}`,
      });
      files += gone.files;
      bytes += gone.bytes;
    }
  } finally {
    await handle.close();
  }
  await rmdir(place.at);
  return { files, bytes };
}
