import { rm } from 'node:fs/promises';
import type { SimpleGit } from 'simple-git';
import { RollbackError } from '../../domain/errors.ts';
import { branchProblem, isSha } from '../../domain/git-names.ts';

/** A commit to be reverted. */
export interface RevertedCommit {
  readonly sha: string;
  readonly merge: boolean;
}

/** A checkout of one commit, made for one revert and thrown away after it. */
export interface Worktree {
  /**
   * Takes the commits back in the working tree, in the order given. Rejects with `GIT_CONFLICT` and the files.
   *
   * @returns the files that changed; none when everything was reverted already
   */
  revert(commits: readonly RevertedCommit[]): Promise<readonly string[]>;
  /** Files in which the result differs from a commit. */
  differsFrom(sha: string): Promise<readonly string[]>;
  /** One commit of everything reverted. Paragraphs become `-m` each. @returns its id */
  commit(paragraphs: readonly string[]): Promise<string>;
  /** An annotated tag on that commit; one of the same name in our clone is replaced. */
  tag(name: string, message: string): Promise<void>;
}

/** Works in a checkout that is there already; its calls go through the session `git`. */
export function worktree(git: SimpleGit): Worktree {
  return {
    async revert(commits) {
      for (const commit of commits) await revertOne(git, commit);
      return (await git.status()).files.map(({ path }) => path);
    },
    async differsFrom(sha) {
      const names = await git.diff(['--cached', '--name-only', '-z', mustBeSha(sha)]);
      return names.split('\0').filter((name) => name !== '');
    },
    async commit(paragraphs) {
      await git.commit([...paragraphs], { '--no-verify': null, '--cleanup': 'whitespace' });
      return (await git.revparse(['HEAD'])).trim();
    },
    async tag(name, message) {
      await git.tag(['-a', '-f', '-m', message, mustBeTag(name)]);
    },
  };
}

/** Checks a commit out beside the clone. What an earlier attempt left there goes first. */
export async function addWorktree(bare: SimpleGit, path: string, sha: string): Promise<void> {
  await removeWorktree(path);
  // simple-git has no method for worktrees; verb and options are fixed, the path is ours, the commit id is checked.
  // Forced, because git still remembers a checkout of this path that was thrown away.
  await bare.raw(['worktree', 'add', '--force', '--detach', path, mustBeSha(sha)]);
}

/** Throws the checkout away. Harmless when there is none. */
export async function removeWorktree(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

async function revertOne(git: SimpleGit, { sha, merge }: RevertedCommit): Promise<void> {
  try {
    // The first parent of a merge is the branch itself; reverting to it takes back all that was merged.
    // As an object: `revert` of simple-git drops options that are given as an array.
    await git.revert(mustBeSha(sha), { '--no-commit': null, ...(merge ? { '--mainline': 1 } : {}) });
  } catch (cause) {
    const { conflicted } = await git.status();
    if (conflicted.length === 0) throw cause;
    throw new RollbackError(
      'GIT_CONFLICT',
      `reverting ${sha.slice(0, 12)} conflicts in ${conflicted.join(', ')}; nothing was pushed`,
      { sha, files: conflicted },
      { cause },
    );
  }
}

/** Guards every commit id on its way to git, whoever passed it here. */
export function mustBeSha(text: string): string {
  if (isSha(text)) return text;
  throw new RollbackError(
    'USAGE',
    `${JSON.stringify(text)} is not a commit id: expected 40 or 64 hex digits`,
  );
}

/** Guards the name of a tag on its way to git; those of tags follow the rules of branches. */
export function mustBeTag(name: string): string {
  if (branchProblem(name) === null) return name;
  throw new RollbackError('USAGE', `${JSON.stringify(name)} is not the name of a tag`);
}
