import { z } from 'zod';
import type { Docker } from '../../clients/docker/docker.ts';
import type { ContainerFacts } from '../../clients/docker/facts.ts';
import { labels } from '../../clients/docker/marks.ts';
import { specifyInStack, stackContainers } from '../../clients/docker/stack.ts';
import type { Specification } from '../../clients/docker/specification.ts';
import { canonical } from '../../domain/json.ts';
import type { StackTarget } from '../../domain/target.ts';

/** A container of a stack with the specification that it was made from. */
export interface Member {
  readonly service: string;
  readonly container: ContainerFacts;
  readonly specification: Specification;
}

/** How the containers of a service are replaced; a label remembers it across a crash. */
const order = z.object({ how: z.enum(['replace', 'beside', 'created']), count: z.number() });
export type Order = z.output<typeof order>;

/** The containers of all services of the stack. */
export async function readMembers(
  docker: Docker,
  stack: StackTarget,
  signal: AbortSignal,
): Promise<readonly Member[]> {
  const containers = await stackContainers(docker, stack, signal);
  const ids = [...new Set(containers.map(({ container }) => container.image))];
  const images = new Map(
    await Promise.all(ids.map(async (id) => [id, await docker.image(id, signal)] as const)),
  );
  return containers.map(({ service, container }) => ({
    service,
    container,
    specification: specifyInStack(container, images.get(container.image)?.config ?? {}, containers),
  }));
}

/** Whether the container is as recorded: image and specification. */
export function isAs(
  { container, specification }: Member,
  wanted: { readonly image: string; readonly specification: Specification },
): boolean {
  return container.image === wanted.image && canonical(specification) === canonical(wanted.specification);
}

/** Whether the effect made the container, going forward or, with `undo`, when it was taken back. */
export function isMade({ container }: Member, opId: string, undo: boolean): boolean {
  return container.labels[labels.op] === opId && (container.labels[labels.purpose] === 'undo') === undo;
}

/** The order that a made container remembers. */
export function orderOf({ container }: Member): Order | null {
  return order.safeParse(JSON.parse(container.labels[labels.order] ?? 'null')).data ?? null;
}
