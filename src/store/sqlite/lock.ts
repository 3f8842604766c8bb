import { DatabaseSync } from 'node:sqlite';
import { RollbackError } from '../../domain/errors.ts';
import { guarded } from './failure.ts';
import { createPrivately } from './private-file.ts';

/**
 * Makes this process the only daemon of a store, until the returned function is called or the process ends.
 *
 * A second database beside the store is held in an exclusive transaction: the kernel lets go of it with the
 * process, also after `kill -9`, and nothing has to be cleaned up.
 *
 * @throws RollbackError `STORE_LOCKED` when another process, or this one, holds it
 */
export function takeLock(storePath: string): () => void {
  const path = `${storePath}.lock`;
  createPrivately(path);
  const lock = guarded('take the lock', path, () => new DatabaseSync(path, { timeout: 0 }));
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (thrown) {
    lock.close();
    if (!isBusy(thrown)) return guarded('take the lock', path, () => rethrow(thrown));
    throw new RollbackError(
      'STORE_LOCKED',
      `Could not open the store ${storePath}: another rollbackd has it open (it holds ${path}). ` +
        'Stop that daemon, or give this one a store of its own.',
      { path: storePath },
      { cause: thrown },
    );
  }
  return () => {
    if (lock.isOpen) lock.close();
  };
}

function isBusy(thrown: unknown): boolean {
  return typeof thrown === 'object' && thrown !== null && 'errcode' in thrown && thrown.errcode === 5;
}

function rethrow(thrown: unknown): never {
  throw thrown;
}
