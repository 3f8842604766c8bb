import { spawn } from 'node:child_process';
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
  /** git runs as them, and what it writes is theirs. */
  readonly owner: { readonly uid: number; readonly gid: number };
}

/** What flows through one call of git. */
export interface Flow {
  readonly env?: Readonly<Record<string, string>>;
  readonly sink?: Writable;
  readonly source?: AsyncIterable<Buffer>;
  /** Answers with how many NUL-terminated names were printed. */
  readonly count?: boolean;
  /** More text than this is an error; 64 KiB, after which it is cut, where it is missing. */
  readonly mostBytes?: number;
}

const environment = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  LC_ALL: 'C',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_LITERAL_PATHSPECS: '1',
  GIT_ALLOW_PROTOCOL: '',
  GIT_OPTIONAL_LOCKS: '0',
};
/**
 * No configuration but the repository's own, none of its hooks or monitors, and nobody is asked; also where it could
 * still say something, once what it may hold was checked.
 */
const settings = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'safe.directory=*',
  'core.autocrlf=false',
  'core.attributesFile=/dev/null',
  'core.excludesFile=/dev/null',
  'core.sshCommand=false',
  'core.editor=false',
  'core.askPass=false',
  'core.untrackedCache=false',
  'protocol.allow=never',
  'credential.helper=',
  'submodule.recurse=false',
  'diff.ignoreSubmodules=all',
  'gc.auto=0',
  'maintenance.auto=false',
  'tag.gpgSign=false',
  'core.fsync=all',
  'core.quotePath=false',
  'user.name=rollbackd',
  'user.email=rollbackd@localhost',
];
const mostText = 64 * 1024;

/**
 * Runs git in a working copy.
 *
 * @throws RollbackError `COMMAND_FAILED` with its exit code as `status`, `NOT_FOUND` without git, `ABORTED`
 */
export async function gitIn(
  copy: WorkingCopy,
  args: readonly string[],
  signal: AbortSignal,
  flow: Flow = {},
): Promise<string> {
  if (signal.aborted) throw aborted(copy);
  const { owner } = copy;
  const given = settings.flatMap((setting) => ['-c', setting]);
  const child = spawn('git', [...given, ...args], {
    // Not by `-C`: whoever git runs as may not look into the daemon's own descriptors.
    cwd: copy.folder,
    // Named, so that one that is broken never makes git look for another one above it.
    env: { ...environment, GIT_DIR: '.git', ...flow.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGKILL',
    ...(owner.uid === process.getuid?.() ? {} : owner),
  });
  let complaint = '';
  const { stdin, stdout, stderr } = child;
  stderr.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString('utf8')).slice(0, 4_000)));
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
  const fed = flow.source === undefined ? Promise.resolve() : pipeline(flow.source, stdin);
  if (flow.source === undefined) stdin.end();
  const read = flow.sink === undefined ? textOf(stdout, copy, flow) : into(stdout, flow.sink);
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

async function textOf(stdout: Readable, { shown }: WorkingCopy, { count, mostBytes }: Flow): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let names = 0;
  for await (const chunk of stdout as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (count === true) for (const byte of chunk) names += byte === 0 ? 1 : 0;
    else if (bytes <= (mostBytes ?? mostText)) chunks.push(chunk);
    else if (mostBytes !== undefined)
      throw new RollbackError('ANSWER_TOO_LARGE', `git said more than ${mostBytes} bytes of ${shown}`);
  }
  return count === true ? String(names) : Buffer.concat(chunks).toString('utf8').trimEnd();
}

async function into(stdout: Readable, sink: Writable): Promise<string> {
  await pipeline(stdout, sink, { end: false });
  return '';
}

function aborted({ shown }: WorkingCopy): RollbackError {
  return new RollbackError('ABORTED', `interrupted while looking at ${shown}`);
}
