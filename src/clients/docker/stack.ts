import { canonical, digest } from '../../domain/json.ts';
import type { Vault } from '../../domain/ports/vault.ts';
import type { StackTarget } from '../../domain/target.ts';
import type { Docker } from './docker.ts';
import type { ContainerFacts, JsonObject } from './facts.ts';
import { labels } from './marks.ts';
import { recordIn, textIn, textsIn } from './shape.ts';
import { specify, type Specification } from './specification.ts';

/** Labels that Compose puts on its containers. */
export const composeLabels = {
  prefix: 'com.docker.compose.',
  project: 'com.docker.compose.project',
  service: 'com.docker.compose.service',
  oneOff: 'com.docker.compose.oneoff',
  hash: 'com.docker.compose.config-hash',
  dependsOn: 'com.docker.compose.depends_on',
  number: 'com.docker.compose.container-number',
} as const;

/** A container of a stack, and the service that it is of. */
export interface StackContainer {
  readonly service: string;
  readonly container: ContainerFacts;
}

/** The containers of the target's services, running or not, in the order in which they were made. */
export async function stackContainers(
  docker: Docker,
  stack: StackTarget,
  signal: AbortSignal,
): Promise<readonly StackContainer[]> {
  const rows = await docker.labelled(composeLabels.project, stack.project, signal);
  const own = rows.filter(({ labels: found }) => {
    const service = found[composeLabels.service];
    // What `docker compose run` starts belongs to the person who runs it.
    if (service === undefined || found[composeLabels.oneOff] === 'True') return false;
    return stack.services === null || stack.services.includes(service);
  });
  const found = await Promise.all(
    own.map(async ({ id, labels: found }) => {
      const container = await docker.container(id, signal);
      return container === null ? [] : [{ service: found[composeLabels.service] ?? '', container }];
    }),
  );
  return found.flat().toSorted((a, b) => a.container.createdAt - b.container.createdAt);
}

/**
 * How a container of a stack was asked for: as `specify`, and without what Compose adds for its own accounts and what
 * depends on the number of the container. Containers that share a network or a process space are named by service.
 */
export function specifyInStack(
  container: ContainerFacts,
  imageConfig: JsonObject,
  others: readonly StackContainer[],
): Specification {
  const { config, hostConfig, networks, version } = specify(container, imageConfig);
  const kept = Object.entries(recordIn(config['Labels'])).filter(
    ([name]) => !name.startsWith(composeLabels.prefix),
  );
  const { Labels: _, ...rest } = config;
  const shared = ['NetworkMode', 'IpcMode', 'PidMode'].flatMap((key) => {
    const service = sharedWith(textIn(hostConfig[key]), others);
    return service === null ? [] : [[key, `service:${service}`] as const];
  });
  return {
    version,
    config: { ...rest, ...(kept.length === 0 ? {} : { Labels: Object.fromEntries(kept) }) },
    hostConfig: { ...hostConfig, ...Object.fromEntries(shared) },
    networks: Object.fromEntries(
      Object.entries(networks).map(([name, endpoint]) => [name, withoutName(endpoint, container.name)]),
    ),
  };
}

/** The service whose container a mode such as `container:4f1e…` names, or null. */
export function sharedWith(mode: string, others: readonly StackContainer[]): string | null {
  if (!mode.startsWith('container:')) return null;
  const id = mode.slice('container:'.length);
  return others.find(({ container }) => container.id === id || container.name === id)?.service ?? null;
}

/** What identifies the release of a stack. Containers of a service that are alike count as one. */
export function stackValue(
  members: readonly {
    readonly service: string;
    readonly container: ContainerFacts;
    readonly specification: Specification;
  }[],
  vault: Vault,
): string {
  const parts = [...Map.groupBy(members, ({ service }) => service)].map(([service, own]) => [
    service,
    own
      .map(({ container, specification }) => `${container.image} ${vault.digest(canonical(specification))}`)
      .filter((text, index, all) => all.indexOf(text) === index)
      .toSorted(),
  ]);
  return digest(Object.fromEntries(parts));
}

/** Services that others wait for to complete: they do their work and end. */
export function jobsAmong(containers: readonly StackContainer[]): ReadonlySet<string> {
  const waits = containers.flatMap(({ container }) =>
    (container.labels[labels.dependsOn] ?? container.labels[composeLabels.dependsOn] ?? '')
      .split(',')
      .map((part) => part.split(':')),
  );
  return new Set(
    waits.flatMap(([service = '', condition]) =>
      condition === 'service_completed_successfully' ? [service] : [],
    ),
  );
}

/** It did its work and ended, and nothing is to start it again. */
export function isFinished({ status, exitCode, restartPolicy }: ContainerFacts): boolean {
  return status === 'exited' && exitCode === 0 && restartPolicy.name === 'no';
}

/** Compose lets each container be known by its name, which numbers it. */
function withoutName(endpoint: JsonObject, name: string): JsonObject {
  const { Aliases, ...rest } = endpoint;
  const aliases = textsIn(Aliases).filter((alias) => alias !== name);
  return aliases.length === 0 ? rest : { ...rest, Aliases: aliases };
}
