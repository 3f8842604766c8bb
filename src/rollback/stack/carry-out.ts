import type { JsonObject } from '../../clients/docker/facts.ts';
import { labels } from '../../clients/docker/marks.ts';
import { crashPoint } from '../../domain/crash-point.ts';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import { untilHealthy } from '../docker/health.ts';
import { inDoubt } from '../docker/in-doubt.ts';
import { nextMoves, noProgress, type Move, type Progress, type Up } from './next-move.ts';
import { dependencyLabel, inOrder } from './order.ts';
import { isMade, readMembers, type Member } from './stand.ts';
import { roomForTwice } from './room-for-twice.ts';
import type { Pace, Rollout, StackParts } from './task.ts';

const mostMoves = 400;

/** How a rollout ended. */
export type Arrival =
  | { readonly arrived: true; readonly services: readonly string[] }
  /** `touched`: the effect changed something before it failed. */
  | { readonly arrived: false; readonly why: string; readonly touched: boolean };

/**
 * Makes call after call, each from where the engine says that things stand, until the stack runs the recorded release or
 * something refuses. Run again after a crash it goes on; run again after its end it changes nothing.
 */
export async function rollOut(parts: StackParts, rollout: Rollout, signal: AbortSignal): Promise<Arrival> {
  let progress = noProgress;
  let before: string | null = null;
  const room = roomForTwice(parts, rollout.pace);
  for (let count = 0; count < mostMoves; count++) {
    const members = await whereItStands(parts, rollout, signal);
    before ??= idsOf(members);
    const moves = nextMoves(members, progress, rollout, room);
    if (moves.length === 0) return { arrived: true, services: madeServices(members, rollout) };
    if (count > 0) crashPoint('effect.call.between');
    const refusal = await attemptAll(parts, { rollout, moves }, signal);
    if (refusal !== null) {
      const after = await whereItStands(parts, rollout, signal);
      const touched = madeServices(after, rollout).length > 0 || idsOf(after) !== (before ?? '');
      return { arrived: false, why: refusal, touched };
    }
    progress = moves.reduce(learn, progress);
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

function madeServices(members: readonly Member[], { record, opId, undo }: Rollout): readonly string[] {
  const made = new Set(members.filter((member) => isMade(member, opId, undo)).map(({ service }) => service));
  return inOrder(record).filter((service) => made.has(service));
}

interface Turn {
  readonly rollout: Rollout;
  readonly move: Move;
}

/** All have ended when it returns or throws: nothing goes on behind what comes next. */
async function attemptAll(
  parts: StackParts,
  { rollout, moves }: { readonly rollout: Rollout; readonly moves: readonly Move[] },
  signal: AbortSignal,
): Promise<string | null> {
  const ends = await Promise.allSettled(moves.map(async (move) => attempt(parts, { rollout, move }, signal)));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return (
    ends.map((end) => (end.status === 'fulfilled' ? end.value : null)).find((why) => why !== null) ?? null
  );
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
      const documents = [rollout.record.model, overrideFor(rollout, move)];
      const call = { services: move.services, how: move.how, graceMs: pace.stopGraceMs, opId };
      await compose.up(stack, documents, { ...call, deadlineMs: step.deadlineMs }, signal);
      return null;
    }
    case 'await_health':
      return awaitHealth(parts, rollout, move, signal);
    case 'rename':
      await docker.rename(move.member.container.id, move.to, signal);
      return null;
    case 'take_away':
      await takeAway(parts, move.member, pace, signal);
      return null;
  }
}

async function takeAway(
  { docker }: StackParts,
  { container }: Member,
  { stopGraceMs }: Pace,
  signal: AbortSignal,
): Promise<void> {
  const { id, restartPolicy, up } = container;
  // An engine that restarts must not bring back what was stopped.
  if (restartPolicy.name !== 'no') {
    await docker.setRestartPolicy(id, { name: 'no', maximumRetryCount: 0 }, signal);
    crashPoint('effect.call.between');
  }
  if (up) {
    await docker.stop(id, stopGraceMs, signal);
    crashPoint('effect.call.between');
  }
  await docker.remove(id, signal);
}

/** The first that does not come up ends the wait for the others. */
async function awaitHealth(
  parts: StackParts,
  { pace, undo, towards }: Rollout,
  { services }: Extract<Move, { do: 'await_health' }>,
  signal: AbortSignal,
): Promise<string | null> {
  const missing = services.find(({ made }) => made.length === 0);
  if (missing !== undefined) return `Compose made no container of ${missing.service}`;
  // What is put back may be as broken as it was: that it is back is what counts.
  if (undo) return null;
  const wait = { withinMs: pace.healthyWithinMs, steadyMs: pace.steadyMs };
  const enough = new AbortController();
  const waiting = AbortSignal.any([signal, enough.signal]);
  let first: string | null = null;
  const waits = services.flatMap(({ service, made }) =>
    made.map(async ({ container }) => {
      try {
        const problem = await untilHealthy(parts, container.id, wait, waiting);
        if (problem === null) return;
        first ??= `${service} of ${towards} did not come up: ${problem}`;
        enough.abort();
      } catch (error) {
        if (first !== null) return;
        enough.abort();
        throw error;
      }
    }),
  );
  await Promise.all(waits);
  return first;
}

/** Compose takes this after the recorded project: the images by their ids, and whose containers they are. */
function overrideFor(rollout: Rollout, { services }: Extract<Move, { do: 'up' }>): JsonObject {
  return {
    services: Object.fromEntries(services.map((up) => [up.service, overrideOf(rollout, up)])),
  };
}

function overrideOf({ record, opId, step, release, undo }: Rollout, { service, order }: Up): JsonObject {
  const wanted = record.services[service];
  return {
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
  };
}

function learn(progress: Progress, move: Move): Progress {
  if (move.do !== 'up' && move.do !== 'await_health') return progress;
  const names = move.services.map(({ service }) => service);
  return move.do === 'up'
    ? { ...progress, brought: new Set([...progress.brought, ...names]) }
    : { ...progress, proven: new Set([...progress.proven, ...names]) };
}

/** Nobody can say that all is as it was: a person has to look. */
export function stuck({ stack, towards }: Rollout, why: string): RollbackError {
  const { project, directory } = stack;
  const message = `bringing stack ${project} to ${towards}: ${why}; compare docker compose --project-name ${project} ps --all with the files in ${directory}, and bring the right services up by hand`;
  return new RollbackError('EFFECT_UNKNOWN', message, { project });
}
