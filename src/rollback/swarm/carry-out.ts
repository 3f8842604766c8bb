import type { Docker } from '../../clients/docker/docker.ts';
import type { JsonObject } from '../../clients/docker/facts.ts';
import { labels } from '../../clients/docker/marks.ts';
import { recordIn, textIn } from '../../clients/docker/shape.ts';
import {
  convergenceOf,
  imageOf,
  readServiceRecord,
  serviceValue,
} from '../../clients/docker/swarm-service.ts';
import type { ServiceFacts, Swarm } from '../../clients/docker/swarm.ts';
import { crashPoint } from '../../domain/crash-point.ts';
import type { EffectOutcome, ProbeAnswer } from '../../domain/effect.ts';
import { RollbackError } from '../../domain/errors.ts';
import type { Step } from '../../domain/plan.ts';
import { sleep, type Clock } from '../../domain/ports/clock.ts';
import type { Vault } from '../../domain/ports/vault.ts';
import type { Release } from '../../domain/release.ts';
import { formatDuration } from '../../domain/time.ts';
import { msOf } from '../drivers/duration-option.ts';
import { inDoubt } from '../docker/in-doubt.ts';
import { swarmRollbackOptions } from './options.ts';
import { failed } from '../settled.ts';

export interface SwarmParts {
  readonly swarm: Swarm;
  readonly docker: Docker;
  readonly vault: Vault;
  readonly clock: Clock;
}

/** One effect on a service. */
export interface ServiceTask {
  readonly step: Step;
  readonly opId: string;
  readonly name: string;
  readonly withinMs: number;
}

const lookEveryMs = 250;

/** Reads the step. Rejects with `PLAN_REFUSED` when its target is no Swarm service. */
export function serviceTaskOf(step: Step, opId: string): ServiceTask {
  const { swarm, name } = step.target;
  if (swarm === null)
    throw new RollbackError(
      'PLAN_REFUSED',
      `${step.kind} cannot be planned: the target ${name} has no Swarm service`,
    );
  const { converge_within } = swarmRollbackOptions.parse(step.options);
  return { step, opId, name: swarm.service, withinMs: msOf(converge_within) };
}

/** The recorded specification of a release, or why there is none that can be used. */
export function recordedSpec(
  release: Release | null,
  vault: Vault,
): JsonObject | { readonly problem: string } {
  if (release === null || release.sealed === null)
    return { problem: `no specification was recorded for release ${release?.id ?? 'none'}` };
  try {
    const record = readServiceRecord(vault.open(release.sealed));
    return (
      record?.spec ?? { problem: `the specification of release ${release.id} is of another kind or version` }
    );
  } catch (error) {
    if (error instanceof RollbackError) return { problem: error.message };
    throw error;
  }
}

/** Whether a recorded specification was found. */
export function isProblem(
  spec: JsonObject | { readonly problem: string },
): spec is { readonly problem: string } {
  return typeof spec['problem'] === 'string';
}

/** Why the service is not what the plan was made for; null if it is, or that is not known. */
export function whyNotFrom(
  { vault }: SwarmParts,
  { step, name }: ServiceTask,
  service: ServiceFacts,
): string | null {
  const known = step.from?.components.find(({ kind }) => kind === 'service')?.value;
  if (step.from === null || known === undefined || serviceValue(service.spec, vault) === known) return null;
  return `service ${name} no longer runs release ${step.from.id}: somebody changed it`;
}

/** What our last update of the service was for: this effect, its way back, or something else. */
export function standOf({ spec }: ServiceFacts, opId: string): 'untouched' | 'made' | 'back' {
  const marks = recordIn(spec['Labels']);
  if (textIn(marks[labels.op]) !== opId) return 'untouched';
  return textIn(marks[labels.purpose]) === 'undo' ? 'back' : 'made';
}

/** Brings the service to the recorded specification, or goes on with that; puts back what ran when it does not converge. */
export async function rollBack(
  parts: SwarmParts,
  task: ServiceTask,
  signal: AbortSignal,
): Promise<EffectOutcome> {
  const { step, name, opId } = task;
  const spec = recordedSpec(step.to, parts.vault);
  if (isProblem(spec)) return failed(spec.problem);
  const service = await look(parts, task, signal);
  if (service === null) return failed(`there is no service ${name}; nothing was changed`);
  const stand = standOf(service, opId);
  if (stand === 'back') return failed(`an earlier attempt failed; ${await putBack(parts, task, signal)}`);
  if (stand === 'untouched') {
    const changed = whyNotFrom(parts, task, service);
    if (changed !== null) return failed(`${changed}; nothing was changed`);
    const refusal = await update(parts, { task, service, spec, undo: false }, signal);
    if (refusal !== null) return failed(`${refusal}; nothing was changed`);
    crashPoint('effect.call.between');
  }
  const problem = await converged(parts, { task, stand: 'made' }, signal);
  const release = step.to?.id ?? '';
  if (problem === null) return { ended: 'done', detail: `service ${name} runs release ${release}` };
  return failed(`${problem}; ${await putBack(parts, task, signal)}`);
}

/**
 * Brings the specification that ran before back, and waits until the tasks are of it: till then the service answers as
 * the other release. What ran may be as broken as it was, so tasks that do not come up are told of, and no failure.
 *
 * @returns what to say of it; throws when it cannot be
 */
