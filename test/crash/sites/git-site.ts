import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Act } from '../act.ts';
import type { Site } from './site.ts';

/** A bare repository on this disk; a release is a commit of its branch. What was done to it stands in its history. */
export function gitSite(folder: string): Site {
  const remote = join(folder, 'shop.git');
  const work = join(folder, 'work');
  git(folder, 'init', '-q', '--bare', '--initial-branch=main', remote);
  git(folder, 'clone', '-q', remote, work);
  git(work, 'switch', '-q', '-c', 'main');
  mkdirSync(join(work, 'shop'));
  const lines = (...args: string[]): string[] =>
    git(remote, ...args)
      .split('\n')
      .filter((line) => line !== '');
  const released = (release: 1 | 2): string => git(remote, 'rev-parse', `:/^release ${release}`);
  return {
    name: 'shop',
    target: { repository: { url: `file://${remote}`, branch: 'main' } },
    settings: { git_protocols: ['file'] },
    deploy: async (release) => {
      for (const part of ['price', 'stock']) {
        writeFileSync(join(work, 'shop', part), `${part} of release ${release}\n`);
        git(work, 'add', '-A');
        git(work, 'commit', '-q', '-m', part === 'stock' ? `release ${release}` : `${part} of ${release}`);
      }
      git(work, 'push', '-q', 'origin', 'main');
    },
    serves: async () => {
      const tree = git(remote, 'rev-parse', 'main^{tree}');
      return (
        ([1, 2] as const).find(
          (release) => git(remote, 'rev-parse', `${released(release)}^{tree}`) === tree,
        ) ?? null
      );
    },
    reset: async () => {},
    acts: async () => {
      const trailer = '%(trailers:key=Rollbackd-Op,valueonly,separator=%x20)';
      const commits = lines('log', `--format=${trailer}`, `${released(2)}..main`);
      const tags = lines(
        'for-each-ref',
        '--format=%(contents:trailers:key=Rollbackd-Op,valueonly)',
        'refs/tags',
      );
      return [...commits.map(actOf('commit')), ...tags.map(actOf('tag'))];
    },
  };
}

function actOf(act: string): (opId: string) => Act {
  return (opId) => ({ step: 'git', act, opId: opId.trim() });
}

function git(directory: string, ...args: string[]): string {
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
