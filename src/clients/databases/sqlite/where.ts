import { lstat, readlink, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { RollbackError } from '../../../domain/errors.ts';
import { fileFailure, hasCode } from '../../files/failure.ts';
import { hostPath } from '../../files/host-path.ts';

/** As many links as Linux follows before it gives up. */
const mostLinks = 40;

/**
 * Where a file of SQLite is for this process. Links are followed as the host would, but none that somebody made to what
 * is not theirs: whoever may write beside a database could otherwise have the daemon read or write another's file.
 *
 * @throws RollbackError `REFUSED` at such a link
 */
export async function sqliteFile(hostRoot: string, path: string): Promise<string> {
  const file = await hostPath(hostRoot, path);
  const owner = await ownerOf(file, path);
  await checkLinks(path, { hostRoot, shown: path, owner, left: mostLinks });
  return file;
}

async function ownerOf(file: string, shown: string): Promise<number | null> {
  try {
    return (await stat(file)).uid;
  } catch (cause) {
    if (hasCode(cause, 'ENOENT', 'ENOTDIR')) return null;
    throw fileFailure('look at', shown, cause);
  }
}

interface Checking {
  readonly hostRoot: string;
  readonly shown: string;
  /** Of what the path leads to; null: nothing is there. */
  readonly owner: number | null;
  readonly left: number;
}

async function checkLinks(path: string, checking: Checking): Promise<void> {
  const { hostRoot, shown, owner, left } = checking;
  const names = resolve('/', path).split('/').filter(Boolean);
  for (let depth = 1; depth <= names.length; depth += 1) {
    const here = `/${names.slice(0, depth).join('/')}`;
    const at = join(await hostPath(hostRoot, dirname(here)), basename(here));
    const facts = await lstat(at).catch(() => null);
    if (facts === null) return;
    if (!facts.isSymbolicLink()) continue;
    const isTrusted = facts.uid === 0 || facts.uid === process.getuid?.() || facts.uid === owner;
    if (!isTrusted || left === 0)
      throw new RollbackError(
        'REFUSED',
        `${shown} is not followed: ${here} is a link of user ${facts.uid} to what is not theirs`,
        { path: shown },
      );
    const leadsTo = resolve(dirname(here), await readlink(at));
    await checkLinks(leadsTo, { ...checking, left: left - 1 });
  }
}
