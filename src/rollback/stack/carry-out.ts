import type { JsonObject } from '../../clients/docker/facts.ts';
import { labels } from '../../clients/docker/marks.ts';
import { crashPoint } from '../../domain/crash-point.ts';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import { untilHealthy } from '../docker/health.ts';
import { inDoubt } from '../docker/in-doubt.ts';
import { nextMove, noProgress, type Move, type Progress } from './next-move.ts';
import { dependencyLabel } from './order.ts';
import { isMade, readMembers, type Member } from './stand.ts';
import type { Rollout, StackParts } from './task.ts';

const mostMoves = 400;

/** How a rollout ended. */
export type Arrival =
  | { readonly arrived: true; readonly services: readonly string[] }
  /** `touched`: the effect changed something before it failed. */
  | { readonly arrived: false; readonly why: string; readonly touched: boolean };

/**
 * Makes one call after the other, each from where the engine says that things stand, until the stack runs the recorded
 * release or something refuses. Run again after a crash it goes on; run again after its end it changes nothing.
 */
export async function rollOut(parts: StackParts, rollout: Rollout, signal: AbortSignal): Promise<Arrival> {
  let progress = noProgress;
  let before: string | null = null;
  for (let count = 0; count < mostMoves; count++) {
    const members = await whereItStands(parts, rollout, signal);
    before ??= idsOf(members);
    const move = nextMove(members, progress, rollout);
    if (move.do === 'end') return { arrived: true, services: madeServices(members, rollout) };
    if (count > 0) crashPoint('effect.call.between');
    const refusal = await attempt(parts, { rollout, move }, signal);
    if (refusal !== null) {
      const after = await whereItStands(parts, rollout, signal);
      const touched = madeServices(after, rollout).length > 0 || idsOf(after) !== (before ?? '');
      return { arrived: false, why: refusal, touched };
    }
    progress = learn(progress, move);
  }
  throw stuck(rollout, `it did not end within ${mostMoves} calls`);
}

/** This run or an earlier one may have called: what cannot be read now leaves it open whether anything happened. */
async function whereItStands(
  { docker }: StackParts,
  { stack }: Rollout,
  signal: AbortSignal,
): Promise<readonly Member[]> {
  try {
    return await readMembers(docker, stack, signal);
  } catch (error) {
    throw inDoubt(error);
  }
}

function idsOf(members: readonly Member[]): string {
  return members
    .map(({ container }) => `${container.id} ${container.status}`)
    .toSorted()
    .join();
}

function madeServices(members: readonly Member[], { opId, undo }: Rollout): readonly string[] {
  const made = members.filter((member) => isMade(member, opId, undo));
  return [...new Set(made.map(({ service }) => service))];
}

interface Turn {
  readonly rollout: Rollout;
  readonly move: Exclude<Move, { do: 'end' }>;
}

const refusing = new Set(['REFUSED', 'NOT_FOUND', 'COMMAND_FAILED']);

/** @returns null when it went well, else why not; throws when nobody knows */
async function attempt(parts: StackParts, turn: Turn, signal: AbortSignal): Promise<string | null> {
  try {
    return await make(parts, turn, signal);
  } catch (error) {
    if (error instanceof RollbackError && refusing.has(error.code)) return messageOf(error);
    throw inDoubt(error);
  }
}

async function make(parts: StackParts, { rollout, move }: Turn, signal: AbortSignal): Promise<string | null> {
  const { docker, compose } = parts;
  const { stack, pace, opId, step } = rollout;
  switch (move.do) {
    case 'up': {
      const { service, order, scale } = move;
      const documents = [rollout.record.model, overrideFor(rollout, move)];
      const call = { service, scale, how: order.how, graceMs: pace.stopGraceMs, opId };
      await compose.up(stack, documents, { ...call, deadlineMs: step.deadlineMs }, signal);
      return null;
    }
    case 'await_health':
      return awaitHealth(parts, rollout, move, signal);
    case 'rename':
      await docker.rename(move.member.container.id, move.to, signal);
      return null;
    case 'hold_down':
      await docker.setRestartPolicy(move.member.container.id, { name: 'no', maximumRetryCount: 0 }, signal);
      return null;
    case 'stop':
      await docker.stop(move.member.container.id, pace.stopGraceMs, signal);
      return null;
    case 'remove':
      await docker.remove(move.member.container.id, signal);
      return null;
  }
}

async function awaitHealth(
  parts: StackParts,
  { pace, undo, towards }: Rollout,
  { service, made }: Extract<Move, { do: 'await_health' }>,
  signal: AbortSignal,
): Promise<string | null> {
  if (made.length === 0) return `Compose made no container of ${service}`;
  // What is put back may be as broken as it was: that it is back is what counts.
  if (undo) return null;
  const wait = { withinMs: pace.healthyWithinMs, steadyMs: pace.steadyMs };
  const problems = await Promise.all(
    made.map(async ({ container }) => untilHealthy(parts, container.id, wait, signal)),
  );
  const problem = problems.find((one) => one !== null);
  return problem === undefined ? null : `${service} of ${towards} did not come up: ${problem}`;
}

/** Compose takes this after the recorded project: the image by its id, and whose containers they are. */
function overrideFor(rollout: Rollout, { service, order }: Extract<Move, { do: 'up' }>): JsonObject {
  const { record, opId, step, release, undo } = rollout;
  const wanted = record.services[service];
  return {
    services: {
      [service]: {
        image: wanted?.image ?? '',
        pull_policy: 'never',
        labels: {
          [labels.op]: opId,
          [labels.target]: step.target.name,
          [labels.release]: release,
          [labels.image]: wanted?.label ?? '',
          [labels.order]: JSON.stringify(order),
          [labels.dependsOn]: dependencyLabel(record, service),
          ...(undo ? { [labels.purpose]: 'undo' } : {}),
        },
      },
    },
  };
}

function learn(progress: Progress, move: Move): Progress {
  if (move.do === 'up') return { ...progress, brought: new Set([...progress.brought, move.service]) };
  if (move.do === 'await_health') return { ...progress, proven: new Set([...progress.proven, move.service]) };
  return progress;
}

/** Nobody can say that all is as it was: a person has to look. */
export function stuck({ stack, towards }: Rollout, why: string): RollbackError {
  const { project, directory } = stack;
  const message = `bringing stack ${project} to ${towards}: ${why}; compare docker compose --project-name ${project} ps --all with the files in ${directory}, and bring the right services up by hand`;
  return new RollbackError('EFFECT_UNKNOWN', message, { project });
}
