import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { aDirectory } from './a-directory.ts';

/** A bare repository, and developers who push to it. */
export interface RemoteUnderTest {
  readonly url: string;
  /** Somebody pushes a commit with these files. @returns the commit */
  commit(message: string, files: Readonly<Record<string, string>>): string;
  /** Somebody merges a branch that has one commit of its own, and pushes. @returns the merge */
  merge(files: Readonly<Record<string, string>>): string;
  head(): string;
  /** A file of the branch at the remote, or null. */
  file(path: string): string | null;
  tags(): string[];
  /** Any command of git in the remote. */
  git(...args: string[]): string;
  /** Any command of git by a developer, who clones the repository with the first one. */
  develop(...args: string[]): string;
}

export function aRemote(): RemoteUnderTest {
  const home = aDirectory();
  const url = join(home, 'shop.git');
  run(home, ['init', '-q', '--bare', '--initial-branch=main', url]);
  let work: string | null = null;
  const head = (): string => run(url, ['rev-parse', 'main']);
  return {
    url,
    // Written into the repository by a single command: a clone, a commit and a push are twenty.
    commit: (message, files) => {
      const parents = existsSync(join(url, 'refs/heads/main')) ? [main] : [];
      run(
        url,
        ['fast-import', '--quiet', '--date-format=now'],
        commitOf({ ref: main, parents, message, files }),
      );
      return head();
    },
    merge: (files) => {
      const feature = 'refs/feature';
      const stream = [
        commitOf({ ref: feature, parents: [main], message: 'feature', files }),
        commitOf({ ref: main, parents: [main, feature], message: 'merge feature', files }),
      ];
      run(url, ['fast-import', '--quiet', '--date-format=now'], stream.join(''));
      run(url, ['update-ref', '-d', feature]);
      return head();
    },
    head,
    file: (path) => {
      const there = run(url, ['ls-tree', '-r', '--name-only', 'main']).split('\n').includes(path);
      return there ? run(url, ['show', `main:${path}`]) : null;
    },
    tags: () => run(url, ['tag', '--list']).split('\n').filter(Boolean),
    git: (...args) => run(url, args),
    develop: (...args) => {
      if (work === null) run(home, ['clone', '-q', url, (work = join(home, 'work'))]);
      return run(work, args);
    },
  };
}

const main = 'refs/heads/main';

interface Imported {
  readonly ref: string;
  /** Refs; the first is the one that the files are changed against. */
  readonly parents: readonly string[];
  readonly message: string;
  readonly files: Readonly<Record<string, string>>;
}

/** A commit in the language of `git fast-import`. */
function commitOf({ ref, parents: [first, second], message, files }: Imported): string {
  const lines = [`commit ${ref}`, 'committer dev <dev@example.org> now', dataOf(`${message}\n`)];
  if (first !== undefined) lines.push(`from ${first}^0`);
  if (second !== undefined) lines.push(`merge ${second}`);
  for (const [path, text] of Object.entries(files)) lines.push(`M 100644 inline ${path}`, dataOf(text));
  return `${lines.join('\n')}\n`;
}

function dataOf(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}`;
}

function run(directory: string, args: readonly string[], input?: string): string {
  const env = {
    PATH: process.env['PATH'],
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'dev',
    GIT_AUTHOR_EMAIL: 'dev@example.org',
    GIT_COMMITTER_NAME: 'dev',
    GIT_COMMITTER_EMAIL: 'dev@example.org',
  };
  return execFileSync('git', args, {
    cwd: directory,
    env,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'ignore'],
    input,
  }).trim();
}
