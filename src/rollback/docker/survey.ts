import { labels } from '../../clients/docker/marks.ts';
import { managerOf } from '../../clients/docker/manager.ts';
import { textIn } from '../../clients/docker/shape.ts';
import { specify } from '../../clients/docker/specification.ts';
import { canonical, digest } from '../../domain/json.ts';
import type { Finding, StepFacts } from '../../domain/plan.ts';
import { changesBetween } from './changes.ts';
import { whyNotBeside } from './overlap.ts';
import { currentProblems, missingThings, whyNotFrom, whyProtected } from './refusals.ts';
import { recorded, type DockerParts, type Task } from './task.ts';

/**
 * What is there now. The identity changes when another container, image or configuration is in the place; health and
 * restarts do not count. Names only: the values of environment and labels stay inside the digest.
 */
export async function survey(
  { docker, vault }: DockerParts,
  task: Task,
  signal: AbortSignal,
): Promise<StepFacts> {
  const current = await docker.container(task.name, signal);
  if (current === null)
    return { identity: digest({ container: null }), detail: { container: task.name, there: false } };
  const image = await docker.image(current.image, signal);
  const present = specify(current, image?.config ?? {});
  const specification = recorded(task, vault);
  const usable = 'version' in specification ? specification : null;
  const beside = usable === null ? null : whyNotBeside(current, usable);
  return {
    identity: digest({ id: current.id, image: current.image, config: vault.digest(canonical(present)) }),
    detail: {
      container: task.name,
      there: true,
      id: current.id.slice(0, 12),
      image: current.labels[labels.image] ?? textIn(current.config['Image']),
      status: current.status,
      startFirst: task.options.start_first && current.status === 'running' && beside === null,
      stopFirstBecause: beside,
      changes: usable === null ? [] : changesBetween(present, usable),
    },
  };
}

/** Everything that speaks against the rollback before its first call. */
export async function findings(
  { docker, vault, own }: DockerParts,
  task: Task,
  signal: AbortSignal,
): Promise<readonly Omit<Finding, 'step'>[]> {
  const refusals: string[] = [];
  const current = await docker.container(task.name, signal);
  if (current !== null) {
    const image = current.labels[labels.image] ?? textIn(current.config['Image']);
    const protection = whyProtected(current, image, own);
    if (protection !== null) refusals.push(`container ${task.name} is not rolled back: ${protection}`);
  }
  refusals.push(...currentProblems(task, current));
  const changed = await whyNotFrom({ docker, vault }, task, current, signal);
  if (changed !== null) refusals.push(changed);
  const specification = recorded(task, vault);
  if ('problem' in specification) refusals.push(specification.problem);
  else refusals.push(...(await missingThings(docker, task, specification, signal)));
  const manager = current === null ? null : managerOf(current.labels);
  const warning =
    manager === null
      ? []
      : [`${manager.name} manages container ${task.name} and may undo this; pin ${manager.pin}`];
  return [
    ...refusals.map((message) => ({ level: 'refuse', message }) as const),
    ...warning.map((message) => ({ level: 'warn', message }) as const),
  ];
}

/** One line for dry runs and approvals, from what the survey found. */
export function description({ name, image, options, step }: Task, { detail }: StepFacts): string {
  const to = `${image.label} (${step.to?.id ?? ''})`;
  const from = typeof detail['image'] === 'string' ? ` instead of ${detail['image']}` : '';
  const because =
    typeof detail['stopFirstBecause'] === 'string' ? `, because ${detail['stopFirstBecause']}` : '';
  const order =
    detail['there'] !== true
      ? ''
      : detail['startFirst'] === true
        ? ', started before the present one is stopped'
        : `, once the present one is stopped (grace ${options.stop_grace})${because}`;
  const changes = Array.isArray(detail['changes']) ? detail['changes'].join(', ') : '';
  const kept = options.keep_env.length === 0 ? '' : `; keeps env ${options.keep_env.join(', ')}`;
  const back = changes === '' ? '' : `; ${changes}`;
  return `recreate container ${name} from ${to}${from}${order}${back}${kept}`;
}
