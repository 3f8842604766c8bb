import { z } from 'zod';
import type { EffectRecords } from '../../clients/files/records.ts';
import { stackContainers, type StackContainer } from '../../clients/docker/stack.ts';
import { crashPoint } from '../../domain/crash-point.ts';
import type { EffectOutcome, ProbeAnswer } from '../../domain/effect.ts';
import { RollbackError } from '../../domain/errors.ts';
import type { Step } from '../../domain/plan.ts';
import { msOf } from '../drivers/duration-option.ts';
import { isHealthy, untilHealthy } from '../docker/health.ts';
import { inDoubt } from '../docker/in-doubt.ts';
import { stackRestartOptions } from './options.ts';
import { stackOf, type StackParts } from './task.ts';
import { failed } from '../settled.ts';

/** What the drivers of stacks that restart work with. */
export interface RestartParts extends StackParts {
  readonly records: EffectRecords;
}

/** When each container had started before the effect, by its id. */
const startsBefore = z.record(z.string(), z.string());

/** The containers that the step restarts, the ones that were made first before the others: Compose makes what others need first. */
export async function chosen(
  parts: StackParts,
  step: Step,
  signal: AbortSignal,
): Promise<readonly StackContainer[]> {
  const { services } = stackRestartOptions.parse(step.options);
  const all = await stackContainers(parts.docker, stackOf(step), signal);
  return all.filter(({ service, container }) =>
    services === undefined ? container.status === 'running' : services.includes(service),
  );
}

/** Restarts containers one by one, and waits for each; run again, it goes on with those that were not yet. */
export async function restartStack(
  parts: RestartParts,
  step: Step,
  opId: string,
  signal: AbortSignal,
): Promise<EffectOutcome> {
  try {
    return await restart(parts, step, opId, signal);
  } catch (error) {
    // Nothing was called yet, or it was called already: the starts of the containers tell.
    throw inDoubt(error);
  }
}

async function restart(
  parts: RestartParts,
  step: Step,
  opId: string,
  signal: AbortSignal,
): Promise<EffectOutcome> {
  const { docker, records } = parts;
  const options = stackRestartOptions.parse(step.options);
  const containers = await chosen(parts, step, signal);
  const before =
    startsBefore.safeParse(await records.read(opId)).data ?? (await note(parts, opId, containers));
  for (const { container } of containers) {
    if (!(container.id in before))
      return failed(`container ${container.name} was made by somebody else meanwhile`);
    if (before[container.id] === container.startedAt) {
      crashPoint('effect.call.between');
      const refusal = await asked(docker.restart(container.id, msOf(options.stop_grace), signal));
      if (refusal !== null) return failed(refusal);
    }
    crashPoint('effect.call.between');
    const wait = { withinMs: msOf(options.healthy_within), steadyMs: msOf(options.steady_for) };
    const problem = await untilHealthy(parts, container.id, wait, signal);
    if (problem !== null) return failed(`container ${container.name} was restarted, but ${problem}`);
  }
  const names = containers.map(({ container }) => container.name).join(', ');
  return {
    ended: 'done',
    detail: names === '' ? 'nothing runs, nothing was restarted' : `${names} restarted`,
  };
}

async function note(
  { records }: RestartParts,
  opId: string,
  containers: readonly StackContainer[],
): Promise<Readonly<Record<string, string>>> {
  const starts = Object.fromEntries(containers.map(({ container }) => [container.id, container.startedAt]));
  await records.write(opId, starts);
  return starts;
}

/** Whether every container has started since the effect was begun. */
export async function restartProbe(
  parts: RestartParts,
  step: Step,
  opId: string,
  signal: AbortSignal,
): Promise<ProbeAnswer> {
  const before = startsBefore.safeParse(await parts.records.read(opId)).data;
  if (before === undefined) return 'not_done';
  const { steady_for } = stackRestartOptions.parse(step.options);
  const found = await Promise.all(Object.keys(before).map(async (id) => parts.docker.container(id, signal)));
  const containers = found.filter((container) => container !== null);
  if (containers.length < found.length) return 'unknown';
  const restarted = containers.filter(({ id, startedAt }) => startedAt !== before[id]);
  if (restarted.length === 0) return containers.length === 0 ? 'done' : 'not_done';
  const well = restarted.every((container) => isHealthy(container, msOf(steady_for), parts.clock.wall()));
  return restarted.length === containers.length && well ? 'done' : 'partial';
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
