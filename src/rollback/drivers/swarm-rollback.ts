import { imageOf, replicasOf, serviceValue } from '../../clients/docker/swarm-service.ts';
import { recordIn, textIn } from '../../clients/docker/shape.ts';
import { digest } from '../../domain/json.ts';
import type { Finding, Step } from '../../domain/plan.ts';
import type { Driver } from '../../domain/ports/driver.ts';
import { nameRelease } from '../../domain/release.ts';
import { MINUTE } from '../../domain/time.ts';
import {
  imageIn,
  isProblem,
  putBack,
  recordedSpec,
  rollBack,
  serviceTaskOf,
  standOf,
  whereabouts,
  whyNotFrom,
  type ServiceTask,
  type SwarmParts,
} from '../swarm/carry-out.ts';
import { swarmRollbackOptions, type SwarmRollbackOptions } from '../swarm/options.ts';
import { asShell } from './shell-text.ts';

/**
 * Brings a Swarm service to the specification of a recorded release, and waits until its tasks run from it. The engine's
 * own rollback, which remembers one step, is never used. What does not converge is put back.
 */
export function swarmRollbackDriver(parts: SwarmParts): Driver<SwarmRollbackOptions> {
  const { swarm, vault } = parts;
  return {
    kind: 'swarm.rollback',
    effect: 'probe',
    risk: 'disruptive',
    options: swarmRollbackOptions,
    deadlineMs: 10 * MINUTE,
    needsRelease: true,
    async read(step, signal) {
      const { name } = serviceTaskOf(step, '');
      const service = await swarm.service(name, signal);
      if (service === null)
        return { identity: digest({ service: null }), detail: { service: name, there: false } };
      return {
        identity: digest({ id: service.id, release: serviceValue(service.spec, vault) }),
        detail: {
          service: name,
          there: true,
          image: imageOf(service.spec).split('@')[0] ?? '',
          tasks: replicasOf(service.spec),
        },
      };
    },
    async preflight(step, _facts, signal) {
      const problems = await refusals(parts, serviceTaskOf(step, ''), signal);
      const back = recordedSpec(step.from, vault);
      const warnings = [
        ...(isProblem(back) ? [`if it fails, what runs now cannot be put back: ${back.problem}`] : []),
        ...(await stackWarning(parts, serviceTaskOf(step, ''), signal)),
      ];
      return [...problems.map(refuse), ...warnings.map(warn)];
    },
    describe(step, { detail }) {
      const spec = recordedSpec(step.to, vault);
      const to = step.to === null ? 'nothing' : nameRelease(step.to);
      const image = isProblem(spec)
        ? ''
        : `, image ${imageIn(spec)} instead of ${typeof detail['image'] === 'string' ? detail['image'] : 'none'}`;
      const order = isProblem(spec) ? '' : `, ${orderOf(spec)}`;
      return `update service ${serviceTaskOf(step, '').name} to the specification of ${to}${image}${order}`;
    },
    apply: async (step, opId, signal) => rollBack(parts, serviceTaskOf(step, opId), signal),
    probe: async (step, opId, signal) => whereabouts(parts, serviceTaskOf(step, opId), signal),
    async undo(step, opId, signal) {
      const task = serviceTaskOf(step, opId);
      const service = await swarm.service(task.name, signal);
      if (service === null || standOf(service, opId) === 'untouched')
        return { ended: 'done', detail: 'nothing was changed, nothing to undo' };
      return { ended: 'done', detail: await putBack(parts, task, signal) };
    },
    byHand,
  };
}

const refuse = (message: string): Omit<Finding, 'step'> => ({ level: 'refuse', message });
const warn = (message: string): Omit<Finding, 'step'> => ({ level: 'warn', message });

async function refusals(
  parts: SwarmParts,
  task: ServiceTask,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const service = await parts.swarm.service(task.name, signal);
  if (service === null) return [`there is no service ${task.name}: create it first`];
  const spec = recordedSpec(task.step.to, parts.vault);
  const changed = whyNotFrom(parts, task, service);
  return [...(changed === null ? [] : [changed]), ...(isProblem(spec) ? [spec.problem] : [])];
}

async function stackWarning(
  { swarm }: SwarmParts,
  { name }: ServiceTask,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const service = await swarm.service(name, signal);
  const stack = textIn(recordIn(service?.spec['Labels'])['com.docker.stack.namespace']);
  if (stack === '') return [];
  return [
    `service ${name} is of stack ${stack}: the next docker stack deploy brings back what its file says`,
  ];
}

function orderOf(spec: Parameters<typeof imageOf>[0]): string {
  return textIn(recordIn(spec['UpdateConfig'])['Order']) === 'start-first'
    ? 'each task started before the one that it replaces is stopped'
    : 'each task stopped before the one that replaces it is started';
}

function byHand(step: Step): readonly string[] {
  const { name } = serviceTaskOf(step, '');
  const label = step.to?.components.find(({ kind }) => kind === 'service')?.label ?? 'IMAGE';
  return [
    asShell(['docker', 'service', 'ps', '--no-trunc', name]),
    `${asShell(['docker', 'service', 'update', '--image', label, name])}  # and the other settings of release ${step.to?.id ?? ''}`,
  ];
}
