import { chown, mkdir, mkdtemp } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Writable } from 'node:stream';
import { RollbackError } from '../../domain/errors.ts';
import { holdFolder } from '../files/held-folder.ts';
import { removeTree } from '../files/remove-tree.ts';
import { gitIn, type WorkingCopy } from './copy-git.ts';
import { untrustedProblem, type OwnedCopy } from './own-copy.ts';

/** Where a working copy stands. */
export interface WorkState {
  readonly commit: string;
  /** null: no branch is checked out. */
  readonly branch: string | null;
  /** Files of the commit. */
  readonly tracked: number;
  /** Files that differ from it: changed, deleted, or new and not ignored. */
  readonly uncommitted: number;
}

/** Why it is no working copy that git may look at; null when it is one. */
export async function workingCopyProblem(copy: OwnedCopy, signal: AbortSignal): Promise<string | null> {
  const untrusted = await untrustedProblem(copy, signal);
  if (untrusted !== null) return untrusted;
  const head = await gitIn(copy, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'], signal).catch(
    (error: unknown) => {
      if (error instanceof RollbackError && error.code === 'COMMAND_FAILED' && error.facts['status'] === 1)
        return '';
      throw error;
    },
  );
  return head === '' ? `${copy.shown} has no commit yet` : null;
}

/** Where every user of the host has room. */
const everybodys = '/tmp';
const removalMs = 60_000;

/**
 * Looks at a working copy, and hands on what differs from its commit as a binary patch: what is staged, what is not, and
 * new files that are not ignored, as they were at one moment.
 *
 * @throws RollbackError `COMMAND_FAILED`, `NOT_FOUND` without git, `ABORTED`
 */
export async function captureWork(
  copy: WorkingCopy,
  began: (state: WorkState) => Writable,
  signal: AbortSignal,
): Promise<WorkState> {
  const isOurs = copy.owner.uid === process.getuid?.();
  // Nobody else can reach into the daemon's own folder.
  const base = isOurs ? copy.stateDir : everybodys;
  const own = await mkdtemp(join(base, 'rollbackd-work-'));
  try {
    const { uid, gid } = copy.owner;
    await mkdir(join(own, 'objects'));
    for (const folder of [join(own, 'objects'), own]) await chown(folder, uid, gid);
    const env = {
      GIT_INDEX_FILE: join(own, 'index'),
      GIT_OBJECT_DIRECTORY: join(own, 'objects'),
      GIT_ALTERNATE_OBJECT_DIRECTORIES: '.git/objects',
    };
    const commit = await gitIn(copy, ['rev-parse', '--verify', 'HEAD^{commit}'], signal);
    const branch = await gitIn(copy, ['branch', '--show-current'], signal);
    await gitIn(copy, ['read-tree', commit], signal, { env });
    await gitIn(copy, ['add', '--all'], signal, { env });
    const tree = await gitIn(copy, ['write-tree'], signal, { env });
    const counted = await gitIn(copy, ['ls-tree', '-r', '-z', '--name-only', commit], signal, {
      env,
      count: true,
    });
    const differs = ['diff-tree', '-r', '-z', '--no-renames', '--name-only', commit, tree];
    const state = {
      commit,
      branch: branch === '' ? null : branch,
      tracked: Number(counted),
      uncommitted: Number(await gitIn(copy, differs, signal, { env, count: true })),
    };
    const patch = [
      'diff-tree',
      '-r',
      '-p',
      '--binary',
      '--full-index',
      '--no-ext-diff',
      '--no-textconv',
      '--no-renames',
    ];
    await gitIn(copy, [...patch, commit, tree], signal, { env, sink: began(state) });
    return state;
  } finally {
    // It is not the daemon's alone: nothing in it is followed.
    await using held = await holdFolder(base, { hostRoot: '/', roots: [base] });
    await removeTree(held, basename(own), AbortSignal.timeout(removalMs));
  }
}

/**
 * Makes a working copy, which must be nobody's yet, stand as another did: its commit, its branch, and its work on top.
 * What is ignored stays as it is.
 */
export async function replayWork(
  copy: WorkingCopy,
  { commit, branch }: Pick<WorkState, 'commit' | 'branch'>,
  patch: AsyncIterator<Buffer>,
  signal: AbortSignal,
): Promise<void> {
  const onto = branch === null ? ['--detach', commit] : ['-B', branch, commit];
  await gitIn(copy, ['checkout', '--quiet', '--force', '--no-track', ...onto], signal);
  await gitIn(copy, ['clean', '--quiet', '-d', '--force'], signal);
  const first = await firstOf(patch);
  if (first === null) return;
  const apply = ['apply', '--binary', '--whitespace=nowarn', '-'];
  await gitIn(copy, apply, signal, { source: joined(first, patch) });
}

/** null: there is nothing in it. */
async function firstOf(patch: AsyncIterator<Buffer>): Promise<Buffer | null> {
  for (;;) {
    const next = await patch.next();
    if (next.done === true) return null;
    if (next.value.length > 0) return next.value;
  }
}

async function* joined(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  for (;;) {
    const next = await rest.next();
    if (next.done === true) return;
    yield next.value;
  }
}
