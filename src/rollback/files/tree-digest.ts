import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, readdir, readlink } from 'node:fs/promises';
import { hasCode } from '../../clients/files/failure.ts';
import { RollbackError } from '../../domain/errors.ts';

/** What each file of a tree is: its digest with mode and owner, by path beneath the tree; the tree's own is empty. */
export type TreeDigest = ReadonlyMap<string, string>;

/** Larger trees are not compared file by file: memory is bounded. */
const mostFiles = 100_000;

/**
 * Digests a tree without following links; null where nothing is.
 *
 * @param durable whether each file is also made to survive a loss of power
 */
export async function digestOfTree(
  path: string,
  signal: AbortSignal,
  durable: 'durable' | 'as it is' = 'as it is',
): Promise<TreeDigest | null> {
  const found = new Map<string, string>();
  if ((await lstat(path).catch(ifMissing)) === null) return null;
  await walk({ path, under: '', found, durable: durable === 'durable', signal });
  return found;
}

interface Walk {
  readonly path: string;
  readonly under: string;
  readonly found: Map<string, string>;
  readonly durable: boolean;
  readonly signal: AbortSignal;
}

async function walk(at: Walk): Promise<void> {
  const { path, under, found, signal } = at;
  if (signal.aborted) throw new RollbackError('ABORTED', 'interrupted while digesting files');
  const there = await lstat(path).catch(ifMissing);
  // A service goes on while what it has in use is looked at.
  if (there === null) return;
  const { mode, uid, gid, ...facts } = there;
  const owner = `${(mode & 0o7777).toString(8)} ${uid}:${gid}`;
  const note = (what: string): void => {
    if (found.size < mostFiles) found.set(under, `${what} ${owner}`);
  };
  if ((mode & constants.S_IFMT) === constants.S_IFDIR) {
    note('folder');
    for (const name of await readdir(path))
      await walk({ ...at, path: `${path}/${name}`, under: `${under}/${name}` });
    return;
  }
  if ((mode & constants.S_IFMT) === constants.S_IFLNK) return note(`link ${await readlink(path)}`);
  if ((mode & constants.S_IFMT) !== constants.S_IFREG) return note(`special ${facts.rdev}`);
  note(await digestOfFile(path, at.durable));
}

async function digestOfFile(path: string, durable: boolean): Promise<string> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    if (durable) await handle.sync();
    const hash = createHash('sha256');
    for await (const chunk of handle.createReadStream({ autoClose: false })) hash.update(chunk as Buffer);
    return hash.digest('hex');
  } finally {
    await handle.close();
  }
}

function ifMissing(cause: unknown): null {
  if (hasCode(cause, 'ENOENT')) return null;
  throw cause;
}

/** How a tree differs after a restoration from what it was before, a line each. */
export function differencesOf(name: string, before: TreeDigest, after: TreeDigest): readonly string[] {
  const lines: string[] = [];
  for (const [under, was] of before) {
    const is = after.get(under);
    if (is === undefined) lines.push(`goes: ${name}${under}`);
    else if (is !== was) lines.push(`changes: ${name}${under}: ${short(was)} -> ${short(is)}`);
  }
  for (const under of after.keys()) if (!before.has(under)) lines.push(`comes back: ${name}${under}`);
  return lines;
}

function short(digested: string): string {
  return digested.replace(/^([0-9a-f]{12})[0-9a-f]{52}/, '$1');
}
