import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { messageOf, RollbackError } from '../../domain/errors.ts';

/** A checked-out repository of somebody else's, which is looked at and never changed but where it is said. */
export interface WorkingCopy {
  /** Its folder; a held one by its descriptor. */
  readonly folder: string;
  /** As the host has it, for messages. */
  readonly shown: string;
  /** For what git writes on the way; nothing goes into the repository itself. */
  readonly stateDir: string;
}

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

/** Why it is no working copy that can be looked at; null when it is one. */
export async function workingCopyProblem(copy: WorkingCopy, signal: AbortSignal): Promise<string | null> {
  const own = await stat(join(copy.folder, '.git')).catch(() => null);
  if (own === null) return `${copy.shown} is no working copy: there is no .git in it`;
  if (!own.isDirectory()) return `${copy.shown} is a linked worktree or submodule; name its main repository`;
  const head = await git(copy, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'], signal).catch(
    (error: unknown) => {
      if (error instanceof RollbackError && error.code === 'COMMAND_FAILED' && error.facts['status'] === 1)
        return '';
      throw error;
    },
  );
  return head === '' ? `${copy.shown} has no commit yet` : null;
}

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
  const own = await mkdtemp(join(copy.stateDir, 'work-'));
  try {
    await mkdir(join(own, 'objects'));
    const objects = await git(copy, ['rev-parse', '--path-format=absolute', '--git-path', 'objects'], signal);
    const env = {
      GIT_INDEX_FILE: join(own, 'index'),
      GIT_OBJECT_DIRECTORY: join(own, 'objects'),
      GIT_ALTERNATE_OBJECT_DIRECTORIES: JSON.stringify(objects),
    };
    const commit = await git(copy, ['rev-parse', '--verify', 'HEAD^{commit}'], signal);
    const branch = await git(copy, ['branch', '--show-current'], signal);
    await git(copy, ['read-tree', commit], signal, { env });
    await git(copy, ['add', '--all'], signal, { env });
    const tree = await git(copy, ['write-tree'], signal, { env });
    const counted = await git(copy, ['ls-tree', '-r', '-z', '--name-only', commit], signal, {
      env,
      count: true,
    });
    const differs = ['diff-tree', '-r', '-z', '--no-renames', '--name-only', commit, tree];
    const state = {
      commit,
      branch: branch === '' ? null : branch,
      tracked: Number(counted),
      uncommitted: Number(await git(copy, differs, signal, { env, count: true })),
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
    await git(copy, [...patch, commit, tree], signal, { env, sink: began(state) });
    return state;
  } finally {
    await rm(own, { recursive: true, force: true });
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
  await git(copy, ['checkout', '--quiet', '--force', '--no-track', ...onto], signal);
  await git(copy, ['clean', '--quiet', '-d', '--force'], signal);
  const first = await firstOf(patch);
  if (first === null) return;
  const apply = ['apply', '--binary', '--whitespace=nowarn', '-'];
  await git(copy, apply, signal, { source: joined(first, patch) });
}

interface Flow {
  readonly env?: Readonly<Record<string, string>>;
  readonly sink?: Writable;
  readonly source?: AsyncIterable<Buffer>;
  /** Answers with how many NUL-terminated names were printed. */
  readonly count?: boolean;
}

/** No configuration but the repository's own, none of its hooks or monitors, nobody is asked. */
const settings = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'safe.directory=*',
  'core.autocrlf=false',
];
const environment = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  LC_ALL: 'C',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_OPTIONAL_LOCKS: '0',
};
const mostText = 64 * 1024;

async function git(
  copy: WorkingCopy,
  args: readonly string[],
  signal: AbortSignal,
  flow: Flow = {},
): Promise<string> {
  if (signal.aborted) throw aborted(copy);
  const given = settings.flatMap((setting) => ['-c', setting]);
  const child = spawn('git', [...given, '-C', copy.folder, ...args], {
    env: { ...environment, ...flow.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGKILL',
  });
  let complaint = '';
  child.stderr.on(
    'data',
    (chunk: Buffer) => (complaint = (complaint + chunk.toString('utf8')).slice(0, 4_000)),
  );
  const ended = Promise.withResolvers<void>();
  child.once('error', (cause) => {
    if (signal.aborted) ended.reject(aborted(copy));
    else
      ended.reject(
        new RollbackError('NOT_FOUND', `git cannot be started: ${messageOf(cause)}`, {}, { cause }),
      );
  });
  child.once('close', (status, ending) => {
    if (status === 0) return ended.resolve();
    const said = complaint.trim().split('\n')[0] ?? '';
    const how = `git ${args[0] ?? ''} in ${copy.shown} ended with ${status ?? ending}`;
    ended.reject(new RollbackError('COMMAND_FAILED', `${how}${said === '' ? '' : `: ${said}`}`, { status }));
  });
  ended.promise.catch(() => {});
  const fed = flow.source === undefined ? Promise.resolve() : pipeline(flow.source, child.stdin);
  if (flow.source === undefined) child.stdin.end();
  const read =
    flow.sink === undefined ? textOf(child.stdout, flow.count === true) : into(child.stdout, flow.sink);
  try {
    // Whoever ends early closes its pipes; its own words say more than that.
    const [, , text] = await Promise.all([ended.promise, fed.catch(() => ended.promise), read]);
    return text;
  } catch (error) {
    child.kill('SIGKILL');
    if (signal.aborted) throw aborted(copy);
    throw error;
  }
}

async function textOf(stdout: Readable, count: boolean): Promise<string> {
  let text = '';
  let names = 0;
  for await (const chunk of stdout as AsyncIterable<Buffer>) {
    if (!count) text = (text + chunk.toString('utf8')).slice(0, mostText);
    else for (const byte of chunk) if (byte === 0) names += 1;
  }
  return count ? String(names) : text.trimEnd();
}

async function into(stdout: Readable, sink: Writable): Promise<string> {
  await pipeline(stdout, sink, { end: false });
  return '';
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

function aborted({ shown }: WorkingCopy): RollbackError {
  return new RollbackError('ABORTED', `interrupted while looking at ${shown}`);
}
