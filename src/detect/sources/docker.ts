import { z } from 'zod';
import type { Docker } from '../../clients/docker/docker.ts';
import type { ContainerFacts } from '../../clients/docker/facts.ts';
import { textIn } from '../../clients/docker/shape.ts';
import { messageOf } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Source } from '../../domain/ports/source.ts';
import { formatQuantity } from '../../domain/quantity.ts';
import type { Reading, Unknown } from '../../domain/reading.ts';
import type { StackTarget, Subject } from '../../domain/target.ts';
import { seeStack, worstOfStack } from './docker-stack.ts';

const measures = ['running', 'healthy', 'restarts', 'memory', 'cpu'] as const;

const dockerOptions = z.union([
  z.enum(measures).transform((measure) => ({ measure, container: null })),
  z.strictObject({
    measure: z.enum(measures).describe('What is read of the container'),
    container: z
      .string()
      .min(1)
      .nullable()
      .default(null)
      .describe("Name of a container other than the target's own"),
  }),
]);

/** `docker: memory`, or `docker: { measure: memory, container: cache }`. */
export type DockerOptions = z.output<typeof dockerOptions>;

/**
 * Reads containers of a Docker engine.
 *
 * - `running`  a probe; a stopped or missing container fails it
 * - `healthy`  a probe of the container's own health check: passes when healthy, fails when unhealthy; without a health
 *   check it is never seen; starting or stopped is no data
 * - `restarts` how often the engine has restarted it since it was last started by hand
 * - `memory`   usage without droppable page cache over the container's limit; without a limit it is never seen
 * - `cpu`      cores kept busy over the cores it may use: its limit, or all of the host's. Takes a second to sample
 *
 * Of a stack, `running` and `healthy` look at all its containers; the others are those of the one that has most.
 *
 * An engine that cannot be asked is an `error`.
 */
export function dockerSource(options: {
  readonly docker: Docker;
  readonly clock: Clock;
}): Source<DockerOptions> {
  const { docker, clock } = options;
  return {
    kind: 'docker',
    options: dockerOptions,
    seesDeploys: true,
    signal: ({ measure }) => (measure === 'running' || measure === 'healthy' ? 'probe' : 'value'),
    unit: ({ measure }) => (measure === 'memory' || measure === 'cpu' ? 'ratio' : 'number'),
    windowMs: () => 0,
    identity: () => 'docker',
    onTargetsOnly: ({ container }) => container === null,
    async read({ measure, container }, subjects, signal) {
      const readings = subjects.map(async (subject): Promise<[string, Reading]> => {
        const name = container ?? subject.target?.container ?? null;
        const seen = await see(docker, { measure, name, subject }, signal);
        return [subject.name, { ...seen, at: clock.now() }];
      });
      return new Map(await Promise.all(readings));
    },
  };
}

type Measured = Exclude<Seen, { kind: 'probe' }>;
type Seen =
  | { readonly kind: 'value'; readonly value: number; readonly detail: string }
  | { readonly kind: 'probe'; readonly passed: boolean; readonly detail: string }
  | { readonly kind: 'unknown'; readonly why: Unknown; readonly detail: string };

async function see(
  docker: Docker,
  wanted: {
    readonly measure: DockerOptions['measure'];
    readonly name: string | null;
    readonly subject: Subject;
  },
  signal: AbortSignal,
): Promise<Seen> {
  const { measure, name, subject } = wanted;
  const stack = subject.target?.stack ?? null;
  if (name === null && stack !== null)
    return ofStack(docker, stack, measure, signal).catch((error: unknown) =>
      unknown('error', messageOf(error)),
    );
  if (name === null) return unknown('never_seen', `${subject.name} has no container`);
  try {
    const container = await docker.container(name, signal);
    if (measure === 'running') return running(name, container);
    if (container === null) return unknown('no_data', `there is no container ${name}`);
    if (measure === 'healthy' && container.status === 'running') return healthy(container);
    if (measure === 'healthy') return unknown('no_data', `container ${name} is ${container.status}`);
    return await measured(docker, container, measure, signal);
  } catch (error) {
    return unknown('error', messageOf(error));
  }
}

