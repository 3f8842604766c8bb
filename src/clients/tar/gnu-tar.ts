import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { messageOf, RollbackError } from '../../domain/errors.ts';

/** A name in a folder, as the file system has it and as people know it. */
export interface TreeAt {
  /** Path of the folder; a held one by its descriptor, so that nobody can put a link in its way. */
  readonly folder: string;
  /** A file or folder in it. */
  readonly name: string;
  /** Path of the name as the host has it, for messages. */
  readonly shown: string;
}

/** Everything that a file has beside its content; holes stay holes. Owners are numbers: the host's names are not ours. */
const kept = ['--sparse', '--numeric-owner', '--acls', '--xattrs', '--xattrs-include=*'];
const environment = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' };
/** What is kept of what it says. */
const mostComplaint = 4_000;

/**
 * Writes a tree as a POSIX tar archive into a sink, and ends it once all was copied well. Links are stored as links.
 *
 * @throws RollbackError `COMMAND_FAILED` when something cannot be read or changes while it is, `NOT_FOUND` without GNU
 * tar, `ABORTED`
 */
export async function packTree(tree: TreeAt, sink: Writable, signal: AbortSignal): Promise<void> {
  const run = ['--create', '--file=-', '--format=posix', ...kept, `--directory=${tree.folder}`];
  await withTar(
    [...run, '--', tree.name],
    `copy ${tree.shown}`,
    async (tar, ended) => {
      tar.stdin.end();
      await pipeline(tar.stdout, sink, { signal, end: false });
      await ended;
      sink.end();
    },
    signal,
  );
}

/**
 * Unpacks an archive, or one member of it with all beneath, into a folder. Names that lead out of the folder are refused
 * by tar itself.
 *
 * @param member its path in the archive; its last name comes to stand in the folder; null: all
 * @throws RollbackError as `packTree`; what was unpacked till then stays
 */
export async function unpackInto(
  {
    folder,
    shown,
    member,
  }: { readonly folder: string; readonly shown: string; readonly member: string | null },
  source: Readable,
  signal: AbortSignal,
): Promise<void> {
  const above = member === null ? 0 : member.split('/').length - 1;
  const run = ['--extract', '--file=-', '--preserve-permissions', '--delay-directory-restore', ...kept];
  const which = member === null ? [] : [`--strip-components=${above}`, '--', member];
  await withTar(
    [...run, `--directory=${folder}`, ...which],
    `restore ${shown}`,
    async (tar, ended) => {
      tar.stdout.resume();
      await feed(source, tar.stdin);
      await ended;
    },
    signal,
  );
}

/** tar may stop reading behind the end of the archive; the source is read to its own end, where it says if it is whole. */
async function feed(source: Readable, stdin: Writable): Promise<void> {
  stdin.on('error', () => {});
  for await (const chunk of source as AsyncIterable<Buffer>) {
    if (stdin.destroyed || stdin.write(chunk)) continue;
    const { promise, resolve } = Promise.withResolvers<void>();
    stdin.once('drain', resolve).once('close', resolve);
    if (!stdin.destroyed) await promise;
    stdin.off('drain', resolve).off('close', resolve);
  }
  stdin.end();
}

type Tar = ChildProcessByStdio<Writable, Readable, Readable>;

async function withTar(
  args: readonly string[],
  tried: string,
  work: (tar: Tar, ended: Promise<void>) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) throw aborted(tried);
  const tar = spawn('tar', args, { env: environment, stdio: ['pipe', 'pipe', 'pipe'] });
  let complaint = '';
  tar.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString('utf8')).slice(0, mostComplaint);
  });
  const ended = endOf(tar, tried, () => complaint);
  const working = work(tar, ended);
  try {
    await Promise.all([ended, working]);
  } catch (error) {
    tar.kill('SIGKILL');
    // What tar said explains a broken pipe; the pipe explains nothing.
    const cause = await ended.then(
      () => error,
      (said: unknown) => (isKilled(said) ? error : said),
    );
    await working.catch(() => {});
    if (signal.aborted) throw aborted(tried);
    throw cause;
  }
}

function endOf(tar: Tar, tried: string, complaint: () => string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  tar.once('error', (cause) =>
    reject(
      new RollbackError(
        'NOT_FOUND',
        `could not ${tried}: GNU tar cannot be started (${messageOf(cause)}); install it beside rollbackd`,
        {},
        { cause },
      ),
    ),
  );
  tar.once('close', (code, ending) => {
    if (code === 0) return resolve();
    const said = linesOf(complaint());
    const killed = code === null;
    const changed = code === 1 && /changed as we read it|file removed before we read it/.test(said);
    const why = changed ? `${said}; quiesce or stop what writes there, then try again` : said;
    reject(
      new RollbackError(
        'COMMAND_FAILED',
        `could not ${tried}: tar ended with ${killed ? ending : code}${why === '' ? '' : `: ${why}`}`,
        { killed },
      ),
    );
  });
  promise.catch(() => {});
  return promise;
}

function isKilled(error: unknown): boolean {
  return error instanceof RollbackError && error.facts['killed'] === true;
}

function linesOf(complaint: string): string {
  const lines = complaint
    .split('\n')
    .map((line) => line.replace(/^tar: /, '').trim())
    .filter((line) => line !== '' && !/^(Exiting with failure|Error is not recoverable)/.test(line));
  return lines.slice(0, 3).join('; ');
}

function aborted(tried: string): RollbackError {
  return new RollbackError('ABORTED', `interrupted: could not ${tried}`);
}
