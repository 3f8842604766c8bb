import { createHash } from 'node:crypto';
import { lstat, rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative } from 'node:path';
import { realpath } from 'node:fs/promises';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import { syncDirectory } from '../files/durably.ts';

/** A link beside the real one, ready to take its place. */
export interface PreparedLink {
  readonly path: string;
  /** As `LinkPlace.identity` once it is in its place: renaming keeps it. */
  readonly identity: string;
}

/** Makes the new link under a temporary name that carries the effect. A leftover of an earlier attempt is replaced. */
export async function prepareLink(link: string, text: string, opId: string): Promise<PreparedLink> {
  const key = createHash('sha256').update(opId).digest('hex').slice(0, 16);
  const path = join(dirname(link), `.${basename(link)}.rollbackd-${key}`);
  try {
    await rm(path, { force: true });
    await symlink(text, path);
    const { ino, mtimeNs } = await lstat(path, { bigint: true });
    return { path, identity: `${ino}-${mtimeNs}` };
  } catch (cause) {
    throw new RollbackError(
      'UNREACHABLE',
      `cannot make a link beside ${link}: ${messageOf(cause)}`,
      {},
      { cause },
    );
  }
}

/** Puts the prepared link in the place of the real one, in one step: no reader ever sees it missing. */
export async function placeLink(prepared: PreparedLink, link: string): Promise<void> {
  try {
    await rename(prepared.path, link);
    await syncDirectory(dirname(link));
  } catch (cause) {
    throw new RollbackError(
      'UNREACHABLE',
      `cannot switch the link ${link}: ${messageOf(cause)}`,
      {},
      { cause },
    );
  }
}

/** What to write in the link so that it leads to the directory: relative where it was relative before. */
export async function linkText(link: string, before: string | null, destination: string): Promise<string> {
  if (before === null || isAbsolute(before)) return destination;
  return relative(await realpath(dirname(link)), destination);
}
