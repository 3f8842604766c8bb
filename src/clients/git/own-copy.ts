import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import { fileFailure, hasCode } from '../files/failure.ts';
import { holdFolder, type FileRoots } from '../files/held-folder.ts';
import { doubtfulKeys } from './copy-config.ts';
import { gitIn, type WorkingCopy } from './copy-git.ts';

/** A working copy in which git runs as whoever owns it. */
export type OwnedCopy = WorkingCopy & {
  readonly owner: { readonly uid: number; readonly gid: number };
  readonly files: FileRoots;
};

/** Merges and the like that somebody began and did not end. */
const unfinished: Readonly<Record<string, string>> = {
  MERGE_HEAD: 'a merge',
  CHERRY_PICK_HEAD: 'a cherry-pick',
  REVERT_HEAD: 'a revert',
  'rebase-merge': 'a rebase',
  'rebase-apply': 'a rebase or am',
  BISECT_LOG: 'a bisection',
};
/** What must belong to one and the same: whoever could write these could run programs in the owner's name. */
const ownedParts = ['.git', '.git/config', '.git/HEAD', '.git/index', '.git/objects', '.git/refs'];

/**
 * Opens a working copy inside a declared root, through no link, and works in it as its owner.
 *
 * @throws RollbackError `REFUSED` outside the roots, through a link, or where the daemon cannot act as the owner
 */
export async function inOwnedCopy<T>(
  path: string,
  files: FileRoots,
  stateDir: string,
  work: (copy: OwnedCopy) => Promise<T>,
): Promise<T> {
  await using held = await holdFolder(path, files);
  const { uid, gid } = await held.handle.stat();
  const own = process.getuid?.();
  if (own !== 0 && own !== uid)
    throw new RollbackError(
      'REFUSED',
      `${path} belongs to user ${uid}, and the daemon runs as user ${own}: it can neither act as them nor keep the owner of files`,
      { path },
    );
  const folder = `/proc/${process.pid}/fd/${held.handle.fd}`;
  return await work({ folder, shown: path, stateDir, owner: { uid, gid }, files });
}

/**
 * Every reason why a step must not change it by git: git must not run there, it borrows from elsewhere, or it is in the
 * middle of something.
 */
export async function ownedCopyProblems(copy: OwnedCopy, signal: AbortSignal): Promise<readonly string[]> {
  const { shown } = copy;
  const strange = await foreignProblem(copy);
  if (strange !== null) return [strange];
  const found: string[] = [];
  if ((await kindOf(copy, '.git/objects/info/alternates')) !== null)
    found.push(`${shown} borrows its history from another repository (objects/info/alternates)`);
  for (const [name, what] of Object.entries(unfinished))
    if ((await kindOf(copy, `.git/${name}`)) !== null)
      found.push(`${what} is not finished in ${shown}: finish or abort it first`);
  const configured = await configurationProblem(copy, signal);
  return configured === null ? found : [...found, configured];
}

/**
 * Why git must not be let loose in it: it is none, belongs to several users, is a worktree of another one, or its
 * configuration could run a program. Where it is null git may look and copy, also in the middle of a merge.
 */
export async function untrustedProblem(copy: OwnedCopy, signal: AbortSignal): Promise<string | null> {
  return (await foreignProblem(copy)) ?? (await configurationProblem(copy, signal));
}

async function foreignProblem(copy: OwnedCopy): Promise<string | null> {
  const { shown } = copy;
  const git = await kindOf(copy, '.git');
  if (git === null) return `${shown} is no working copy: there is no .git in it`;
  if (git !== 'folder') return `the .git of ${shown} is no folder: name the main working copy`;
  const strangers = await strangersIn(copy);
  if (strangers.length > 0)
    return `${strangers.join(', ')} in ${shown} belongs to another user than the folder, may be written by others, or is a link`;
  if ((await kindOf(copy, '.git/commondir')) !== null) return `${shown} is a linked worktree`;
  return null;
}

async function strangersIn(copy: OwnedCopy): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of ownedParts) {
    const facts = await lstat(join(copy.folder, name)).catch((cause: unknown) => {
      // A new working copy has no index yet.
      if (hasCode(cause, 'ENOENT')) return null;
      throw fileFailure('look at', join(copy.shown, name), cause);
    });
    if (facts !== null && isStrange(facts, copy.owner.uid)) found.push(name);
  }
  return found;
}

/** Of root, even a group that may write is somebody else: git would run as root what they wrote. */
function isStrange(facts: Stats, owner: number): boolean {
  if (facts.uid !== owner || facts.isSymbolicLink()) return true;
  const others = owner === 0 && facts.gid !== 0 ? 0o022 : 0o002;
  return (facts.mode & others) !== 0;
}

async function configurationProblem(copy: OwnedCopy, signal: AbortSignal): Promise<string | null> {
  const doubtful = await doubtfulIn(copy, signal);
  if (doubtful.length === 0) return null;
  const keys = doubtful.slice(0, 5).join(', ');
  return `the configuration of ${copy.shown} holds ${keys}, which may run programs or change content; git is not run there`;
}

async function doubtfulIn(copy: OwnedCopy, signal: AbortSignal): Promise<readonly string[]> {
  const keys: string[] = [];
  for (const name of ['config', 'config.worktree']) {
    if ((await kindOf(copy, `.git/${name}`)) === null) continue;
    const args = ['config', '--file', `.git/${name}`, '--no-includes', '--list', '-z', '--name-only'];
    try {
      // Elsewhere than in the repository: reading the file must not already obey it.
      const env = { GIT_DIR: '/nonexistent' };
      const text = await gitIn(copy, args, signal, { env, mostBytes: 1024 * 1024 });
      keys.push(...text.split('\0').filter((key) => key !== ''));
    } catch (error) {
      if (!(error instanceof RollbackError) || error.code !== 'COMMAND_FAILED') throw error;
      return [`a file that git cannot read (${messageOf(error)})`];
    }
  }
  return doubtfulKeys(keys);
}

/** null: nothing is there. Links are not followed. */
export async function kindOf(copy: WorkingCopy, name: string): Promise<'folder' | 'other' | null> {
  try {
    return (await lstat(join(copy.folder, name))).isDirectory() ? 'folder' : 'other';
  } catch (cause) {
    if (hasCode(cause, 'ENOENT', 'ENOTDIR')) return null;
    throw fileFailure('look at', join(copy.shown, name), cause);
  }
}
