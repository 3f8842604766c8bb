import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { effectRecords } from '../../src/clients/files/records.ts';
import { git as gitClient } from '../../src/clients/git/git.ts';
import { localCopies } from '../../src/clients/git/local-copy.ts';
import { SimulatedClock } from '../fakes/clock.ts';
import { aDirectory } from './a-directory.ts';

/** A working copy that an application runs from, and what a daemon needs to work in it. */
export interface WorkingCopyUnderTest {
  readonly path: string;
  readonly root: string;
  readonly stateDir: string;
  readonly clock: SimulatedClock;
  /** Parts of drivers, as a daemon that was just started has them. */
  parts(): ReturnType<typeof partsOf>;
  /** Any command of git by the people who own it. */
  git(...args: string[]): string;
  write(files: Readonly<Record<string, string>>): void;
  /** Somebody commits these files. @returns the commit */
  commit(message: string, files: Readonly<Record<string, string>>): string;
  read(name: string): string;
  /** `git status`, every file. */
  status(): string[];
}

export function aWorkingCopy(): WorkingCopyUnderTest {
  const root = aDirectory();
  const path = join(root, 'mdm');
  const stateDir = aDirectory();
  const clock = new SimulatedClock();
  mkdirSync(path);
  const git = (...args: string[]): string => run(path, args);
  git('init', '-q', '--initial-branch=main');
  const write = (files: Readonly<Record<string, string>>): void => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(path, name)), { recursive: true });
      writeFileSync(join(path, name), text);
    }
  };
  return {
    path,
    root,
    stateDir,
    clock,
    parts: () => partsOf({ root, stateDir, clock }),
    git,
    write,
    commit(message, files) {
      write(files);
      git('add', '--all');
      git('commit', '-q', '--allow-empty', '-m', message);
      return git('rev-parse', 'HEAD');
    },
    read: (name) => readFileSync(join(path, name), 'utf8'),
    status: () => git('status', '--porcelain', '--untracked-files=all').split('\n').filter(Boolean),
  };
}

/** Lets time pass until it is over, however much of it happens in other processes. */
export async function whileTimePasses<T>(clock: SimulatedClock, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const ended = (): void => over.abort();
  work.then(ended, ended);
  while (!over.signal.aborted) {
    await clock.advance(100);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return work;
}

function partsOf({ root, stateDir, clock }: { root: string; stateDir: string; clock: SimulatedClock }) {
  return {
    copies: localCopies({ files: { hostRoot: '/', roots: [root] }, stateDir, clock }),
    git: gitClient({ stateDir, protocols: ['file'], environment: process.env }),
    records: effectRecords(stateDir, clock),
    clock,
  };
}

function run(directory: string, args: readonly string[]): string {
  const env = {
    PATH: process.env['PATH'],
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'dev',
    GIT_AUTHOR_EMAIL: 'dev@example.org',
    GIT_COMMITTER_NAME: 'dev',
    GIT_COMMITTER_EMAIL: 'dev@example.org',
  };
  return execFileSync('git', args, { cwd: directory, env, encoding: 'utf8', stdio: 'pipe' }).trimEnd();
}
