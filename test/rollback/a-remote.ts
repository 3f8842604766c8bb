import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { aDirectory } from './a-directory.ts';

/** A bare repository and a developer who pushes to it. */
export interface RemoteUnderTest {
  readonly url: string;
  /** Writes the files, commits them, and pushes. @returns the commit */
  commit(message: string, files: Readonly<Record<string, string>>): string;
  /** Merges a branch that has one commit of its own, and pushes. @returns the merge */
  merge(files: Readonly<Record<string, string>>): string;
  head(): string;
  /** A file of the branch at the remote, or null. */
  file(path: string): string | null;
  tags(): string[];
  /** Any command of git in the remote. */
  git(...args: string[]): string;
  /** Any command of git by the developer. */
  develop(...args: string[]): string;
}

export function aRemote(): RemoteUnderTest {
  const home = aDirectory();
  const url = join(home, 'shop.git');
  const work = join(home, 'work');
  run(home, 'init', '-q', '--bare', '--initial-branch=main', url);
  run(home, 'clone', '-q', url, work);
  run(work, 'switch', '-q', '-c', 'main');
  const commit = (message: string, files: Readonly<Record<string, string>>): string => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(work, path)), { recursive: true });
      writeFileSync(join(work, path), text);
    }
    run(work, 'add', '-A');
    run(work, 'commit', '-q', '--allow-empty', '-m', message);
    run(work, 'push', '-q', 'origin', 'HEAD:main');
    return run(work, 'rev-parse', 'HEAD');
  };
  return {
    url,
    commit,
    merge(files) {
      run(work, 'switch', '-q', '-c', 'feature');
      for (const [path, text] of Object.entries(files)) writeFileSync(join(work, path), text);
      run(work, 'add', '-A');
      run(work, 'commit', '-q', '-m', 'feature');
      run(work, 'switch', '-q', 'main');
      run(work, 'merge', '-q', '--no-ff', '-m', 'merge feature', 'feature');
      run(work, 'push', '-q', 'origin', 'main');
      return run(work, 'rev-parse', 'HEAD');
    },
    head: () => run(url, 'rev-parse', 'main'),
    file: (path) => {
      const there = run(url, 'ls-tree', '-r', '--name-only', 'main').split('\n').includes(path);
      return there ? run(url, 'show', `main:${path}`) : null;
    },
    tags: () => run(url, 'tag', '--list').split('\n').filter(Boolean),
    git: (...args) => run(url, ...args),
    develop: (...args) => run(work, ...args),
  };
}

function run(directory: string, ...args: string[]): string {
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
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}
