import type { ContainerFacts } from '../../clients/docker/facts.ts';
import { labels } from '../../clients/docker/marks.ts';
import { recreation, primaryNetwork } from '../../clients/docker/recreate.ts';
import type { Specification } from '../../clients/docker/specification.ts';
import { crashPoint } from '../../domain/crash-point.ts';
import type { EffectOutcome } from '../../domain/effect.ts';
import { RollbackError } from '../../domain/errors.ts';
import { msOf } from '../drivers/duration-option.ts';
import { untilHealthy } from './health.ts';
import { inDoubt } from './in-doubt.ts';
import { nextMove, noProgress, type Move, type Progress } from './next-move.ts';
import { whyNotBeside } from './overlap.ts';
import { whyNotFrom } from './refusals.ts';
import { readStand, recordReplaced, type Stand } from './stand.ts';
import type { DockerParts, Task } from './task.ts';

const mostMoves = 40;

/** A task with the specification that it goes to; none is needed to take it back. */
export interface Work {
  readonly task: Task;
  readonly specification: Specification | null;
  /** True: the effect is to be undone, whatever came of it. */
  readonly undo: boolean;
}

/**
 * Makes one call after the other, each from where the engine says that things stand, until the rollback is done or
 * taken back. Run again after a crash it goes on; run again after its end it changes nothing.
 */
export async function carryOut(parts: DockerParts, work: Work, signal: AbortSignal): Promise<EffectOutcome> {
  let progress: Progress = { ...noProgress, failure: work.undo ? 'it was undone' : null };
  const { task, specification } = work;
  const networks = specification === null ? [] : otherNetworks(specification);
  for (let count = 0; count < mostMoves; count++) {
    const stand = await whereItStands(parts, task, signal);
    if (stand.made === null && work.undo)
      return { ended: 'done', detail: 'nothing was made, nothing to undo' };
    const move = nextMove(stand, progress, { ...task, networks });
    if (move.do === 'end') return outcome(move.as, stand, progress, work);
    if (stand.foreign !== null) return inTheWay(stand, work);
    if (count > 0) crashPoint('effect.call.between');
    const refusal = await attempt(parts, work, { stand, move }, signal);
    if (refusal === null) progress = learn(progress, move);
    else if (stand.made === null) return { ended: 'failed', detail: refusal, retryable: false };
    else progress = giveUp(progress, refusal, work, stand);
  }
  throw stuck(task, `it did not end within ${mostMoves} calls`);
}

interface Turn {
  readonly stand: Stand;
  readonly move: Exclude<Move, { do: 'end' }>;
}

/** This run or an earlier one may have called: what cannot be read now leaves it open whether anything happened. */
async function whereItStands({ docker }: DockerParts, task: Task, signal: AbortSignal): Promise<Stand> {
  try {
    return await readStand(docker, task, signal);
  } catch (error) {
    throw inDoubt(error);
  }
}

/** @returns null when it went well, else why not; throws when nobody knows */
async function attempt(
  parts: DockerParts,
  work: Work,
  turn: Turn,
  signal: AbortSignal,
): Promise<string | null> {
  try {
    return await make(parts, work, turn, signal);
  } catch (error) {
    if (error instanceof RollbackError && (error.code === 'REFUSED' || error.code === 'NOT_FOUND'))
      return error.message;
    throw inDoubt(error);
  }
}

async function make(
  parts: DockerParts,
  work: Work,
  { stand, move }: Turn,
  signal: AbortSignal,
): Promise<string | null> {
  const { docker } = parts;
  const { options, places } = work.task;
  switch (move.do) {
    case 'create':
      await create(parts, work, stand.old, signal);
      return null;
    case 'connect': {
      const endpoint = work.specification?.networks[move.network] ?? {};
      await docker.connect(move.network, idOf(stand.made), endpoint, signal);
      return null;
    }
    case 'hold_down':
      await docker.setRestartPolicy(idOf(stand[move.which]), { name: 'no', maximumRetryCount: 0 }, signal);
      return null;
    case 'stop':
      await docker.stop(idOf(stand[move.which]), msOf(options.stop_grace), signal);
      return null;
    case 'start':
      await docker.start(idOf(stand[move.which]), signal);
      return null;
    case 'rename':
      await docker.rename(idOf(stand[move.which]), move.to, signal);
      return null;
    case 'restore_policy':
      if (stand.record !== null) await docker.setRestartPolicy(idOf(stand.old), stand.record.restart, signal);
      return null;
    case 'await_health': {
      const wait = { withinMs: msOf(options.healthy_within), steadyMs: msOf(options.steady_for) };
      const problem = await untilHealthy(parts, idOf(stand.made), wait, signal);
      return problem === null ? null : `the old release did not come up: ${problem} (see ${places.failed})`;
    }
  }
}

