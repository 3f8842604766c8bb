import { Admin } from '@platformatic/kafka';
import type { KafkaStore } from '../../domain/data-store.ts';
import { RollbackError } from '../../domain/errors.ts';
import { SECOND } from '../../domain/time.ts';
import { kafkaFailure } from './failure.ts';

/** A place in the log of one partition. */
export interface Offset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** What the log of a partition holds: from the first offset that is there to the one that comes next. */
export interface Bounds {
  readonly topic: string;
  readonly partition: number;
  readonly first: number;
  readonly next: number;
}

/** The consumer groups of a Kafka cluster. Everything rejects with `RollbackError`s. Ends with its disposal. */
export interface Kafka extends AsyncDisposable {
  /** Names of the groups that keep their offsets in the cluster. */
  groups(): Promise<readonly string[]>;
  /** Who is in a group now, as the members call themselves. */
  members(group: string): Promise<readonly string[]>;
  /** What a group has committed; partitions that it never did are left out. */
  committed(group: string): Promise<readonly Offset[]>;
  /** Of every partition of the topics. */
  bounds(topics: readonly string[]): Promise<readonly Bounds[]>;
  /** The first offsets at or after an instant (epoch ms); partitions without one are left out. */
  firstAt(topics: readonly string[], at: number): Promise<readonly Offset[]>;
  /** Commits offsets for a group that has no members; a cluster refuses it for others. */
  commit(group: string, offsets: readonly Offset[]): Promise<void>;
}

/** How a cluster is reached. */
export type KafkaOpener = (store: KafkaStore, signal: AbortSignal) => Promise<Kafka>;

const connectMs = 5 * SECOND;
const requestMs = 10 * SECOND;
const [earliest, latest] = [-2n, -1n];

/** Opens a cluster. Asks nothing yet. */
export async function openKafka(store: KafkaStore, signal: AbortSignal): Promise<Kafka> {
  const admin = adminOf(store);
  const abort = (): void => void admin.close().catch(() => {});
  signal.addEventListener('abort', abort, { once: true });
  const ask = async <T>(tried: string, work: () => Promise<T>): Promise<T> => {
    if (signal.aborted)
      throw new RollbackError('ABORTED', `interrupted before it could ${tried} in ${store.name}`);
    try {
      return await work();
    } catch (cause) {
      throw kafkaFailure(store, tried, cause, signal);
    }
  };
  const listed = async (topics: readonly string[], timestamp: bigint): Promise<readonly Offset[]> =>
    ask('look at the log', async () => {
      if (topics.length === 0) return [];
      const metadata = await admin.metadata({
        topics: [...topics],
        autocreateTopics: false,
        forceUpdate: true,
      });
      const asked = topics.map((name) => ({
        name,
        partitions: (metadata.topics.get(name)?.partitions ?? []).map((_, partitionIndex) => ({
          partitionIndex,
          timestamp,
        })),
      }));
      return flat(await admin.listOffsets({ topics: asked }), ({ offset }) => offset);
    });
  return {
    groups: () => ask('list consumer groups', async () => [...(await admin.listGroups()).keys()].toSorted()),
    members: (group) =>
      ask(`look at the group ${group}`, async () => {
        const found = (await admin.describeGroups({ groups: [group] })).get(group);
        return [...(found?.members.values() ?? [])].map(
          ({ clientId, clientHost }) => `${clientId} ${clientHost}`,
        );
      }),
    committed: (group) =>
      ask(`read the offsets of ${group}`, async () => {
        const [found] = await admin.listConsumerGroupOffsets({ groups: [group] });
        return flat(found?.topics ?? [], ({ committedOffset }) => committedOffset);
      }),
    async bounds(topics) {
      const [firsts, nexts] = [await listed(topics, earliest), await listed(topics, latest)];
      return firsts.flatMap(({ topic, partition, offset: first }) => {
        const next = nexts.find((other) => other.topic === topic && other.partition === partition);
        return next === undefined ? [] : [{ topic, partition, first, next: next.offset }];
      });
    },
    firstAt: (topics, at) => listed(topics, BigInt(at)),
    commit: (group, offsets) =>
      ask(`set the offsets of ${group}`, () =>
        admin.alterConsumerGroupOffsets({
          groupId: group,
          topics: [...Map.groupBy(offsets, ({ topic }) => topic)].map(([name, places]) => ({
            name,
            partitionOffsets: places.map(({ partition, offset }) => ({ partition, offset: BigInt(offset) })),
          })),
        }),
      ),
    [Symbol.asyncDispose]: async () => {
      signal.removeEventListener('abort', abort);
      await admin.close().catch(() => {});
    },
  };
}

function adminOf({ brokers, tls, user, password, mechanism }: KafkaStore): Admin {
  return new Admin({
    clientId: 'rollbackd',
    bootstrapBrokers: [...brokers],
    connectTimeout: connectMs,
    requestTimeout: requestMs,
    timeout: requestMs,
    retries: 1,
    retryDelay: 250,
    autocreateTopics: false,
    ...(tls ? { tls: {} } : {}),
    ...(user === null ? {} : { sasl: { mechanism, username: user, password: password?.reveal() ?? '' } }),
  });
}

/** Places of partitions; what is below zero says that there is none. */
function flat<P extends { readonly partitionIndex: number }>(
  topics: readonly { readonly name: string; readonly partitions: readonly P[] }[],
  offsetOf: (partition: P) => bigint,
): readonly Offset[] {
  const all = topics.flatMap(({ name, partitions }) =>
    partitions.map((place) => ({
      topic: name,
      partition: place.partitionIndex,
      offset: Number(offsetOf(place)),
    })),
  );
  return all
    .filter(({ offset }) => offset >= 0)
    .toSorted((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1));
}
