import { formatProblems } from '../config/format-problems.ts';
import { messageOf } from '../domain/errors.ts';
import { SECOND } from '../domain/time.ts';
import { startApp } from './app.ts';
import { counted } from './counted.ts';
import type { Surroundings } from './connections.ts';
import { load } from './load.ts';
import { systemLog } from './log.ts';

export interface StartOptions extends Surroundings {
  readonly path: string;
  readonly version: string;
  readonly err: (line: string) => void;
  /** Aborts when the daemon is asked to stop. */
  readonly signal: AbortSignal;
  readonly onHangup: (call: () => void) => void;
  readonly whenCutShort: (describe: () => string) => void;
}

/** How long a running step may take to end after SIGTERM; the next start looks into the rest. */
const graceMs = 20 * SECOND;

/**
 * Runs the daemon until it is asked to stop, or cannot go on.
 *
 * @returns 0 after a stop that was asked for, else 1
 */
export async function startDaemon(options: StartOptions): Promise<number> {
  const { path, err, signal, environment, clock } = options;
  const loaded = await load(path, options);
  if (!loaded.ok) {
    err(formatProblems(loaded.problems));
    err(`${path}: ${counted(loaded.problems.length, 'problem')}; nothing was started`);
    return 1;
  }
  const { configuration } = loaded;
  const log = systemLog({ clock, configuration, level: environment['ROLLBACKD_LOG_LEVEL'] });
  const fatal = Promise.withResolvers<number>();
  const app = await startApp({
    ...options,
    configuration,
    log,
    onFatal: (error) => {
      log.error(
        { error },
        `the daemon cannot go on: ${messageOf(error)}; a new start takes up where it stands`,
      );
      fatal.resolve(1);
    },
  });
  log.info(
    { url: app.url, store: configuration.store, mode: configuration.mode },
    `rollbackd ${options.version} listens on ${app.url}`,
  );
  options.onHangup(() => void app.reload());
  options.whenCutShort(() => 'a step may be under way; the next start looks into it');
  const code = await Promise.race([fatal.promise, untilAborted(signal)]);
  // After a fatal error nothing may be waited for: what is in memory is no longer the truth.
  if (code !== 0) process.exit(code);
  const ended = await app.stop(graceMs);
  // What still runs would hold the process for as long as it takes; the next start looks into it.
  if (!ended) process.exit(0);
  return 0;
}

function untilAborted(signal: AbortSignal): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  signal.addEventListener('abort', () => resolve(0), { once: true });
  if (signal.aborted) resolve(0);
  return promise;
}