function ofStack(
  docker: Docker,
  stack: StackTarget,
  measure: DockerOptions['measure'],
  signal: AbortSignal,
): Promise<Seen> {
  if (measure === 'running' || measure === 'healthy') return seeStack(docker, stack, measure, signal);
  return worstOfStack(docker, stack, (container) => measured(docker, container, measure, signal), signal);
}

async function measured(
  docker: Docker,
  container: ContainerFacts,
  measure: 'restarts' | 'memory' | 'cpu',
  signal: AbortSignal,
): Promise<Measured> {
  if (measure === 'restarts') return restarts(container);
  if (container.status !== 'running')
    return unknown('no_data', `container ${container.name} is ${container.status}`);
  return measure === 'memory' ? memory(docker, container, signal) : cpu(docker, container, signal);
}

function running(name: string, container: ContainerFacts | null): Seen {
  if (container === null) return probe(false, `there is no container ${name}`);
  if (container.status === 'running') return probe(true, `container ${name} is running`);
  const code = container.status === 'exited' ? ` with code ${container.exitCode}` : '';
  return probe(false, `container ${name} is ${container.status}${code}`);
}

function healthy({ name, health }: ContainerFacts): Seen {
  if (health === null) return unknown('never_seen', `container ${name} has no health check`);
  if (health === 'starting') return unknown('no_data', `the health check of container ${name} is starting`);
  return probe(health === 'healthy', `container ${name} is ${health}`);
}

function restarts({ name, restarts }: ContainerFacts): Measured {
  return { kind: 'value', value: restarts, detail: `container ${name} was restarted ${restarts} times` };
}

async function memory(docker: Docker, container: ContainerFacts, signal: AbortSignal): Promise<Measured> {
  const limit = numberIn(container, 'Memory');
  if (limit === 0) return unknown('never_seen', `container ${container.name} has no memory limit`);
  const { memoryBytes } = await docker.use(container.id, false, signal);
  const value = memoryBytes / limit;
  const used = `${formatQuantity(memoryBytes, 'bytes')} of ${formatQuantity(limit, 'bytes')}`;
  return { kind: 'value', value, detail: `${formatQuantity(value, 'ratio')} of its memory limit (${used})` };
}

async function cpu(docker: Docker, container: ContainerFacts, signal: AbortSignal): Promise<Measured> {
  const { cores, hostCores } = await docker.use(container.id, true, signal);
  if (cores === null) return unknown('no_data', `the engine has no second sample of ${container.name} yet`);
  const allowed = Math.min(hostCores, coreLimit(container) ?? hostCores);
  const value = cores / allowed;
  const used = `${formatQuantity(cores, 'number')} of ${formatQuantity(allowed, 'number')} cores`;
  return { kind: 'value', value, detail: `${formatQuantity(value, 'ratio')} of its processors (${used})` };
}

/** The least of the limits that the container has, in cores. */
function coreLimit(container: ContainerFacts): number | null {
  const nano = numberIn(container, 'NanoCpus') / 1e9;
  const quota = numberIn(container, 'CpuQuota') / (numberIn(container, 'CpuPeriod') || 100_000);
  const set = cpusIn(textIn(container.hostConfig['CpusetCpus']));
  const limits = [nano, quota, set].filter((limit) => limit > 0);
  return limits.length === 0 ? null : Math.min(...limits);
}

/** `0-2,4` is four. */
function cpusIn(set: string): number {
  if (set === '') return 0;
  const counts = set.split(',').map((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return last - first + 1;
  });
  return counts.reduce((sum, count) => sum + count, 0);
}

function numberIn({ hostConfig }: ContainerFacts, key: string): number {
  const value = hostConfig[key];
  return typeof value === 'number' ? value : 0;
}

function probe(passed: boolean, detail: string): Seen {
  return { kind: 'probe', passed, detail };
}

function unknown(why: Unknown, detail: string): Extract<Seen, { kind: 'unknown' }> {
  return { kind: 'unknown', why, detail };
}
