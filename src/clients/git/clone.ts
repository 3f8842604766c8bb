import type { SimpleGit } from 'simple-git';
import { RollbackError } from '../../domain/errors.ts';
import { pushFailure, readFailure } from './failure.ts';
import { mustBeSha, mustBeTag, type RevertedCommit } from './worktree.ts';

/** Where the branch lies. */
export interface Remote {
  /** Names the clone in the state directory: the target. */
  readonly name: string;
  readonly url: string;
  readonly branch: string;
}

/** A commit as history shows it. */
export interface PastCommit extends RevertedCommit {
  /** `Rollbackd-Op` of its trailers; empty when it is not ours. */
  readonly opId: string;
}

/** A bare clone of our own, while nothing else works in it. */
export interface Clone {
  /** Brings everything that the branch leads to. */
  fetch(): Promise<void>;
  has(sha: string): Promise<boolean>;
  /** Whether `old` lies in the past of `young`, or is the same. */
  contains(young: string, old: string): Promise<boolean>;
  /** Commits of the branch after `old` up to `young`, newest first, at most `limit`. */
  since(old: string | null, young: string, limit: number): Promise<readonly PastCommit[]>;
  /** One commit. */
  commit(sha: string): Promise<PastCommit>;
  /** `Rollbackd-Op` of an annotated tag of the remote; empty when it has none. The tag is fetched. */
  tagOwner(name: string): Promise<string>;
  /** Pushes commit and tag together, or nothing: the branch must still be at `expected`. */
  push(commit: string, tag: string | null, expected: string): Promise<void>;
}

/** Key of the trailer that names the effect. */
export const opTrailer = 'Rollbackd-Op';
const fetched = 'refs/rollbackd/branch';
const format = { sha: '%H', parents: '%P', opId: `%(trailers:key=${opTrailer},valueonly,separator=%x2C)` };

/** Questions and pushes of a clone, through the session `git`. */
export function clone(git: SimpleGit, remote: Remote): Clone {
  const { url, branch } = remote;
  const asked = async <T>(tried: string, ask: () => Promise<T>): Promise<T> => {
    try {
      return await ask();
    } catch (cause) {
      throw readFailure(tried, url, cause);
    }
  };
  const log = async (range: { from?: string; to: string }, limit: number): Promise<readonly PastCommit[]> => {
    // Along first parents: what a merge brought in is taken back with the merge.
    const options = { format, maxCount: limit, symmetric: false, '--first-parent': null };
    const revisions = range.from === undefined ? { [range.to]: null } : { from: range.from, to: range.to };
    const { all } = await asked('read the history', () => git.log({ ...options, ...revisions }));
    return all.map(({ sha, parents, opId }) => ({
      sha,
      merge: parents.trim().includes(' '),
      opId: opId.trim(),
    }));
  };
  return {
    fetch: () =>
      asked('fetch', async () => {
        await git.fetch(url, `+refs/heads/${branch}:${fetched}`, ['--no-tags', '--no-write-fetch-head']);
      }),
    async has(sha) {
      return git.revparse(['--verify', '--quiet', `${mustBeSha(sha)}^{commit}`]).then(
        () => true,
        () => false,
      );
    },
    async contains(young, old) {
      if (young === old) return true;
      const range = {
        from: mustBeSha(young),
        to: mustBeSha(old),
        symmetric: false,
        maxCount: 1,
        format: { sha: '%H' },
      };
      return (await asked('compare commits', () => git.log(range))).total === 0;
    },
    since: (old, young, limit) =>
      log(old === null ? { to: mustBeSha(young) } : { from: mustBeSha(old), to: mustBeSha(young) }, limit),
    async commit(sha) {
      const [found] = await log({ to: mustBeSha(sha) }, 1);
      if (found !== undefined) return found;
      throw new RollbackError('NOT_FOUND', `the commit ${sha} is not in ${branch} at the remote`, { sha });
    },
    async tagOwner(name) {
      const ref = `refs/tags/${mustBeTag(name)}`;
      // Beside our own tags: one that was made here and never pushed is not that of the remote.
      const here = `refs/rollbackd/tags/${name}`;
      return asked('fetch a tag', async () => {
        await git.fetch(url, `+${ref}:${here}`, ['--no-tags', '--no-write-fetch-head']);
        const trailer = `--format=%(contents:trailers:key=${opTrailer},valueonly,separator=%x2C)`;
        // simple-git has no method for it; verb and options are fixed, the name is checked.
        return (await git.raw(['for-each-ref', trailer, here])).trim();
      });
    },
    async push(commit, tag, expected) {
      const ref = `refs/heads/${branch}`;
      const tags = tag === null ? [] : [`refs/tags/${tag}:refs/tags/${tag}`];
      // A new child of `expected` is a fast-forward; the lease also refuses a branch that was moved backwards.
      const lease = `--force-with-lease=${ref}:${mustBeSha(expected)}`;
      try {
        await git.push(['--atomic', lease, url, `${mustBeSha(commit)}:${ref}`, ...tags]);
      } catch (cause) {
        throw pushFailure(url, branch, cause);
      }
    },
  };
}
