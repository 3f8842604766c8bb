import type { HttpClient } from '../../clients/http.ts';
import { readPidFile, signalPidFile } from '../../clients/process/pid-file.ts';
import { tailOf, type Processes } from '../../clients/process/runner.ts';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import { sleep, type Clock } from '../../domain/ports/clock.ts';
import { asShell } from '../drivers/shell-text.ts';
import { msOf } from '../drivers/duration-option.ts';
import type { Move } from './move.ts';
import type { Restart } from './options.ts';

/** What moving a link needs of the world. */
export interface LinkParts {
  readonly processes: Processes;
  readonly clock: Clock;
  readonly http: HttpClient;
}

const askEveryMs = 500;
const askTimeoutMs = 2_000;

/** Why the restart cannot work, known before anything changes; null if it can. */
export async function restartProblem(restart: Restart, processes: Processes): Promise<string | null> {
  try {
    if (restart === 'none') return null;
    if ('run' in restart) await processes.find(restart.run[0] ?? '');
    if ('pid_file' in restart) await readPidFile(restart.pid_file);
    return null;
  } catch (error) {
    return `cannot restart: ${messageOf(error)}`;
  }
}

/** Makes the service run what the link leads to. Resolves to what went wrong, or null; rejects only when stopping. */
export async function restartService(
  move: Move,
  parts: LinkParts,
  signal: AbortSignal,
): Promise<string | null> {
  const { restart } = move.options;
  try {
    if (restart === 'none') return null;
    if ('pid_file' in restart) {
      await signalPidFile(restart.pid_file, restart.signal);
      return null;
    }
    const { step, opId, to } = move;
    const env = { ROLLBACKD_TARGET: step.target.name, ROLLBACKD_LINK: move.link, ROLLBACKD_DIRECTORY: to };
    const result = await parts.processes.run(
      { run: restart.run, opId, env, deadlineMs: step.deadlineMs },
      signal,
    );
    if (result.exitCode === 0) return null;
    const how = result.exitCode === null ? `was ended by ${result.signal}` : `ended with ${result.exitCode}`;
    return `the restart ${asShell(restart.run)} ${how}: ${tailOf(result.output) || 'it printed nothing'}`;
  } catch (error) {
    if (error instanceof RollbackError && error.code === 'ABORTED') throw error;
    return `the restart did not work: ${messageOf(error)}`;
  }
}

/** Waits until the service answers. Resolves to what was seen last, or null once it is healthy. */
export async function unhealthy(move: Move, parts: LinkParts, signal: AbortSignal): Promise<string | null> {
  const { healthy } = move.options;
  if (healthy === undefined) return null;
  const until = parts.clock.now() + msOf(healthy.within);
  let seen = '';
  while (!signal.aborted) {
    seen = await ask(healthy.url, parts, signal);
    if (seen === '') return null;
    if (parts.clock.now() >= until) return `not healthy within ${healthy.within}: ${seen}`;
    await sleep(parts.clock, askEveryMs, signal);
  }
  throw new RollbackError('ABORTED', `stopped waiting for ${healthy.url}; the link is switched`);
}

async function ask(url: string, parts: LinkParts, signal: AbortSignal): Promise<string> {
  try {
    const request = { method: 'GET', url, timeoutMs: askTimeoutMs, maxBytes: 64 * 1024, signal };
    const { status } = await parts.http.request(request);
    return status >= 200 && status < 300 ? '' : `${url} answered ${status}`;
  } catch (error) {
    return messageOf(error);
  }
}

/** The restart as a person would do it. */
export function restartByHand(restart: Restart): string[] {
  if (restart === 'none') return [];
  if ('run' in restart) return [asShell(restart.run)];
  return [`kill -${restart.signal} "$(cat ${asShell([restart.pid_file])})"`];
}
