import type { Docker } from '../../clients/docker/docker.ts';
import type { ContainerFacts } from '../../clients/docker/facts.ts';
import { sleep, type Clock } from '../../domain/ports/clock.ts';
import { formatDuration } from '../../domain/time.ts';

const everyMs = 100;

export interface HealthWait {
  readonly withinMs: number;
  /** Without a health check: how long it must run without ending. */
  readonly steadyMs: number;
}

/**
 * Waits until a started container is healthy, or, without a health check, has run for a while.
 *
 * One that the engine calls unhealthy may still recover within its time: a slow start is not a failed one.
 *
 * @returns null when it is, else why it is not
 */
export async function untilHealthy(
  parts: { readonly docker: Docker; readonly clock: Clock },
  id: string,
  { withinMs, steadyMs }: HealthWait,
  signal: AbortSignal,
): Promise<string | null> {
  const { docker, clock } = parts;
  const begin = clock.now();
  for (;;) {
    const container = await docker.container(id, signal);
    if (container === null) return 'it was removed while it came up';
    const ended = whyEnded(container);
    if (ended !== null) return ended;
    if (container.health === 'healthy') return null;
    if (container.health === null && clock.now() - begin >= steadyMs) return null;
    if (clock.now() - begin >= withinMs) {
      const state = container.health === null ? container.status : container.health;
      return `it was ${state}, not healthy, after ${formatDuration(withinMs)}`;
    }
    await sleep(clock, everyMs, signal);
  }
}

/** Whether a container is what `untilHealthy` waits for, at one look. */
export function isHealthy(container: ContainerFacts, steadyMs: number, wall: number): boolean {
  if (container.status !== 'running') return false;
  if (container.health !== null) return container.health === 'healthy';
  return wall - Date.parse(container.startedAt) >= steadyMs;
}

function whyEnded({ status, exitCode, restarts, outOfMemory, startError }: ContainerFacts): string | null {
  const memory = outOfMemory ? ', out of memory' : '';
  if (status === 'exited' || status === 'dead') return `it exited with code ${exitCode}${memory}`;
  if (status === 'restarting')
    return `it exited with code ${exitCode}${memory} and is restarted again and again`;
  // While it runs again, the engine no longer tells the code that it ended with.
  if (restarts > 0) return `it exited and was restarted${memory}`;
  // The engine's own words are left out: they may quote the command.
  if (status === 'created') return startError === '' ? null : 'the engine could not start it';
  return null;
}
