import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { RollbackError } from '../../domain/errors.ts';
import { fileFailure, hasCode } from '../files/failure.ts';
import { hostPath } from '../files/host-path.ts';
import { parentOf, startedAt, statusNow, statusOf } from './proc.ts';

/** One very process: its number alone may belong to another one a moment later. */
export interface NamedProcess {
  readonly pid: number;
  readonly startTicks: number;
}

/** A pid file is written when its process starts; clocks may be this far apart. */
const slackMs = 10_000;
const mostBytes = 4_096;

/**
 * The process that a pid file names; null where there is no file, or no such process any more.
 *
 * @param path as the host has it
 * @throws RollbackError `REFUSED` where the file names what must not be signalled: 1, this daemon or what started it, a
 * process that began after the file was written, or one of another user than the file; or where others may write it;
 * `ANSWER_INVALID`
 */
export async function processOfPidFile(path: string, hostRoot: string): Promise<NamedProcess | null> {
  const file = await readPid(path, hostRoot);
  if (file === null) return null;
  const { pid } = file;
  if (file.open) throw refused(path, 'others than its owner may write it');
  if (pid <= 1) throw refused(path, `it names process ${pid}`);
  if (await isOurs(pid)) throw refused(path, `process ${pid} is rollbackd, or what started it`);
  const status = await statusOf(pid);
  if (status === null || status.ended) return null;
  if ((await startedAt(status)) > file.writtenAt + slackMs)
    throw refused(
      path,
      `process ${pid} began after the file was written: the number belongs to another one now`,
    );
  const { uid } = await stat(`/proc/${pid}`).catch(() => ({ uid: null }));
  if (uid === null) return null;
  if (![0, process.getuid?.() ?? 0, uid].includes(file.uid))
    throw refused(path, `it belongs to user ${file.uid}, but process ${pid} to user ${uid}`);
  return { pid, startTicks: status.startTicks };
}

/** Whether this very process lives; one that only waits to be collected does not. */
export async function lives({ pid, startTicks }: NamedProcess): Promise<boolean> {
  const status = await statusOf(pid);
  return status !== null && !status.ended && status.startTicks === startTicks;
}

/**
 * Signals this very process. The number is compared with its start an instant before: Node.js has no pidfd.
 *
 * @returns false when it is gone
 */
export function signalProcess({ pid, startTicks }: NamedProcess, name: 'SIGTERM' | 'SIGKILL'): boolean {
  const now = statusNow(pid);
  if (now === null || now.ended || now.startTicks !== startTicks) return false;
  try {
    return process.kill(pid, name);
  } catch (cause) {
    if (hasCode(cause, 'ESRCH')) return false;
    const message = `process ${pid} cannot be signalled: the permission is missing; the daemon must run as root or as its user`;
    throw new RollbackError('REFUSED', message, { pid }, { cause });
  }
}

async function readPid(
  path: string,
  hostRoot: string,
): Promise<{
  readonly pid: number;
  readonly writtenAt: number;
  readonly uid: number;
  readonly open: boolean;
} | null> {
  try {
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const handle = await open(await hostPath(hostRoot, path), flags);
    try {
      const facts = await handle.stat();
      if (!facts.isFile()) throw refused(path, 'it is not a regular file');
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(mostBytes), 0, mostBytes, 0);
      const [first = ''] = buffer.toString('latin1', 0, bytesRead).split('\n');
      if (!/^\s*\d{1,10}\s*$/.test(first))
        throw new RollbackError('ANSWER_INVALID', `the pid file ${path} does not hold a process id`, {
          path,
        });
      const others = facts.gid === 0 ? 0o002 : 0o022;
      return {
        pid: Number(first),
        writtenAt: facts.mtimeMs,
        uid: facts.uid,
        // Of root, even a group that may write is somebody else.
        open: (facts.mode & (facts.uid === 0 ? others : 0o002)) !== 0,
      };
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return null;
    throw fileFailure('read the pid file', path, cause);
  }
}

async function isOurs(pid: number): Promise<boolean> {
  for (let one: number | null = process.pid; one !== null && one > 0; one = await parentOf(one))
    if (one === pid) return true;
  return false;
}

function refused(path: string, why: string): RollbackError {
  return new RollbackError('REFUSED', `the pid file ${path} is not followed: ${why}`, { path });
}
