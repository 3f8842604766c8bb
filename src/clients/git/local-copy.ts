import { Readable } from 'node:stream';
import { RollbackError } from '../../domain/errors.ts';
import { branchProblem, isSha } from '../../domain/git-names.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { FileRoots } from '../files/held-folder.ts';
import { opTrailer } from './clone.ts';
import { captured, mostNames, restored, untrackedIn, type Captured, type Selection } from './copy-capture.ts';
import { gitIn, type Flow } from './copy-git.ts';
import { copyMark, waitForIndex } from './copy-lock.ts';
import { inOwnedCopy, ownedCopyProblems, type OwnedCopy } from './own-copy.ts';
import { mustBeSha, mustBeTag } from './worktree.ts';

/** A working copy on this host, e.g. the one that an application runs from, while it is held open. */
export interface LocalCopy {
  readonly shown: string;
  /** Why git must not be run there; until this has said nothing, nothing else may be asked. */
  problems(): Promise<readonly string[]>;
  head(): Promise<{ readonly commit: string; readonly branch: string | null }>;
  /** The commit that an id, a branch, a tag or a branch of `origin` stands for here; null: there is none. */
  resolve(name: string): Promise<string | null>;
  /** Paths of those given that a commit does not have. */
  lacking(sha: string, paths: readonly string[]): Promise<readonly string[]>;
  /** Files of a commit whose content a filter would change, e.g. those of Git LFS. */
  filtered(sha: string, paths: readonly string[]): Promise<readonly string[]>;
  /** Files that are not as committed and that taking the selection would write over or take away. */
  uncommitted(selection: Selection): Promise<readonly string[]>;
  /** Files that are not as in the commit. */
  differing(selection: Selection): Promise<readonly string[]>;
  /** Whether `old` lies in the past of `young`, or is the same. */
  contains(young: string, old: string): Promise<boolean>;
  /** Commits that a branch would lose by going to `to`, and how many of them a remote has as far as is known here. */
  losing(to: string): Promise<{ readonly commits: number; readonly published: number }>;
  /** Waits until nobody holds the index; see `waitForIndex`. */
  free(begunAt: number | null): Promise<string | null>;
  /** Keeps everything that is not committed, and what the selection would overwrite, in the daemon's folder. */
  capture(name: string, selection: Selection): Promise<Captured>;
  checkout(selection: Selection): Promise<void>;
  reset(sha: string): Promise<void>;
  /** Makes the index of these paths that of the commit at HEAD; files stay as they are. */
  unstage(paths: readonly string[]): Promise<void>;
  /** Makes files stand again as they were captured. What was staged is not any more. */
  restore(name: string, kept: Captured, selection: Selection): Promise<void>;
  /** An annotated tag; it says whose it is. */
  tag(name: string, sha: string, message: string): Promise<void>;
  /** The effect that made a tag; empty for one of somebody else, null: there is no such tag. */
  tagOwner(name: string): Promise<string | null>;
}

export interface LocalCopyParts {
  readonly files: FileRoots;
  readonly stateDir: string;
  readonly clock: Clock;
}

/** Opens working copies. git runs as the owner of each. */
export interface LocalCopies {
  open<T>(path: string, signal: AbortSignal, work: (copy: LocalCopy) => Promise<T>): Promise<T>;
}

export function localCopies(parts: LocalCopyParts): LocalCopies {
  const { files, stateDir } = parts;
  return {
    open: (path, signal, work) =>
      inOwnedCopy(path, files, stateDir, (copy) => work(localCopy(copy, parts, signal))),
  };
}

