import { closeSync, openSync } from 'node:fs';
import { messageOf, RollbackError } from '../../domain/errors.ts';

/**
 * Makes an empty file that only its owner may read, unless it exists: a store holds sealed specifications.
 *
 * An existing file is not even opened: closing it again would drop the locks that this process may hold on it.
 */
export function createPrivately(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
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

function isThere(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST';
}
