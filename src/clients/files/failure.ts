import { messageOf, RollbackError } from '../../domain/errors.ts';

/**
 * A failed call on files of the host: `NOT_FOUND` where nothing is there, else `REFUSED`. What did not come from the
 * system goes on as it is.
 */
export function fileFailure(tried: string, path: string, cause: unknown): Error {
  if (!(cause instanceof Error)) return new Error(String(cause));
  if (cause instanceof RollbackError || !('code' in cause)) return cause;
  const code = String(cause.code);
  const message = `could not ${tried} ${path}: ${reasonOf(code) ?? messageOf(cause)}`;
  if (code === 'ENOENT') return new RollbackError('NOT_FOUND', message, { path }, { cause });
  return new RollbackError('REFUSED', message, { path, code }, { cause });
}

/** Whether an error of the system has one of these codes, e.g. `ENOENT`: nothing is there. */
export function hasCode(cause: unknown, ...codes: readonly string[]): boolean {
  return cause instanceof Error && 'code' in cause && codes.includes(String(cause.code));
}

function reasonOf(code: string): string | null {
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'it is not there',
    ELOOP: 'it is a symbolic link, and none is followed here',
    ENOTDIR: 'it is no folder, or a symbolic link, and none is followed here',
    EACCES: 'the permission is missing',
    EPERM: 'the permission is missing',
    EROFS: 'the file system is mounted read-only; mount it writable into the sidecar',
    ENOSPC: 'the disk is full',
    EDQUOT: 'the quota is used up',
  };
  return reasons[code] ?? null;
}
