import type { Docker } from '../../clients/docker/docker.ts';
import type { ContainerFacts, JsonObject } from '../../clients/docker/facts.ts';
import { labels } from '../../clients/docker/marks.ts';
import { recordIn, textIn } from '../../clients/docker/shape.ts';
import { crashPoint } from '../../domain/crash-point.ts';
import type { EffectOutcome, ProbeAnswer } from '../../domain/effect.ts';
import { RollbackError } from '../../domain/errors.ts';
import { digest } from '../../domain/json.ts';
import type { Step } from '../../domain/plan.ts';
import type { Driver } from '../../domain/ports/driver.ts';
import { MINUTE } from '../../domain/time.ts';
import { isHealthy, untilHealthy } from '../docker/health.ts';
import { inDoubt } from '../docker/in-doubt.ts';
import { restartOptions, type RestartOptions } from '../docker/options.ts';
import { whyProtected } from '../docker/refusals.ts';
import type { DockerParts } from '../docker/task.ts';
import { msOf } from './duration-option.ts';
import { asShell } from './shell-text.ts';
import { failed } from '../settled.ts';

/**
 * Restarts a container, and waits until it is healthy.
 *
 * A running container cannot be labelled, so the effect leaves a mark beside it first: a created, never started
 * container that carries the `op_id` and when the other had started before. Afterwards the two instants tell whether
 * the restart happened. One mark stays for each container, until the next restart or the end of its retention.
 */
export function dockerRestartDriver(parts: DockerParts): Driver<RestartOptions> {
  const { docker, clock } = parts;
  return {
    kind: 'docker.restart',
    effect: 'probe',
    risk: 'disruptive',
    options: restartOptions,
    deadlineMs: 5 * MINUTE,
    needsRelease: false,
    async read(step, signal) {
      const current = await docker.container(nameOf(step), signal);
      return {
        identity: digest({ id: current?.id ?? null }),
        detail: { container: nameOf(step), status: current?.status ?? 'missing' },
      };
    },
    async preflight(step, _facts, signal) {
      const current = await docker.container(nameOf(step), signal);
      return problems(nameOf(step), current, parts.own).map((message) => ({ level: 'refuse', message }));
    },
    describe: (step) =>
      `restart container ${nameOf(step)} (grace ${restartOptions.parse(step.options).stop_grace})`,
    async apply(step, opId, signal) {
      try {
        return await restart(parts, step, opId, signal);
      } catch (error) {
        // Nothing was called yet, or it was called already: the mark tells.
        throw inDoubt(error);
      }
    },
    async probe(step, opId, signal): Promise<ProbeAnswer> {
      const mark = await readMark(docker, opId, signal);
      if (mark === null) return 'not_done';
      const current = await docker.container(nameOf(step), signal);
      if (current === null || current.id !== mark.id) return 'unknown';
      if (current.startedAt === mark.startedAt) return 'not_done';
      const { steady_for } = restartOptions.parse(step.options);
      return isHealthy(current, msOf(steady_for), clock.wall()) ? 'done' : 'partial';
    },
    byHand: (step) => [asShell(['docker', 'restart', nameOf(step)])],
  };
}

async function restart(
  parts: DockerParts,
  step: Step,
  opId: string,
  signal: AbortSignal,
): Promise<EffectOutcome> {
  const { docker } = parts;
  const name = nameOf(step);
  const options = restartOptions.parse(step.options);
  const current = await docker.container(name, signal);
  if (current === null) return failed(`there is no container ${name}`);
  const mark =
    (await readMark(docker, opId, signal)) ?? (await leaveMark(docker, { step, opId, current }, signal));
  if (mark.id !== current.id) return failed(`container ${name} was replaced by somebody else meanwhile`);
  if (current.startedAt === mark.startedAt) {
    crashPoint('effect.call.between');
    const refusal = await asked(docker.restart(current.id, msOf(options.stop_grace), signal));
    if (refusal !== null) return failed(refusal);
  }
  crashPoint('effect.call.between');
  const wait = { withinMs: msOf(options.healthy_within), steadyMs: msOf(options.steady_for) };
  const problem = await untilHealthy(parts, current.id, wait, signal);
  if (problem !== null) return failed(`container ${name} was restarted, but ${problem}`);
  return { ended: 'done', detail: `container ${name} was restarted` };
}

async function asked(call: Promise<void>): Promise<string | null> {
  try {
    await call;
    return null;
  } catch (error) {
    if (error instanceof RollbackError && (error.code === 'REFUSED' || error.code === 'NOT_FOUND'))
      return error.message;
    throw error;
  }
}

interface Mark {
  readonly id: string;
  readonly startedAt: string;
}

async function readMark(docker: Docker, opId: string, signal: AbortSignal): Promise<Mark | null> {
  const [row] = await docker.labelled(labels.op, opId, signal);
  const [id, startedAt] = (row?.labels[labels.restart] ?? '').split(' ');
  return id === undefined || startedAt === undefined ? null : { id, startedAt };
}

async function leaveMark(
  docker: Docker,
  { step, opId, current }: { readonly step: Step; readonly opId: string; readonly current: ContainerFacts },
  signal: AbortSignal,
): Promise<Mark> {
  const mark = { id: current.id, startedAt: current.startedAt };
  const earlier = await docker.labelled(labels.target, step.target.name, signal);
  for (const row of earlier) if (labels.restart in row.labels) await docker.remove(row.id, signal);
  const image = await docker.image(current.image, signal);
  const body = markBody(current.image, image?.config ?? {}, {
    [labels.op]: opId,
    [labels.target]: step.target.name,
    [labels.restart]: `${mark.id} ${mark.startedAt}`,
  });
  await docker.create(`${current.name}.rollbackd-restart-${digest(opId).slice(0, 8)}`, body, signal);
  return mark;
}

function markBody(
  image: string,
  imageConfig: JsonObject,
  marks: Readonly<Record<string, string>>,
): JsonObject {
  return {
    Image: image,
    Entrypoint: ['/rollbackd-mark-is-never-started'],
    Cmd: [],
    Labels: marks,
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      NetworkMode: 'none',
      Mounts: Object.keys(recordIn(imageConfig['Volumes'])).map((path) => ({ Type: 'tmpfs', Target: path })),
    },
  };
}

function problems(name: string, current: ContainerFacts | null, own: DockerParts['own']): readonly string[] {
  if (current === null) return [`there is no container ${name}`];
  const protection = whyProtected(current, textIn(current.config['Image']), own);
  if (protection !== null) return [`container ${name} is not restarted: ${protection}`];
  return current.status === 'paused' ? [`container ${name} is paused: unpause it first`] : [];
}

function nameOf(step: Step): string {
  const { container, name } = step.target;
  if (container !== null) return container;
  throw new RollbackError(
    'PLAN_REFUSED',
    `docker.restart cannot be planned: the target ${name} has no container`,
  );
}
