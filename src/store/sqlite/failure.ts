import { messageOf, RollbackError, type ErrorCode } from '../../domain/errors.ts';

const primary = { busy: 5, readOnly: 8, ioError: 10, corrupt: 11, full: 13, cannotOpen: 14, constraint: 19 };
const notADatabase = 26;

const remedies: Readonly<Record<number, string>> = {
  [primary.busy]: 'Another process is writing to it: leave the file to the daemon.',
  [primary.readOnly]: 'Make the file and its directory writable for the daemon.',
  [primary.ioError]: 'Check the disk under it.',
  [primary.corrupt]: 'The file is damaged: stop the daemon and restore a copy.',
  [primary.full]: 'The disk is full: free some space.',
  [primary.cannotOpen]: 'Check that the directory exists and that the daemon may write to it.',
  [notADatabase]: 'This is not a SQLite file: check the path of `store`.',
};

/**
 * Runs `work`; whatever it throws leaves as a `RollbackError`.
 *
 * A violated constraint becomes `STORE_CONFLICT`, everything else that the database says `STORE_UNUSABLE`.
 *
 * @param tried what was tried, as in `Could not ${tried}`
 */
export function guarded<Result>(tried: string, path: string, work: () => Result): Result {
  try {
    return work();
  } catch (thrown) {
    throw storeError(tried, path, thrown);
  }
}

/** Wraps what the database threw; a `RollbackError` stays as it is. */
export function storeError(tried: string, path: string, thrown: unknown): RollbackError {
  if (thrown instanceof RollbackError) return thrown;
  const errcode = errcodeOf(thrown);
  const result = errcode & 0xff;
  const conflict = result === primary.constraint;
  const code: ErrorCode = conflict ? 'STORE_CONFLICT' : 'STORE_UNUSABLE';
  const remedy = conflict ? 'Read the store again before writing.' : (remedies[result] ?? '');
  const message = `Could not ${tried} in the store ${path}: ${messageOf(thrown)}. ${remedy}`.trim();
  return new RollbackError(code, message, { path, errcode }, { cause: thrown });
}

/** SQLite's extended result code, 0 where the error is not SQLite's. */
function errcodeOf(thrown: unknown): number {
  if (typeof thrown !== 'object' || thrown === null || !('errcode' in thrown)) return 0;
  return typeof thrown.errcode === 'number' ? thrown.errcode : 0;
}
