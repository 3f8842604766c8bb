import { closeSync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf, RollbackError } from '../../domain/errors.ts';

/**
 * Makes an empty file that only its owner may read, unless it exists: a store holds sealed specifications.
 *
 * An existing file is not even opened: closing it again would drop the locks that this process may hold on it.
 */
export function createPrivately(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
    // A file whose name is lost in a power cut is lost with all its commits.
    sync(dirname(path));
  } catch (thrown) {
    if (isThere(thrown)) return;
    throw new RollbackError(
      'STORE_UNUSABLE',
      `Could not create the file ${path}: ${messageOf(thrown)}. ` +
        'Check that the directory exists and that the daemon may write to it.',
      { path },
      { cause: thrown },
    );
  }
}

/** Returns once the file, or the names in the directory, are on the disk. */
export function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function isThere(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST';
}
