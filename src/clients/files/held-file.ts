import { constants } from 'node:fs';
import { open, rename, unlink, type FileHandle } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { crashPoint } from '../../domain/crash-point.ts';
import { RollbackError } from '../../domain/errors.ts';
import { fileFailure } from './failure.ts';
import { holdFolder, type FileRoots } from './held-folder.ts';

/** A file as it was read. */
export interface ReadFileState {
  readonly content: Buffer;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Larger ones are no configuration. */
const mostBytes = 16 * 1024 * 1024;

/**
 * A regular file inside a declared root, read whole without following links.
 *
 * @throws RollbackError `NOT_FOUND`, `REFUSED` (a link, a folder, outside the roots), `ANSWER_TOO_LARGE` over 16 MiB
 */
export async function readHeldFile(path: string, files: FileRoots): Promise<ReadFileState> {
  await using folder = await holdFolder(dirname(path), files);
  try {
    // A pipe in its place must not keep the daemon waiting for whoever writes to it.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const handle = await open(folder.at(basename(path)), flags);
    try {
      return await stateOf(handle, path);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw fileFailure('read', path, cause);
  }
}

async function stateOf(handle: FileHandle, path: string): Promise<ReadFileState> {
  const found = await handle.stat();
  if (!found.isFile()) throw new RollbackError('REFUSED', `${path} is not a regular file`, { path });
  if (found.size > mostBytes)
    throw new RollbackError('ANSWER_TOO_LARGE', `${path} is larger than 16 MiB`, { path, bytes: found.size });
  return { content: await handle.readFile(), mode: found.mode & 0o7777, uid: found.uid, gid: found.gid };
}

/**
 * Replaces the content of a file in one step: whoever reads sees the old or the new, never a part, also after a crash.
 * Owner, group and mode stay. `key` names the temporary file, so that a repeat finds what an earlier attempt left.
 */
export async function replaceHeldFile(
  path: string,
  { content, mode, uid, gid }: ReadFileState,
  key: string,
  files: FileRoots,
): Promise<void> {
  await using folder = await holdFolder(dirname(path), files);
  const name = basename(path);
  const temporary = `.${name}.rollbackd-${key}`;
  try {
    await unlink(folder.at(temporary)).catch(() => {});
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const handle = await open(folder.at(temporary), flags, 0o600);
    try {
      await handle.writeFile(content);
      await handle.chown(uid, gid);
      await handle.chmod(mode);
      await handle.sync();
    } finally {
      await handle.close();
    }
    crashPoint('effect.call.between');
    await rename(folder.at(temporary), folder.at(name));
    await folder.handle.sync();
  } catch (cause) {
    await unlink(folder.at(temporary)).catch(() => {});
    throw fileFailure('write', path, cause);
  }
}
