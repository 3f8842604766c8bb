import { z } from 'zod';
import type { Docker } from '../../clients/docker/docker.ts';
import type { ContainerFacts } from '../../clients/docker/facts.ts';
import { textIn } from '../../clients/docker/shape.ts';
import { volumeUsers } from '../../clients/docker/volume-users.ts';
import { crashPoint } from '../../domain/crash-point.ts';
import { RollbackError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { whyProtected } from '../docker/refusals.ts';
import { untilHealthy } from '../docker/health.ts';
import type { DockerParts } from '../docker/task.ts';
import { msOf } from '../drivers/duration-option.ts';

/** A container that a step has stopped, or is about to. */
export const stoppedContainer = z.object({ id: z.string(), name: z.string() });
export type StoppedContainer = z.output<typeof stoppedContainer>;

/** What stopping and starting works with. */
export interface WriterParts {
  readonly docker: Docker;
  readonly clock: Clock;
  readonly own: DockerParts['own'];
}

/** Which containers, and how. */
export interface Stopping {
  readonly volumes: readonly string[];
  /** Names of containers, in the order in which they are stopped; undefined: all that run with the volumes. */
  readonly stop?: readonly string[] | undefined;
  readonly stop_grace: string;
  readonly healthy_within: string;
  readonly steady_for: string;
}

/** The containers that would be stopped now, in the order in which they would be. */
export async function toBeStopped(
  { docker }: Pick<WriterParts, 'docker'>,
  { volumes, stop }: Pick<Stopping, 'volumes' | 'stop'>,
  signal: AbortSignal,
): Promise<readonly ContainerFacts[]> {
  if (stop === undefined) return volumeUsers(docker, volumes, signal);
  const named: ContainerFacts[] = [];
  for (const name of stop) {
    const found = await docker.container(name, signal);
    if (found === null) throw new RollbackError('NOT_FOUND', `there is no container ${name} to stop`);
    if (found.up) named.push(found);
  }
  return named;
}

/** Why the containers cannot be stopped and started again, or would not be enough. */
export async function writerProblems(
  parts: WriterParts,
  stopping: Stopping,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const containers = await toBeStopped(parts, stopping, signal);
  const named = new Set(containers.map(({ id }) => id));
  const others = (await volumeUsers(parts.docker, stopping.volumes, signal)).filter(
    ({ id }) => !named.has(id),
  );
  return [
    ...containers.flatMap((container) => whyNotStopped(container, parts.own) ?? []),
    ...others.map(
      ({ name }) =>
        `${name} runs with ${stopping.volumes.join(', ')}, too, and would not be stopped; name it in stop`,
    ),
  ];
}

function whyNotStopped(container: ContainerFacts, own: DockerParts['own']): string | null {
  const { name, status, autoRemove, labels, config } = container;
  const protection = whyProtected(container, textIn(config['Image']), own);
  if (protection !== null) return `container ${name} is not stopped: ${protection}`;
  if (status === 'paused') return `container ${name} is paused: unpause it first`;
  if (autoRemove) return `container ${name} was started with --rm: once stopped it is gone`;
  if ('com.docker.swarm.task.id' in labels)
    return `container ${name} is a task of a Swarm service, which would start another; scale the service to 0 first`;
  return null;
}

/**
 * Stops containers, one after the other.
 *
 * @throws RollbackError `REFUSED` where one with the volumes runs all the same
 */
export async function stopWriters(
  { docker }: WriterParts,
  containers: readonly StoppedContainer[],
  { volumes, stop_grace }: Pick<Stopping, 'volumes' | 'stop_grace'>,
  signal: AbortSignal,
): Promise<void> {
  for (const { id } of containers) {
    await docker.stop(id, msOf(stop_grace), signal);
    crashPoint('effect.call.between');
  }
  const left = await volumeUsers(docker, volumes, signal);
  if (left.length === 0) return;
  const names = left.map(({ name }) => name).join(', ');
  throw new RollbackError('REFUSED', `${names} still runs with ${volumes.join(', ')}`);
}

/**
 * Starts containers again, the last one first. Those that run already are left alone; one that somebody removed meanwhile is
 * not made again.
 *
 * @returns why one does not run; null when all that are there do
 */
export async function startWriters(
  { docker }: WriterParts,
  containers: readonly StoppedContainer[],
  signal: AbortSignal,
): Promise<string | null> {
  const trouble: string[] = [];
  for (const { id, name } of containers.toReversed()) {
    try {
      if ((await docker.container(id, signal)) !== null) await docker.start(id, signal);
      crashPoint('effect.call.between');
    } catch (error) {
      if (!(error instanceof RollbackError)) throw error;
      trouble.push(`container ${name} is stopped and could not be started again: ${error.message}`);
    }
  }
  return trouble.length === 0 ? null : trouble.join('; ');
}

/** Waits for containers that were started. @returns why one is not healthy, or null */
export async function whyUnhealthy(
  parts: WriterParts,
  containers: readonly StoppedContainer[],
  { healthy_within, steady_for }: Pick<Stopping, 'healthy_within' | 'steady_for'>,
  signal: AbortSignal,
): Promise<string | null> {
  const wait = { withinMs: msOf(healthy_within), steadyMs: msOf(steady_for) };
  for (const { id, name } of containers) {
    if ((await parts.docker.container(id, signal)) === null) continue;
    const problem = await untilHealthy(parts, id, wait, signal);
    if (problem !== null) return `container ${name} was started again, but ${problem}`;
  }
  return null;
}

/** Those that were noted, and those that were found: a repeat finds some of them stopped already. */
export function together(
  noted: readonly StoppedContainer[],
  found: readonly ContainerFacts[],
): readonly StoppedContainer[] {
  const more = found.filter(({ id }) => noted.every((one) => one.id !== id));
  return [...noted, ...more.map(({ id, name }) => ({ id, name }))];
}

/** What goes wrong once something may have been changed: the target is asked. Throws what is not ours. */
export function inDoubt(error: unknown): RollbackError {
  if (!(error instanceof RollbackError)) throw error;
  return new RollbackError('EFFECT_UNKNOWN', error.message, error.facts, { cause: error });
}
