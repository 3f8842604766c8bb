import { labels } from '../../clients/docker/marks.ts';
import { composeLabels } from '../../clients/docker/stack.ts';
import type { EffectOutcome, ProbeAnswer } from '../../domain/effect.ts';
import { isHealthy } from '../docker/health.ts';
import { rollOut, stuck } from './carry-out.ts';
import { nextMoves } from './next-move.ts';
import { jobsOf } from './order.ts';
import { whyNotFrom } from './preflight.ts';
import { isMade, readMembers } from './stand.ts';
import type { Rollout, StackParts } from './task.ts';
import { failed } from '../settled.ts';

/** A rollout, and the way back if it fails; a problem where what ran was not recorded. */
export interface Undertaking {
  readonly forward: Rollout;
  readonly back: Rollout | { readonly problem: string };
}

/** Carries a rollout out, or goes on with it after a crash. If a service does not come up, all is put back. */
export async function undertake(
  parts: StackParts,
  { forward, back }: Undertaking,
  signal: AbortSignal,
): Promise<EffectOutcome> {
  const { stack, opId, step } = forward;
  const members = await readMembers(parts.docker, stack, signal);
  if (members.some((member) => isMade(member, opId, true)))
    return failed(`an earlier attempt failed; ${await putBack(parts, forward, back, 'it failed', signal)}`);
  // After a crash somebody may have deployed meanwhile: that is not what this effect was to replace.
  const changed = members.some((member) => isMade(member, opId, false))
    ? []
    : whyNotFrom(parts, step, members);
  if (changed[0] !== undefined) return failed(`${changed[0]}; nothing was changed`);
  const arrival = await rollOut(parts, forward, signal);
  if (arrival.arrived) return { ended: 'done', detail: doneText(forward, arrival.services) };
  if (!arrival.touched) return failed(`${arrival.why}; nothing was changed`);
  return failed(`${arrival.why}; ${await putBack(parts, forward, back, arrival.why, signal)}`);
}

/** Takes a finished or unfinished rollout back; harmless where nothing was made. */
export async function takeBack(
  parts: StackParts,
  { forward, back }: Undertaking,
  signal: AbortSignal,
): Promise<EffectOutcome> {
  const { stack, opId } = forward;
  const rows = await parts.docker.labelled(labels.op, opId, signal);
  if (!rows.some((row) => row.labels[composeLabels.project] === stack.project))
    return { ended: 'done', detail: 'nothing was made, nothing to undo' };
  return { ended: 'done', detail: await putBack(parts, forward, back, 'it was undone', signal) };
}

/** Where a rollout stands, as the engine tells it. */
export async function whereabouts(
  { docker, clock }: StackParts,
  rollout: Rollout,
  signal: AbortSignal,
): Promise<ProbeAnswer> {
  const { stack, opId, record, pace } = rollout;
  const members = await readMembers(docker, stack, signal);
  const made = members.filter((member) => isMade(member, opId, false));
  if (members.some((member) => isMade(member, opId, true))) return made.length > 0 ? 'partial' : 'not_done';
  if (made.length === 0) return 'not_done';
  const proven = new Set(made.map(({ service }) => service));
  if (nextMoves(members, { proven, brought: new Set() }, rollout, 1).length > 0) return 'partial';
  const jobs = jobsOf(record);
  const serving = made.filter(({ service }) => !jobs.has(service));
  const healthy = serving.every(({ container }) => isHealthy(container, pace.steadyMs, clock.wall()));
  return healthy ? 'done' : 'partial';
}

/** @returns what to say of it; throws when what ran cannot be brought back */
async function putBack(
  parts: StackParts,
  forward: Rollout,
  back: Undertaking['back'],
  why: string,
  signal: AbortSignal,
): Promise<string> {
  if ('problem' in back) throw stuck(forward, `${why}, and what ran cannot be put back: ${back.problem}`);
  const arrival = await rollOut(parts, back, signal);
  if (!arrival.arrived) throw stuck(back, arrival.why);
  return `stack ${back.stack.project} is back on ${back.release}`;
}

function doneText({ stack, towards }: Rollout, services: readonly string[]): string {
  const which = services.length === 0 ? 'nothing had to change' : `${services.join(', ')} replaced`;
  return `stack ${stack.project} runs ${towards}: ${which}`;
}
