import { join, normalize } from 'node:path';
import type { StackRecord } from '../../clients/compose/record.ts';
import type { JsonObject } from '../../clients/docker/facts.ts';
import { recordIn, textIn } from '../../clients/docker/shape.ts';
import { crashPoint } from '../../domain/crash-point.ts';
import type { EffectOutcome } from '../../domain/effect.ts';
import { RollbackError } from '../../domain/errors.ts';
import type { Step } from '../../domain/plan.ts';
import type { StackTarget } from '../../domain/target.ts';
import { msOf } from '../drivers/duration-option.ts';
import { inDoubt } from '../docker/in-doubt.ts';
import { stackBuildOptions } from './options.ts';
import { isMade, readMembers, type Member } from './stand.ts';
import { rolloutTo, stackOf, type Pace, type Rollout, type StackParts } from './task.ts';
import { undertake, type Undertaking } from './undertake.ts';

/** The services that a build touches, of the project as its files have it now. */
export function affected(step: Step, model: JsonObject): readonly string[] {
  const { services, paths } = stackBuildOptions.parse(step.options);
  const stack = stackOf(step);
  const built = Object.entries(recordIn(model['services'])).filter(
    ([name, definition]) => 'build' in recordIn(definition) && isOfTarget(stack, name),
  );
  const asked = built.filter(([name]) => services === undefined || services.includes(name));
  if (paths === undefined) return asked.map(([name]) => name).toSorted();
  const changed = paths.map((path) => normalize(join(stack.directory, path)));
  const everything = changed.some((path) => stack.files.includes(path));
  return asked
    .filter(([, definition]) => everything || changed.some((path) => isIn(path, recordIn(definition))))
    .map(([name]) => name)
    .toSorted();
}

function isOfTarget({ services }: StackTarget, name: string): boolean {
  return services === null || services.includes(name);
}

/** Whether the path lies in what the service is built from. */
function isIn(path: string, definition: JsonObject): boolean {
  const { context, dockerfile, additional_contexts: more } = recordIn(definition['build']);
  const folder = textIn(context);
  const places = [folder, join(folder, textIn(dockerfile)), ...Object.values(recordIn(more)).map(textIn)];
  return places.some((place) => place !== '' && (path === place || path.startsWith(`${place}/`)));
}

/** Builds the affected services from the files as they are, and replaces them; puts all back if one does not come up. */
export async function buildStack(
  parts: StackParts,
  step: Step,
  opId: string,
  signal: AbortSignal,
): Promise<EffectOutcome> {
  const stack = stackOf(step);
  const members = await readMembers(parts.docker, stack, signal);
  const isBegun = members.some((member) => isMade(member, opId, false) || isMade(member, opId, true));
  if (!isBegun) {
    const problem = await build(parts, step, opId, signal);
    if (problem !== null)
      return { ended: 'failed', detail: `${problem}; nothing was changed`, retryable: false };
    crashPoint('effect.call.between');
  }
  return undertake(parts, await buildUndertaking(parts, step, opId, signal), signal);
}

/** @returns null when the images were built, else why not */
async function build(
  { compose }: StackParts,
  step: Step,
  opId: string,
  signal: AbortSignal,
): Promise<string | null> {
  const stack = stackOf(step);
  const { build_within } = stackBuildOptions.parse(step.options);
  try {
    const services = affected(step, await compose.model(stack, signal));
    if (services.length === 0) return null;
    await compose.build(stack, { services, opId, deadlineMs: msOf(build_within) }, signal);
    return null;
  } catch (error) {
    if (!(error instanceof RollbackError)) throw error;
    if (error.recourse === 'give-up') return error.message;
    throw inDoubt(error);
  }
}

/** The way to what was built, and the way back to what ran. */
export async function buildUndertaking(
  parts: StackParts,
  step: Step,
  opId: string,
  signal: AbortSignal,
): Promise<Undertaking> {
  const stack = stackOf(step);
  const model = await parts.compose.model(stack, signal);
  const members = await readMembers(parts.docker, stack, signal);
  const only = affected(step, model);
  const services: Record<string, StackRecord['services'][string]> = {};
  for (const service of only) {
    const label =
      textIn(recordIn(recordIn(model['services'])[service])['image']) || `${stack.project}-${service}`;
    const image = await parts.docker.image(label, signal);
    services[service] = { image: image?.id ?? label, label, specification: presentOf(service, members) };
  }
  const record: StackRecord = { version: 1, kind: 'stack', files: [], model, services };
  const given = { step, opId, pace: buildPace(step) };
  const towards = `what its files say in ${stack.directory}`;
  const forward: Rollout = { ...given, undo: false, stack, towards, release: '', record, only };
  return { forward, back: rolloutTo(step.from, parts, { ...given, undo: true }) };
}

/** What it will be like is only known once it is made: it is taken to share what the present one shares. */
function presentOf(service: string, members: readonly Member[]): Member['specification'] {
  const present = members.find((member) => member.service === service);
  return present?.specification ?? { version: 1, config: {}, hostConfig: {}, networks: {} };
}

/** Not beside: the files may say anything about what both would share. */
function buildPace({ options }: Step): Pace {
  const { stop_grace, healthy_within, steady_for } = stackBuildOptions.parse(options);
  return {
    stopGraceMs: msOf(stop_grace),
    healthyWithinMs: msOf(healthy_within),
    steadyMs: msOf(steady_for),
    startFirst: false,
    atOnce: 1,
  };
}