async function create(
  { docker, vault }: DockerParts,
  { task, specification }: Work,
  old: ContainerFacts | null,
  signal: AbortSignal,
): Promise<void> {
  const { options, step, image } = task;
  const found = await docker.image(image.value, signal);
  if (specification === null || found === null) {
    const message = `recreating ${task.name}: the image or the specification of release ${step.to?.id ?? ''} is gone; nothing was changed`;
    throw new RollbackError('NOT_FOUND', message);
  }
  // After a crash somebody may have deployed meanwhile: that is not what this effect was to replace.
  const changed = await whyNotFrom({ docker, vault }, task, old, signal);
  if (changed !== null) throw new RollbackError('REFUSED', `${changed}; nothing was changed`);
  const startFirst =
    options.start_first && old?.status === 'running' && whyNotBeside(old, specification) === null;
  const { body } = recreation(specification, {
    image: found.id,
    imageConfig: found.config,
    replaced: old,
    keepEnvironment: options.keep_env,
    labels: {
      [labels.op]: task.opId,
      [labels.target]: step.target.name,
      [labels.release]: step.to?.id ?? '',
      [labels.image]: image.label,
      [labels.replaces]: recordReplaced(old, startFirst),
    },
  });
  await docker.create(task.places.next, body, signal);
}

function otherNetworks({ networks, hostConfig }: Specification): readonly string[] {
  const primary = primaryNetwork(hostConfig);
  return Object.keys(networks).filter((name) => name !== primary);
}

function learn(progress: Progress, move: Move): Progress {
  if (move.do === 'await_health') return { ...progress, proven: true };
  if (move.do === 'start' && move.which === 'old') return { ...progress, oldStarted: true };
  return progress;
}

function giveUp(progress: Progress, refusal: string, { task }: Work, stand: Stand): Progress {
  const takingBack = progress.failure !== null || stand.made?.name === task.places.failed;
  if (takingBack) throw stuck(task, refusal);
  return { ...progress, failure: refusal };
}

function outcome(as: 'done' | 'put_back', stand: Stand, progress: Progress, work: Work): EffectOutcome {
  const { task, undo } = work;
  const release = `${task.image.label} (${task.step.to?.id ?? ''})`;
  if (as === 'done') {
    const kept = stand.old === null ? '' : `; the replaced container is kept as ${task.places.replaced}`;
    return { ended: 'done', detail: `container ${task.name} runs ${release}${kept}` };
  }
  const back =
    stand.old === null ? 'there was none to put back' : `the replaced container ${task.name} is back`;
  if (undo) return { ended: 'done', detail: `${back}; ${release} is stopped as ${task.places.failed}` };
  const why = progress.failure ?? 'an earlier attempt failed';
  return { ended: 'failed', detail: `${why}; ${back}`, retryable: false };
}

/** Somebody else has taken the name: what is there now is not what the plan was made for. */
function inTheWay({ made, foreign }: Stand, { task }: Work): EffectOutcome {
  const what = `a container that is not ours is called ${foreign}`;
  if (made !== null) throw stuck(task, what);
  return { ended: 'failed', detail: `${what}; nothing was changed`, retryable: false };
}

function stuck(task: Task, why: string): RollbackError {
  const { next, replaced, failed } = task.places;
  const message = `rolling back container ${task.name}: ${why}; compare docker ps -a for ${task.name}, ${next}, ${replaced} and ${failed}, and put the right one in place by hand`;
  return new RollbackError('EFFECT_UNKNOWN', message, { container: task.name });
}

function idOf(container: ContainerFacts | null): string {
  if (container === null)
    throw new RollbackError('NOT_FOUND', 'a container vanished in the middle of a rollback');
  return container.id;
}
