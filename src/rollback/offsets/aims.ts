import type { Bounds, Kafka, KafkaOpener, Offset } from '../../clients/kafka/kafka.ts';
import { readOffsets } from '../../clients/kafka/recorded.ts';
import type { DataStore, KafkaStore } from '../../domain/data-store.ts';
import { RollbackError } from '../../domain/errors.ts';
import type { Backups } from '../../domain/ports/backups.ts';
import { copyOf } from '../database/store-copies.ts';
import type { OffsetOptions } from './options.ts';

/** How the driver reaches clusters and what was recorded of them. */
export interface OffsetMeans {
  readonly stores: Readonly<Record<string, DataStore>>;
  readonly open: KafkaOpener;
  /** null where no backups are configured. */
  readonly backups: Backups | null;
}

/** One partition, from where to where; null: the group has committed nothing there. */
export interface OffsetChange {
  readonly topic: string;
  readonly partition: number;
  readonly from: number | null;
  readonly to: number;
}

/** The store, or why there is none. */
export function clusterOf({ store }: OffsetOptions, { stores }: OffsetMeans): KafkaStore | string {
  const found = stores[store];
  if (found?.kind === 'kafka') return found;
  if (found !== undefined) return `the data store ${store} is a ${found.kind}, not a kafka`;
  const known = Object.keys(stores).join(', ');
  return `there is no data store ${store}; data_stores has ${known === '' ? 'none' : known}`;
}

/** Every partition whose offset is to change. @throws RollbackError `REFUSED`, `NOT_FOUND` where that cannot be */
export async function changesFor(
  kafka: Kafka,
  options: OffsetOptions,
  {
    backups,
    incident,
    signal,
  }: {
    readonly backups: Backups | null;
    readonly incident: string;
    readonly signal: AbortSignal;
  },
): Promise<readonly OffsetChange[]> {
  const { group, topics, store } = options;
  const bounds = await kafka.bounds(topics);
  const bare = topics.find((topic) => !bounds.some((one) => one.topic === topic));
  if (bare !== undefined) throw new RollbackError('NOT_FOUND', `there is no topic ${bare} in ${store}`);
  const committed = await kafka.committed(group);
  if (!committed.some(({ topic }) => topics.includes(topic)))
    throw new RollbackError('NOT_FOUND', `${group} has no offsets for ${topics.join(', ')} in ${store}`);
  const aims = await aimsOf(kafka, options, { backups, incident, signal, bounds });
  mustBeInside(aims, bounds, group);
  return aims.flatMap(({ topic, partition, offset: to }) => {
    const from = placeIn(committed, { topic, partition })?.offset ?? null;
    return from === to ? [] : [{ topic, partition, from, to }];
  });
}

interface Aiming {
  readonly backups: Backups | null;
  readonly incident: string;
  readonly signal: AbortSignal;
  readonly bounds: readonly Bounds[];
}

async function aimsOf(kafka: Kafka, options: OffsetOptions, aiming: Aiming): Promise<readonly Offset[]> {
  const { bounds } = aiming;
  switch (options.to) {
    case 'recorded':
      return recordedFor(options, aiming);
    case 'earliest':
      return bounds.map(({ topic, partition, first: offset }) => ({ topic, partition, offset }));
    case 'latest':
      return bounds.map(({ topic, partition, next: offset }) => ({ topic, partition, offset }));
    default: {
      const firsts = await kafka.firstAt(options.topics, Date.parse(options.to));
      // Where nothing was written since, what comes next is the first.
      return bounds.map(({ topic, partition, next }) => ({
        topic,
        partition,
        offset: placeIn(firsts, { topic, partition })?.offset ?? next,
      }));
    }
  }
}

async function recordedFor(
  { store, group, topics, set: from }: OffsetOptions,
  { backups, incident, signal }: Aiming,
): Promise<readonly Offset[]> {
  if (backups === null)
    throw new RollbackError('REFUSED', 'no backups are configured, so no offsets are recorded');
  const { set, part } = await copyOf(backups, { store, from, incident });
  const groups = await readOffsets(await backups.open(set, part, signal));
  const held = Object.hasOwn(groups, group) ? (groups[group] ?? []) : [];
  const wanted = held.filter(({ topic }) => topics.includes(topic));
  if (wanted.length > 0) return wanted;
  throw new RollbackError('NOT_FOUND', `${set.id} holds no offsets of ${group} for ${topics.join(', ')}`);
}

function mustBeInside(aims: readonly Offset[], bounds: readonly Bounds[], group: string): void {
  for (const aim of aims) {
    const { topic, partition, offset } = aim;
    const log = placeIn(bounds, aim);
    if (log !== undefined && offset >= log.first && offset <= log.next) continue;
    const there =
      log === undefined ? 'that partition is not there' : `the log holds ${log.first} to ${log.next}`;
    throw new RollbackError('REFUSED', `${group} cannot go to ${offset} of ${topic}/${partition}: ${there}`);
  }
}

/** What is known of one partition. */
export function placeIn<P extends { readonly topic: string; readonly partition: number }>(
  places: readonly P[],
  { topic, partition }: { readonly topic: string; readonly partition: number },
): P | undefined {
  return places.find((place) => place.topic === topic && place.partition === partition);
}
