import { createWriteStream } from 'node:fs';
import { lstat, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { syncDirectory } from '../files/durably.ts';
import { fileFailure, hasCode } from '../files/failure.ts';
import { holdFolder, type HeldFolder } from '../files/held-folder.ts';
import { removeTree } from '../files/remove-tree.ts';
import { keepNewest } from '../process/records.ts';
import { gitIn, type Flow } from './copy-git.ts';
import type { OwnedCopy } from './own-copy.ts';
import { mustBeSha } from './worktree.ts';

/** Which files of a commit, and whether tracked files that the commit does not have go. */
export interface Selection {
  readonly sha: string;
  /** Relative to the working copy; `.` is all of it. */
  readonly paths: readonly string[];
  readonly exact: boolean;
}

/** What was not committed, or would be overwritten, as it is kept in the daemon's folder. */
export interface Captured {
  /** The commit that it lies on top of. */
  readonly commit: string;
  /** All files as they were, as a tree of git. */
  readonly tree: string;
  /** How many files differ from the commit. */
  readonly files: number;
  /** The same as a patch, for people; null where nothing differs. */
  readonly patch: string | null;
}

/** So many patches are kept, and so many captures in a working copy; those of open incidents are the newest. */
const keptPatches = 100;
const keptCaptures = 20;
/** Longer lists of names are no working copy that is changed by hand or by rollbackd. */
export const mostNames = 64 * 1024 * 1024;
/** In the `.git` of the working copy, since whoever git runs as cannot reach into the daemon's folder. */
const home = 'rollbackd';

/**
 * Copies what differs from the commit at HEAD, and what the selection would write over although it is ignored. Nothing
 * that git or people look at is changed. A repeat begins anew.
 */
export async function captured(
  copy: OwnedCopy,
  name: string,
  selection: Selection,
  signal: AbortSignal,
): Promise<Captured> {
  await makeFolder(copy, name, signal);
  const git: Git = (args, flow) => gitIn(copy, args, signal, flow);
  const objects = await git(['rev-parse', '--path-format=absolute', '--git-path', 'objects'], {});
  const env = {
    GIT_INDEX_FILE: `.git/${home}/${name}/index`,
    GIT_OBJECT_DIRECTORY: objectsOf(name),
    GIT_ALTERNATE_OBJECT_DIRECTORIES: JSON.stringify(objects),
  };
  const commit = await git(['rev-parse', '--verify', 'HEAD^{commit}'], { env });
  await git(['read-tree', commit], { env });
  await git(['add', '--all'], { env });
  await addOverwritten(copy, selection, git, env);
  const tree = await git(['write-tree'], { env });
  const differs = ['diff-tree', '-r', '-z', '--no-renames', '--name-only', commit, tree];
  const files = Number(await git(differs, { env, count: true }));
  if (files === 0) return { commit, tree, files, patch: null };
  return { commit, tree, files, patch: await writePatch(copy, name, [commit, tree], git, env) };
}

/** Brings the files of the selection back as they were captured, and takes away what is tracked there since. */
export async function restored(
  copy: OwnedCopy,
  name: string,
  { tree }: Captured,
  { sha, paths }: Selection,
  signal: AbortSignal,
): Promise<void> {
  const env = {
    GIT_INDEX_FILE: `.git/${home}/${name}/restoring`,
    GIT_ALTERNATE_OBJECT_DIRECTORIES: objectsOf(name),
  };
  await gitIn(copy, ['read-tree', mustBeSha(sha)], signal, { env });
  const args = ['checkout', '--quiet', '--force', '--no-overlay', mustBeSha(tree), '--', ...paths];
  await gitIn(copy, args, signal, { env });
}

type Git = (args: readonly string[], flow: Flow) => Promise<string>;

function objectsOf(name: string): string {
  return `.git/${home}/${name}/objects`;
}

/** An empty folder that belongs to whoever owns the working copy, and to nobody else. */
async function makeFolder(copy: OwnedCopy, name: string, signal: AbortSignal): Promise<void> {
  const { files, shown } = copy;
  await using git = await holdFolder(join(shown, '.git'), files);
  await makeOwned(copy, git, home);
  await using all = await holdFolder(join(shown, '.git', home), files);
  for (const old of [name, ...(await oldestIn(all))])
    if (await isThere(all.at(old))) await removeTree(all, old, signal);
  await makeOwned(copy, all, name);
  await using own = await holdFolder(join(shown, '.git', home, name), files);
  await makeOwned(copy, own, 'objects');
}

async function makeOwned({ owner, shown, files }: OwnedCopy, above: HeldFolder, name: string): Promise<void> {
  const path = join(above.path, name);
  try {
    await mkdir(above.at(name), { mode: 0o700 });
  } catch (cause) {
    if (!hasCode(cause, 'EEXIST'))
      throw fileFailure('make a folder for what is not committed in', shown, cause);
  }
  await using made = await holdFolder(path, files);
  await made.handle.chown(owner.uid, owner.gid);
}

async function oldestIn(all: HeldFolder): Promise<readonly string[]> {
  const names = await readdir(all.at('.'));
  const aged = await Promise.all(
    names.map(async (name) => ({ name, at: (await lstat(all.at(name))).mtimeMs })),
  );
  const sorted = aged.toSorted((a, b) => b.at - a.at);
  return sorted.slice(keptCaptures - 1).map(({ name }) => name);
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** Files that are ignored are no work; but what is written over is captured whatever it is. */
async function addOverwritten(
  copy: OwnedCopy,
  selection: Selection,
  git: Git,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const names = await untrackedIn(copy, selection, (args, flow) => git(args, { ...flow, env }));
  if (names.length === 0) return;
  const source = Readable.from([Buffer.from(`${names.join('\0')}\0`, 'utf8')]);
  await git(['update-index', '--add', '-z', '--stdin'], { env, source });
}

/** Files of the selection that lie in the working copy although the index does not know them. */
export async function untrackedIn(
  copy: OwnedCopy,
  { sha, paths }: Selection,
  git: Git,
): Promise<readonly string[]> {
  const args = ['diff-index', '--cached', '--name-only', '-z', '--no-renames', '--diff-filter=D'];
  const text = await git([...args, mustBeSha(sha), '--', ...paths], { mostBytes: mostNames });
  const names: string[] = [];
  for (const name of text.split('\0').filter((one) => one !== ''))
    if (await isFileIn(copy, name)) names.push(name);
  return names;
}

/** Whether a file or link is there, with only folders above it: behind a link is not inside the working copy. */
async function isFileIn({ folder, shown }: OwnedCopy, name: string): Promise<boolean> {
  const parts = name.split('/');
  for (let depth = 1; depth <= parts.length; depth += 1) {
    const path = parts.slice(0, depth).join('/');
    try {
      const facts = await lstat(join(folder, path));
      if (depth === parts.length) return facts.isFile() || facts.isSymbolicLink();
      if (!facts.isDirectory()) return false;
    } catch (cause) {
      if (hasCode(cause, 'ENOENT', 'ENOTDIR')) return false;
      throw fileFailure('look at', `${shown}/${path}`, cause);
    }
  }
  return false;
}

/** In the daemon's own folder, for people. */
async function writePatch(
  { stateDir }: OwnedCopy,
  name: string,
  between: readonly [string, string],
  git: Git,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const folder = join(stateDir, 'git-work');
  const path = join(folder, `${name}.patch`);
  const args = ['diff-tree', '-r', '-p', '--binary', '--full-index', '--no-ext-diff', '--no-textconv'];
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    keepNewest(folder, keptPatches);
    const sink = createWriteStream(path, { mode: 0o600, flush: true });
    try {
      await git([...args, '--no-renames', ...between], { env, sink });
      sink.end();
      await finished(sink);
    } finally {
      sink.destroy();
    }
    await syncDirectory(folder);
    return path;
  } catch (cause) {
    throw fileFailure('write the patch', path, cause);
  }
}
