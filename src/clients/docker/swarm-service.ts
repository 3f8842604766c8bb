import { canonical, digest } from '../../domain/json.ts';
import type { Vault } from '../../domain/ports/vault.ts';
import type { JsonObject } from './facts.ts';
import { labels } from './marks.ts';
import { recordIn, textIn } from './shape.ts';
import type { ServiceFacts, TaskFacts } from './swarm.ts';

/** What is recorded of a release of a Swarm service. Holds secrets. */
export interface ServiceSpecRecord {
  readonly version: 1;
  readonly kind: 'swarm';
  /** Without our own labels. */
  readonly spec: JsonObject;
}

/** Reads the text that was sealed; null when it is of another kind or a newer version. */
export function readServiceRecord(text: string): ServiceSpecRecord | null {
  const record = JSON.parse(text) as Partial<ServiceSpecRecord>;
  return record.version === 1 && record.kind === 'swarm' ? (record as ServiceSpecRecord) : null;
}

/** The specification as somebody else made it: without our labels. */
export function specWithoutMarks(spec: JsonObject): JsonObject {
  const own = Object.entries(recordIn(spec['Labels'])).filter(([name]) => !name.startsWith(labels.prefix));
  return { ...spec, Labels: Object.fromEntries(own) };
}

/**
 * What identifies the release of a service: its image, and the keyed digest of its specification. How many tasks there
 * are, how updates go about it and how often tasks were restarted by force are no part of a release.
 */
export function serviceValue(spec: JsonObject, vault: Vault): string {
  const { UpdateConfig: _, RollbackConfig: __, Mode, TaskTemplate, ...rest } = specWithoutMarks(spec);
  const { ForceUpdate: ___, ...template } = recordIn(TaskTemplate);
  const modes = Object.keys(recordIn(Mode)).toSorted();
  return digest({
    image: imageOf(spec),
    spec: vault.digest(canonical({ ...rest, TaskTemplate: template, Mode: modes })),
  });
}

/** The image as the service names it, with the registry's digest where there is one. */
export function imageOf(spec: JsonObject): string {
  return textIn(recordIn(recordIn(spec['TaskTemplate'])['ContainerSpec'])['Image']);
}

/** How many tasks there are to be; null where that is one for each node. */
export function replicasOf(spec: JsonObject): number | null {
  const replicated = recordIn(spec['Mode'])['Replicated'];
  if (replicated === undefined) return null;
  const { Replicas } = recordIn(replicated);
  return typeof Replicas === 'number' ? Replicas : 1;
}

/** How far the tasks of a service are. */
export interface Convergence {
  /** Tasks that are to run, from the service's present specification. */
  readonly running: number;
  readonly wanted: number;
  /** Every task that is to run does, from the present specification, and none of another. */
  readonly converged: boolean;
  /** What the engine says of the newest task that failed; empty without one. */
  readonly problem: string;
}

/** Compares the tasks of a service with its specification. */
export function convergenceOf({ spec }: ServiceFacts, tasks: readonly TaskFacts[]): Convergence {
  const container = canonical(recordIn(spec['TaskTemplate'])['ContainerSpec']);
  const present = tasks.filter((task) => canonical(task.spec['ContainerSpec']) === container);
  const wantedTasks = tasks.filter(({ wantedState }) => wantedState === 'running' || wantedState === 'ready');
  const running = present.filter(
    ({ state, wantedState }) => state === 'running' && wantedState === 'running',
  );
  const others = tasks.filter((task) => !present.includes(task) && isAlive(task));
  const wanted = replicasOf(spec) ?? Math.max(wantedTasks.length, 1);
  return {
    running: running.length,
    wanted,
    converged: running.length === wanted && wantedTasks.length === wanted && others.length === 0,
    problem: present.findLast(({ problem }) => problem !== '')?.problem ?? '',
  };
}

function isAlive({ state, wantedState }: TaskFacts): boolean {
  return wantedState === 'running' || state === 'running' || state === 'starting';
}
