import type { Driver } from '../../domain/ports/driver.ts';
import type { ProbeAnswer } from '../../domain/effect.ts';
import type { Step } from '../../domain/plan.ts';
import { MINUTE } from '../../domain/time.ts';
import { carryOut } from '../docker/carry-out.ts';
import { isHealthy } from '../docker/health.ts';
import { rollbackOptions, type RollbackOptions } from '../docker/options.ts';
import { readStand } from '../docker/stand.ts';
import { description, findings, survey } from '../docker/survey.ts';
import { recorded, taskOf, type DockerParts, type Task } from '../docker/task.ts';
import { msOf } from './duration-option.ts';
import { asShell } from './shell-text.ts';

/**
 * Recreates a container from the recorded release: its image by id, configuration, mounts, networks and labels.
 *
 * The replaced container stays, stopped, as `<name>.rollbackd-replaced-<8 digits>`. If the old release does not come up
 * healthy it is put back, and the one that failed stays as `<name>.rollbackd-failed-<8 digits>` to be looked at.
 */
export function dockerRollbackDriver(parts: DockerParts): Driver<RollbackOptions> {
  return {
    kind: 'docker.rollback',
    effect: 'probe',
    risk: 'disruptive',
    options: rollbackOptions,
    deadlineMs: 5 * MINUTE,
    needsRelease: true,
    read: async (step, signal) => survey(parts, taskOf(step, ''), signal),
    preflight: async (step, _facts, signal) => findings(parts, taskOf(step, ''), signal),
    describe: (step, facts) => description(taskOf(step, ''), facts),
    async apply(step, opId, signal) {
      const task = taskOf(step, opId);
      const specification = recorded(task, parts.vault);
      if ('version' in specification) return carryOut(parts, { task, specification, undo: false }, signal);
      return { ended: 'failed', detail: specification.problem, retryable: false };
    },
    probe: async (step, opId, signal) => whereabouts(parts, taskOf(step, opId), signal),
    undo: async (step, opId, signal) =>
      carryOut(parts, { task: taskOf(step, opId), specification: null, undo: true }, signal),
    byHand,
  };
}

async function whereabouts(parts: DockerParts, task: Task, signal: AbortSignal): Promise<ProbeAnswer> {
  const { made, old, record } = await readStand(parts.docker, task, signal);
  if (made === null) return 'not_done';
  if (made.name === task.places.failed) {
    const back = old === null || (old.name === task.name && (old.up || record?.up !== true));
    return back && !made.up ? 'not_done' : 'partial';
  }
  const steadyMs = msOf(task.options.steady_for);
  return made.name === task.name && isHealthy(made, steadyMs, parts.clock.wall()) ? 'done' : 'partial';
}

function byHand(step: Step): readonly string[] {
  const { name, image, options } = taskOf(step, '');
  const grace = String(Math.ceil(msOf(options.stop_grace) / 1000));
  const reference = image.digests?.[0] ?? image.label;
  return [
    asShell(['docker', 'ps', '--all', '--filter', `name=^${name}`]),
    asShell(['docker', 'stop', '--time', grace, name]),
    asShell(['docker', 'rename', name, `${name}.replaced`]),
    `${asShell(['docker', 'run', '--detach', '--name', name])} … ${asShell([reference])}  # with the settings of release ${step.to?.id ?? ''}`,
  ];
}
