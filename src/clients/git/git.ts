import { createHash } from 'node:crypto';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SimpleGit } from 'simple-git';
import { RollbackError } from '../../domain/errors.ts';
import { branchProblem, isSha, repositoryUrlProblem } from '../../domain/git-names.ts';
import { clone, type Clone, type Remote } from './clone.ts';
import { isFromGit, readFailure } from './failure.ts';
import { removeStaleLocks } from './locks.ts';
import { gitSession, type GitOptions } from './session.ts';
import { addWorktree, removeWorktree, worktree, type Worktree } from './worktree.ts';

/** git, as far as rollbackd needs it: it reads remotes, and works in clones of its own. */
export interface Git {
  /** The commit that the branch is at, as the remote says now. Rejects when it cannot look or there is no such branch. */
  head(remote: Remote, signal: AbortSignal): Promise<string>;
  /** Names of the remote's tags that start with the prefix. */
  tags(remote: Remote, prefix: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Works in the clone of the remote; work on the same clone waits in line. */
  inClone<T>(
    remote: Remote,
    opId: string | null,
    signal: AbortSignal,
    work: (clone: Clone) => Promise<T>,
  ): Promise<T>;
  /** As `inClone`, with a checkout of `sha` that is thrown away afterwards, whatever happened. */
  inWorktree<T>(
    remote: Remote,
    at: { readonly sha: string; readonly opId: string },
    signal: AbortSignal,
    work: (worktree: Worktree, clone: Clone) => Promise<T>,
  ): Promise<T>;
}

/** Builds the client. Remotes are checked on every call, whoever checked them before. */
export function git(options: GitOptions): Git {
  const home = join(options.stateDir, 'git');
  const lines = new Map<string, Promise<unknown>>();
  const inLine = async <T>(directory: string, work: () => Promise<T>): Promise<T> => {
    const before = lines.get(directory) ?? Promise.resolve();
    const mine = before.then(work, work);
    lines.set(directory, mine);
    return mine;
  };
  const opened = async (remote: Remote, opId: string | null, signal: AbortSignal): Promise<Opened> => {
    const directory = cloneDirectory(home, remote);
    const session = (path: string): SimpleGit =>
      gitSession(options, { directory: path, opId, clone: directory, signal });
    await openClone(directory, session, remote);
    return { directory, session, clone: clone(session(directory), remote) };
  };
  return {
    head: async (remote, signal) => {
      check(remote, options.protocols);
      return headOf(remote, await lsRemote(options, home, remote, [`refs/heads/${remote.branch}`], signal));
    },
    tags: async (remote, prefix, signal) => {
      check(remote, options.protocols);
      const refs = await lsRemote(options, home, remote, [`refs/tags/${prefix}*`], signal);
      return [...refs.keys()]
        .map((ref) => ref.replace('refs/tags/', ''))
        .filter((name) => !name.endsWith('^{}'));
    },
    inClone: async (remote, opId, signal, work) => {
      check(remote, options.protocols);
      return inLine(cloneDirectory(home, remote), async () =>
        work((await opened(remote, opId, signal)).clone),
      );
    },
    inWorktree: async (remote, { sha, opId }, signal, work) => {
      check(remote, options.protocols);
      return inLine(cloneDirectory(home, remote), async () => {
        const { directory, session, clone: ours } = await opened(remote, opId, signal);
        return withCheckout(`${directory}.work`, session(directory), sha, remote, () =>
          work(worktree(session(`${directory}.work`)), ours),
        );
      });
    },
  };
}

interface Opened {
  readonly directory: string;
  readonly session: (path: string) => SimpleGit;
  readonly clone: Clone;
}

function check({ name, url, branch }: Remote, protocols: readonly string[]): void {
  const refuse = (what: string, problem: string | null): void => {
    if (problem !== null)
      throw new RollbackError('CONFIG_INVALID', `the repository of ${name}: ${what} ${problem}`);
  };
  refuse('its URL:', repositoryUrlProblem(url, protocols));
  refuse(JSON.stringify(branch), branchProblem(branch));
}

/** One clone for each target and URL: another URL never meets the objects of the first. */
function cloneDirectory(home: string, { name, url }: Remote): string {
  const key = createHash('sha256').update(url).digest('hex').slice(0, 12);
  return join(home, `${name.replaceAll(/[^\w.-]/g, '_').replace(/^[.-]/, '_')}-${key}`);
}

async function openClone(
  directory: string,
  session: (path: string) => SimpleGit,
  remote: Remote,
): Promise<void> {
  const there = await stat(join(directory, 'HEAD')).catch(() => null);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await removeStaleLocks(directory);
  if (there !== null) return;
  try {
    await session(directory).init(true, ['--initial-branch=rollbackd']);
  } catch (cause) {
    throw readFailure('make a clone', remote.url, cause);
  }
}

async function withCheckout<T>(
  path: string,
  bare: SimpleGit,
  sha: string,
  remote: Remote,
  work: () => Promise<T>,
): Promise<T> {
  try {
    await addWorktree(bare, path, sha);
    return await work();
  } catch (cause) {
    throw isFromGit(cause) ? readFailure('work in a checkout', remote.url, cause) : cause;
  } finally {
    // Left behind, it would only be in the way of the next one, which removes it first; so a failure here says nothing.
    await removeWorktree(path).catch(() => {});
  }
}

async function lsRemote(
  options: GitOptions,
  home: string,
  remote: Remote,
  patterns: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  const session = gitSession(options, { directory: home, opId: null, clone: null, signal });
  try {
    const text = await session.listRemote(['--', remote.url, ...patterns]);
    const lines = text.split('\n').map((line) => line.split('\t'));
    return new Map(lines.flatMap(([sha = '', ref]) => (ref === undefined ? [] : [[ref, sha]])));
  } catch (cause) {
    throw readFailure('list the refs', remote.url, cause);
  }
}

function headOf(remote: Remote, refs: ReadonlyMap<string, string>): string {
  const sha = refs.get(`refs/heads/${remote.branch}`);
  if (sha !== undefined && isSha(sha)) return sha;
  throw new RollbackError(
    'NOT_FOUND',
    `there is no branch ${remote.branch} at the remote of ${remote.name}`,
    {
      branch: remote.branch,
    },
  );
}