function localCopy(copy: OwnedCopy, { clock }: LocalCopyParts, signal: AbortSignal): LocalCopy {
  const git = (args: readonly string[], flow: Flow = {}): Promise<string> =>
    gitIn(copy, args, signal, { ...flow, env: { [copyMark]: copy.shown, ...flow.env } });
  const lines = async (args: readonly string[]): Promise<readonly string[]> =>
    namesIn(await git(args, { mostBytes: mostNames }));
  const differing = ({ sha, paths, exact }: Selection): Promise<readonly string[]> =>
    lines([
      'diff',
      '--no-ext-diff',
      '--no-textconv',
      '--no-renames',
      '--name-only',
      '-z',
      ...(exact ? [] : ['--diff-filter=a']),
      mustBeSha(sha),
      '--',
      ...paths,
    ]);
  const resolve = (name: string): Promise<string | null> => resolved(git, name);
  return {
    shown: copy.shown,
    problems: () => ownedCopyProblems(copy, signal),
    resolve,
    async head() {
      const commit = await resolve('HEAD');
      if (commit === null) throw new RollbackError('NOT_FOUND', `${copy.shown} has no commit yet`);
      const branch = await git(['branch', '--show-current']);
      return { commit, branch: branch === '' ? null : branch };
    },
    async lacking(sha, paths) {
      const found = await Promise.all(
        paths.map((path) => git(['ls-tree', '--name-only', '-z', mustBeSha(sha), '--', bare(path)])),
      );
      return paths.filter((path, index) => path !== '.' && found[index] === '');
    },
    filtered: (sha, paths) => filtered(git, sha, paths),
    differing,
    async uncommitted(selection) {
      const args = ['status', '--porcelain=v1', '-z', '--untracked-files=no', '--no-renames', '--'];
      const changed = (await lines([...args, ...selection.paths])).map((line) => line.slice(3));
      const touched = new Set(await differing(selection));
      const strangers = await untrackedIn(copy, selection, git);
      return [...changed.filter((name) => touched.has(name)), ...strangers];
    },
    contains: (young, old) => isAncestor(git, old, young),
    losing: (to) => losing(git, mustBeSha(to)),
    free: (begunAt) => waitForIndex(copy, begunAt, clock, signal),
    capture: (name, selection) => captured(copy, name, selection, signal),
    restore: (name, kept, selection) => restored(copy, name, kept, selection, signal),
    async checkout({ sha, paths, exact }) {
      const overlay = exact ? '--no-overlay' : '--overlay';
      await git(['checkout', '--quiet', '--force', overlay, mustBeSha(sha), '--', ...paths]);
    },
    reset: async (sha) => {
      await git(['reset', '--quiet', '--hard', mustBeSha(sha), '--']);
    },
    unstage: async (paths) => {
      await git(['reset', '--quiet', 'HEAD', '--', ...paths]);
    },
    tag: async (name, sha, message) => {
      await git(['tag', '--annotate', '--message', message, '--', mustBeTag(name), mustBeSha(sha)]);
    },
    tagOwner: (name) => tagOwner(git, name),
  };
}

type Git = (args: readonly string[], flow?: Flow) => Promise<string>;

async function resolved(git: Git, name: string): Promise<string | null> {
  for (const ref of refsFor(name)) {
    const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`];
    const sha = await quietly(git(args));
    if (sha !== null && isSha(sha)) return sha;
  }
  return null;
}

async function tagOwner(git: Git, name: string): Promise<string | null> {
  const format = `--format=%(objectname) %(contents:trailers:key=${opTrailer},valueonly,separator=%x2C)`;
  const said = await git(['for-each-ref', format, `refs/tags/${mustBeTag(name)}`]);
  return said === '' ? null : said.split(' ').slice(1).join(' ').trim();
}

/** Where a name is looked for; nothing of git's own language for revisions ever gets here. */
function refsFor(name: string): readonly string[] {
  if (name === 'HEAD') return ['HEAD'];
  if (isSha(name)) return [name];
  if (branchProblem(name) !== null) return [];
  return [`refs/heads/${name}`, `refs/tags/${name}`, `refs/remotes/origin/${name}`];
}

async function filtered(git: Git, sha: string, paths: readonly string[]): Promise<readonly string[]> {
  const flow = { mostBytes: mostNames };
  const names = await git(
    ['ls-tree', '-r', '-z', '--name-only', mustBeSha(sha), '--', ...paths.map(bare)],
    flow,
  );
  if (names === '') return [];
  const source = Readable.from([Buffer.from(`${names.replace(/\0$/, '')}\0`, 'utf8')]);
  const said = await git(['check-attr', '-z', '--stdin', 'filter'], { ...flow, source });
  const parts = said.split('\0');
  return parts.filter(
    (_, index) => index % 3 === 0 && /^(?!unspecified|unset)./.test(parts[index + 2] ?? ''),
  );
}

async function losing(git: Git, to: string): Promise<{ commits: number; published: number }> {
  const count = async (args: readonly string[]): Promise<number> =>
    Number(await git(['rev-list', '--count', 'HEAD', '--not', to, ...args]));
  const commits = await count([]);
  if (commits === 0) return { commits, published: 0 };
  const remotes = namesIn((await git(['remote'])).replaceAll('\n', '\0'));
  if (remotes.length === 0) return { commits, published: 0 };
  // A remote of which nothing is known here may have all of them.
  if ((await git(['for-each-ref', '--count=1', 'refs/remotes'])) === '')
    return { commits, published: commits };
  return { commits, published: commits - (await count(['--remotes'])) };
}

async function isAncestor(git: Git, old: string, young: string): Promise<boolean> {
  const asked = git(['merge-base', '--is-ancestor', mustBeSha(old), mustBeSha(young)]);
  return (await quietly(asked)) !== null;
}

/** null where git says no by its exit code 1. */
async function quietly(asked: Promise<string>): Promise<string | null> {
  try {
    return await asked;
  } catch (error) {
    const isNo = error instanceof RollbackError && error.facts['status'] === 1;
    if (isNo && error.code === 'COMMAND_FAILED') return null;
    throw error;
  }
}

/** ls-tree tells a folder from what is in it by the slash. */
function bare(path: string): string {
  return path.replace(/\/+$/, '');
}

function namesIn(text: string): readonly string[] {
  return text.split('\0').filter((name) => name !== '');
}
