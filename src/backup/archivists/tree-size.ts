import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { RollbackError } from '../../domain/errors.ts';

const block = 512;

/** About how many bytes an archive of a tree has: what its files take on disk, and a header each. Follows no links. */
export async function sizeOfTree(path: string, signal: AbortSignal): Promise<number> {
  const found = await lstat(path);
  if (!found.isDirectory()) return 2 * block + Math.min(found.size, found.blocks * block);
  let bytes = 2 * block;
  for await (const entry of await opendir(path)) {
    if (signal.aborted) throw new RollbackError('ABORTED', 'interrupted while sizing up a folder');
    bytes += await sizeOfTree(join(path, entry.name), signal);
  }
  return bytes;
}

/** How many files an archive of a tree holds: one with several names is one. Follows no links. */
export async function filesIn(
  path: string,
  signal: AbortSignal,
  seen: Set<string> = new Set(),
): Promise<number> {
  const found = await lstat(path);
  if (!found.isDirectory()) {
    if (!found.isFile()) return 0;
    if (found.nlink === 1) return 1;
    const { size } = seen;
    return seen.add(`${found.dev}:${found.ino}`).size - size;
  }
  let files = 0;
  for await (const entry of await opendir(path)) {
    if (signal.aborted) throw new RollbackError('ABORTED', 'interrupted while counting files');
    files += await filesIn(join(path, entry.name), signal, seen);
  }
  return files;
}
