import type { Docker } from './docker.ts';
import type { ContainerFacts } from './facts.ts';

/** Containers that have one of these volumes mounted and run, are paused, or are about to be started again; by name. */
export async function volumeUsers(
  docker: Docker,
  volumes: readonly string[],
  signal: AbortSignal,
): Promise<readonly ContainerFacts[]> {
  const rows = await docker.containers(signal);
  const users: ContainerFacts[] = [];
  for (const { id } of rows.filter(({ state }) => holding.has(state))) {
    const facts = await docker.container(id, signal);
    if (facts?.mounts.some(({ type, name }) => type === 'volume' && volumes.includes(name)) === true)
      users.push(facts);
  }
  return users.toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

const holding: ReadonlySet<string> = new Set(['running', 'restarting', 'paused']);
