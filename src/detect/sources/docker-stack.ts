import type { Docker } from '../../clients/docker/docker.ts';
import type { ContainerFacts } from '../../clients/docker/facts.ts';
import { isFinished, jobsAmong, stackContainers } from '../../clients/docker/stack.ts';
import type { Unknown } from '../../domain/reading.ts';
import type { StackTarget } from '../../domain/target.ts';

type Seen =
  | { readonly kind: 'probe'; readonly passed: boolean; readonly detail: string }
  | { readonly kind: 'unknown'; readonly why: Unknown; readonly detail: string };

/** `docker: running` and `docker: healthy` of a stack: all of its containers, but those that did their work and ended. */
export async function seeStack(
  docker: Docker,
  stack: StackTarget,
  measure: 'running' | 'healthy',
  signal: AbortSignal,
): Promise<Seen> {
  const { containers, missing } = await servingOf(docker, stack, signal);
  if (containers.length === 0 || missing.length > 0) {
    const what = missing.length === 0 ? '' : ` of ${missing.join(', ')}`;
    const detail = `there is no container${what} of stack ${stack.project}`;
    return measure === 'running' ? { kind: 'probe', passed: false, detail } : unknown('no_data', detail);
  }
  return measure === 'running' ? running(stack, containers) : healthy(stack, containers);
}

/** The containers of a stack but those that did their work and ended, and the services that have none at all. */
async function servingOf(
  docker: Docker,
  stack: StackTarget,
  signal: AbortSignal,
): Promise<{ readonly containers: readonly ContainerFacts[]; readonly missing: readonly string[] }> {
  const members = await stackContainers(docker, stack, signal);
  const jobs = jobsAmong(members);
  const serving = members.filter(({ service, container }) => !jobs.has(service) && !isFinished(container));
  const missing = (stack.services ?? []).filter((name) => !members.some(({ service }) => service === name));
  return { containers: serving.map(({ container }) => container), missing };
}

type Measured =
  | { readonly kind: 'value'; readonly value: number; readonly detail: string }
  | Extract<Seen, { kind: 'unknown' }>;

/**
 * `docker: cpu`, `docker: memory` and `docker: restarts` of a stack: the container that has most. Those to which the measure
 * does not apply, e.g. without a memory limit, are left out; where one cannot be read, nobody knows which has most, unless
 * it is that none applies.
 */
export async function worstOfStack(
  docker: Docker,
  stack: StackTarget,
  measure: (container: ContainerFacts) => Promise<Measured>,
  signal: AbortSignal,
): Promise<Measured> {
  const { containers } = await servingOf(docker, stack, signal);
  if (containers.length === 0) return unknown('no_data', `there is no container of stack ${stack.project}`);
  const all = await Promise.all(containers.map(measure));
  const values = all.filter((seen) => seen.kind === 'value');
  const unread = all.find((seen) => seen.kind === 'unknown' && seen.why !== 'never_seen');
  const worst = values.toSorted((a, b) => b.value - a.value)[0];
  if (unread !== undefined) return unread;
  return worst ?? all[0] ?? unknown('no_data', `there is no container of stack ${stack.project}`);
}

function running({ project }: StackTarget, containers: readonly ContainerFacts[]): Seen {
  const down = containers.filter(({ status }) => status !== 'running');
  if (down.length === 0)
    return {
      kind: 'probe',
      passed: true,
      detail: `all ${containers.length} containers of stack ${project} are running`,
    };
  const list = down.map(({ name, status, exitCode }) =>
    status === 'exited' ? `${name} is exited with code ${exitCode}` : `${name} is ${status}`,
  );
  return { kind: 'probe', passed: false, detail: `stack ${project}: ${list.join(', ')}` };
}

function healthy({ project }: StackTarget, containers: readonly ContainerFacts[]): Seen {
  const down = containers.filter(({ status }) => status !== 'running');
  if (down.length > 0)
    return unknown(
      'no_data',
      `stack ${project}: ${down.map(({ name, status }) => `${name} is ${status}`).join(', ')}`,
    );
  const checked = containers.filter(({ health }) => health !== null);
  if (checked.length === 0)
    return unknown('never_seen', `no container of stack ${project} has a health check`);
  const ill = checked.filter(({ health }) => health === 'unhealthy').map(({ name }) => name);
  if (ill.length > 0)
    return { kind: 'probe', passed: false, detail: `stack ${project}: ${ill.join(', ')} unhealthy` };
  const starting = checked.filter(({ health }) => health === 'starting').map(({ name }) => name);
  if (starting.length > 0)
    return unknown('no_data', `stack ${project}: the health check of ${starting.join(', ')} is starting`);
  return {
    kind: 'probe',
    passed: true,
    detail: `all ${checked.length} containers of stack ${project} with a health check are healthy`,
  };
}

function unknown(why: Unknown, detail: string): Extract<Seen, { kind: 'unknown' }> {
  return { kind: 'unknown', why, detail };
}
