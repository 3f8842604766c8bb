import { readFile } from 'node:fs/promises';
import { messageOf, RollbackError } from '../../domain/errors.ts';

/** The signals that tell a service to load itself again. */
export const reloadSignals = ['HUP', 'USR1', 'USR2', 'TERM'] as const;
export type ReloadSignal = (typeof reloadSignals)[number];

/**
 * Reads the process that a pid file names.
 *
 * Rejects with `NOT_FOUND` when the file or the process is missing, and `ANSWER_INVALID` when it holds no pid.
 */
export async function readPidFile(path: string): Promise<number> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new RollbackError(
      'NOT_FOUND',
      `cannot read the pid file ${path}: ${messageOf(cause)}`,
      { path },
      { cause },
    );
  });
  const pid = Number(text.trim());
  // 0 and negative numbers would signal whole groups, 1 the machine.
  if (!Number.isSafeInteger(pid) || pid <= 1)
    throw new RollbackError('ANSWER_INVALID', `the pid file ${path} does not hold a process id`, { path });
  signal(pid, 0, path);
  return pid;
}

/** Sends the signal to the process that the file names; rejects as `readPidFile`. */
export async function signalPidFile(path: string, name: ReloadSignal): Promise<number> {
  const pid = await readPidFile(path);
  signal(pid, `SIG${name}`, path);
  return pid;
}

function signal(pid: number, name: NodeJS.Signals | 0, path: string): void {
  try {
    process.kill(pid, name);
  } catch (cause) {
    const message = `cannot signal process ${pid} of ${path}: ${messageOf(cause)}`;
    throw new RollbackError('NOT_FOUND', message, { path, pid }, { cause });
  }
}
