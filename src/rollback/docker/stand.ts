import { z } from 'zod';
import type { Docker } from '../../clients/docker/docker.ts';
import type { ContainerFacts, ContainerRow } from '../../clients/docker/facts.ts';
import { labels } from '../../clients/docker/marks.ts';
import type { Task } from './task.ts';

/** What the made container remembers, in a label, of the one that it replaces: enough to put that one back. */
const replaced = z.object({
  /** null when there was none. */
  id: z.string().nullable(),
  up: z.boolean(),
  restart: z.object({ name: z.string(), maximumRetryCount: z.number() }),
  startFirst: z.boolean(),
});
export type Replaced = z.output<typeof replaced>;

/** Where a rollback stands, as the engine tells it. Everything that has to survive a crash is in here. */
export interface Stand {
  /** The container made for this effect. */
  readonly made: ContainerFacts | null;
  readonly record: Replaced | null;
  /** The container that is, or was, in the place. */
  readonly old: ContainerFacts | null;
  /** Name of a container that is in the way, if any. */
  readonly foreign: string | null;
}

export async function readStand(docker: Docker, task: Task, signal: AbortSignal): Promise<Stand> {
  const { name, places, opId } = task;
  const [marked, own, aside] = await Promise.all([
    docker.labelled(labels.op, opId, signal),
    docker.container(name, signal),
    docker.container(places.replaced, signal),
  ]);
  const made = await only(docker, marked, signal);
  if (made === null) {
    const foreign = aside?.name ?? null;
    return { made, record: null, old: own, foreign };
  }
  const record = readRecord(made.labels[labels.replaces]);
  const known = [own, aside].find((container) => container?.id === record.id) ?? null;
  const old = known ?? (record.id === null ? null : await docker.container(record.id, signal));
  const foreign = own !== null && own.id !== made.id && own.id !== record.id ? own.name : null;
  return { made, record, old, foreign };
}

/** What goes into the label. */
export function recordReplaced(old: ContainerFacts | null, startFirst: boolean): string {
  const record: Replaced = {
    id: old?.id ?? null,
    up: old?.up ?? false,
    restart: old?.restartPolicy ?? { name: 'no', maximumRetryCount: 0 },
    startFirst,
  };
  return JSON.stringify(record);
}

function readRecord(label: string | undefined): Replaced {
  return replaced.parse(JSON.parse(label ?? 'null'));
}

async function only(
  docker: Docker,
  rows: readonly ContainerRow[],
  signal: AbortSignal,
): Promise<ContainerFacts | null> {
  const first = rows[0];
  return first === undefined ? null : docker.container(first.id, signal);
}
