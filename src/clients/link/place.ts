import { lstat, readlink, realpath } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { messageOf, RollbackError } from '../../domain/errors.ts';

/** Where a symlink points. */
export interface LinkPlace {
  readonly path: string;
  /** What is written in it; null when there is no link. */
  readonly text: string | null;
  /** The directory it leads to, every link resolved; null when it leads nowhere. */
  readonly destination: string | null;
  /** Names this very link: another one in its place has another. */
  readonly identity: string;
}

/**
 * Reads a symlink. An absent or broken link is an answer.
 *
 * Rejects with `ANSWER_INVALID` when something else is at the path, and `UNREACHABLE` when it cannot look.
 */
export async function readLink(path: string): Promise<LinkPlace> {
  const facts = await lookedAt(path, () => lstat(path, { bigint: true }));
  if (facts === null) return { path, text: null, destination: null, identity: '' };
  if (!facts.isSymbolicLink())
    throw new RollbackError(
      'ANSWER_INVALID',
      `${path} is not a symlink; point the target at the link that leads to the current release`,
      { path },
    );
  const text = await lookedAt(path, () => readlink(path));
  if (text === null) return { path, text, destination: null, identity: '' };
  // Resolved from the text just read, so that the two belong together even when the link is switched meanwhile.
  const destination = await lookedAt(path, async () =>
    realpath(resolve(await realpath(dirname(path)), text)),
  );
  return { path, text, destination, identity: `${facts.ino}-${facts.mtimeNs}` };
}

/** null when there is nothing. */
async function lookedAt<T>(path: string, look: () => Promise<T>): Promise<T | null> {
  try {
    return await look();
  } catch (cause) {
    if (isNothing(cause)) return null;
    throw new RollbackError(
      'UNREACHABLE',
      `cannot read the link ${path}: ${messageOf(cause)}`,
      { path },
      { cause },
    );
  }
}

function isNothing(cause: unknown): boolean {
  const code = cause instanceof Error && 'code' in cause ? cause.code : null;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP';
}
