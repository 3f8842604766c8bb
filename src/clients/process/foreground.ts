import { spawn } from 'node:child_process';
import { RollbackError } from '../../domain/errors.ts';
import type { Variables } from '../../domain/variables.ts';

/** A program that its caller runs as itself and looks at. */
export interface Foreground {
  /** Absolute path. It gets no arguments, and never a shell. */
  readonly path: string;
  readonly environment: Variables;
  /** Its standard output goes to the caller's standard error, where standard output is for something else. */
  readonly apart: boolean;
}

/**
 * Runs a program in the caller's own process group, its output passed through as it is; resolves to null when it ended
 * well, else to how it ended, e.g. `exited with 3`. Once the signal aborts it gets a SIGTERM, and its end is waited for.
 *
 * @throws RollbackError `REFUSED` when it cannot be started
 */
export async function runInForeground(
  { path, environment, apart }: Foreground,
  signal: AbortSignal,
): Promise<string | null> {
  const child = spawn(path, [], {
    env: { ...environment },
    stdio: ['ignore', apart ? 2 : 'inherit', 'inherit'],
  });
  const end = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', end, { once: true });
  try {
    return await new Promise<string | null>((resolve, reject) => {
      child.once('error', (cause) =>
        reject(
          new RollbackError('REFUSED', `${path} could not be started: ${cause.message}`, { path }, { cause }),
        ),
      );
      child.once('close', (code, by) => {
        if (code === 0) resolve(null);
        else resolve(code === null ? `was ended by ${by ?? 'a signal'}` : `exited with ${code}`);
      });
      if (signal.aborted) end();
    });
  } finally {
    signal.removeEventListener('abort', end);
  }
}