export async function putBack(parts: SwarmParts, task: ServiceTask, signal: AbortSignal): Promise<string> {
  const { step, name, opId } = task;
  const spec = recordedSpec(step.from, parts.vault);
  if (isProblem(spec)) throw stuck(task, `what ran cannot be put back: ${spec.problem}`);
  const service = await look(parts, task, signal);
  if (service === null) throw stuck(task, 'it is gone');
  const stand = standOf(service, opId);
  if (stand === 'untouched') throw stuck(task, 'somebody changed it meanwhile');
  if (stand === 'made') {
    crashPoint('effect.call.between');
    const refusal = await update(parts, { task, service, spec, undo: true }, signal);
    if (refusal !== null) throw stuck(task, refusal);
    crashPoint('effect.call.between');
  }
  const problem = await converged(parts, { task, stand: 'back' }, signal);
  return `service ${name} is back on ${step.from?.id ?? ''}${problem === null ? '' : `, but ${problem}`}`;
}

/** Where the effect stands, as the manager tells it. */
export async function whereabouts(
  parts: SwarmParts,
  task: ServiceTask,
  signal: AbortSignal,
): Promise<ProbeAnswer> {
  const service = await parts.swarm.service(task.name, signal);
  if (service === null) return 'unknown';
  const stand = standOf(service, task.opId);
  // Taken back, but its tasks still answer.
  if (stand === 'back' && isUpdating(service)) return 'partial';
  if (stand !== 'made') return 'not_done';
  const { converged: all } = convergenceOf(service, await parts.swarm.tasks(service.id, signal));
  return all && !isUpdating(service) ? 'done' : 'partial';
}

interface Change {
  readonly task: ServiceTask;
  readonly service: ServiceFacts;
  readonly spec: JsonObject;
  readonly undo: boolean;
}

/** @returns null when the manager took it, else why not */
async function update({ swarm }: SwarmParts, change: Change, signal: AbortSignal): Promise<string | null> {
  try {
    await swarm.update(change.service, marked(change), signal);
    return null;
  } catch (error) {
    if (error instanceof RollbackError && ['REFUSED', 'NOT_FOUND'].includes(error.code)) return error.message;
    throw inDoubt(error);
  }
}

/** The recorded specification with our marks, and with as many tasks as there are to be now. */
function marked({ task, service, spec, undo }: Change): JsonObject {
  const { step, opId } = task;
  const present = recordIn(service.spec['TaskTemplate'])['ForceUpdate'];
  return {
    ...spec,
    Mode: service.spec['Mode'] ?? spec['Mode'] ?? null,
    TaskTemplate: { ...recordIn(spec['TaskTemplate']), ForceUpdate: present ?? 0 },
    Labels: {
      ...recordIn(spec['Labels']),
      [labels.op]: opId,
      [labels.target]: step.target.name,
      [labels.release]: (undo ? step.from?.id : step.to?.id) ?? '',
      [labels.since]: service.update?.startedAt ?? '',
      ...(undo ? { [labels.purpose]: 'undo' } : {}),
    },
  };
}

/** Waits until every task runs from the specification of our update. @returns null when they do, else why not */
async function converged(
  parts: SwarmParts,
  { task, stand }: { readonly task: ServiceTask; readonly stand: 'made' | 'back' },
  signal: AbortSignal,
): Promise<string | null> {
  const { clock, swarm } = parts;
  const begin = clock.now();
  for (;;) {
    const service = await look(parts, task, signal);
    if (service === null) throw stuck(task, 'it was removed while it converged');
    if (standOf(service, task.opId) !== stand) throw stuck(task, 'somebody changed it while it converged');
    const tasks = await swarm.tasks(service.id, signal).catch((error: unknown) => {
      throw inDoubt(error);
    });
    const { converged: all, running, wanted, problem } = convergenceOf(service, tasks);
    if (all && !isUpdating(service)) return null;
    const why = problem === '' ? '' : `: ${problem}`;
    const which = stand === 'made' ? 'the old specification' : 'the one that was put back';
    if (hasGivenUp(service)) return `the engine gave the update of ${task.name} up${why}`;
    if (clock.now() - begin >= task.withinMs)
      return `${running} of ${wanted} tasks of ${task.name} ran from ${which} after ${formatDuration(task.withinMs)}${why}`;
    await sleep(clock, lookEveryMs, signal);
  }
}

async function look(
  { swarm }: SwarmParts,
  { name }: ServiceTask,
  signal: AbortSignal,
): Promise<ServiceFacts | null> {
  try {
    return await swarm.service(name, signal);
  } catch (error) {
    throw inDoubt(error);
  }
}

/** An update before ours leaves its state behind. */
function isOurs({ spec, update: status }: ServiceFacts): boolean {
  return status !== null && status.startedAt !== textIn(recordIn(spec['Labels'])[labels.since]);
}

function isUpdating(service: ServiceFacts): boolean {
  return isOurs(service) && service.update?.state === 'updating';
}

function hasGivenUp(service: ServiceFacts): boolean {
  const state = service.update?.state ?? '';
  return isOurs(service) && (state === 'paused' || state.startsWith('rollback'));
}

function stuck({ name, step }: ServiceTask, why: string): RollbackError {
  const message = `rolling back service ${name}: ${why}; look at docker service ps ${name}, and update it by hand to release ${step.to?.id ?? ''} or back`;
  return new RollbackError('EFFECT_UNKNOWN', message, { service: name });
}

/** The image of a recorded specification, for people. */
export function imageIn(spec: JsonObject): string {
  return imageOf(spec).split('@')[0] ?? '';
}
