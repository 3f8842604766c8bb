import type { Kafka, KafkaOpener } from '../../clients/kafka/kafka.ts';
import { readOffsets, writeOffsets, type RecordedOffsets } from '../../clients/kafka/recorded.ts';
import type { BackupFacts } from '../../domain/backup.ts';
import type { DataStore, KafkaStore } from '../../domain/data-store.ts';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import type { Archivist } from '../../domain/ports/backups.ts';

export interface KafkaArchivistParts {
  readonly stores: Readonly<Record<string, DataStore>>;
  readonly open: KafkaOpener;
}

/** The offsets that the consumer groups of a cluster have committed; not the records in its topics. */
export function kafkaArchivist({ stores, open }: KafkaArchivistParts): Archivist {
  const storeOf = (name: string): KafkaStore => {
    const found = stores[name];
    if (found?.kind === 'kafka') return found;
    throw new RollbackError('NOT_FOUND', `there is no data store ${name} of Kafka`);
  };
  const allOf = async (name: string, signal: AbortSignal): Promise<RecordedOffsets> => {
    await using kafka = await open(storeOf(name), signal);
    return await offsetsOf(kafka);
  };
  return {
    kind: 'store',
    forSteps: true,
    handles: (name) => stores[name]?.kind === 'kafka',
    async examine(name, signal) {
      try {
        const none = Object.keys(await allOf(name, signal)).length === 0;
        return { problems: none ? [`no consumer group of ${name} has offsets`] : [], bytes: null };
      } catch (error) {
        return { problems: [messageOf(error)], bytes: null };
      }
    },
    async dump(name, sink, signal) {
      const groups = await allOf(name, signal);
      sink.end(writeOffsets(groups));
      return factsOf(groups);
    },
    whyNotHere: () => Promise.resolve(null),
    restoreBeside: async (_name, source) => factsOf(await readOffsets(source)),
    switchTo: (name) =>
      Promise.reject(
        new RollbackError(
          'REFUSED',
          `the offsets of ${name} go back group by group, by the step offsets.reset with to: recorded`,
        ),
      ),
    switched: () => Promise.resolve('not_done'),
    drop: () => Promise.resolve(),
  };
}

async function offsetsOf(kafka: Kafka): Promise<RecordedOffsets> {
  const found: Record<string, RecordedOffsets[string]> = {};
  for (const group of await kafka.groups()) {
    const offsets = await kafka.committed(group);
    if (offsets.length > 0) found[group] = offsets;
  }
  return found;
}

/** Partitions by group. */
function factsOf(groups: RecordedOffsets): BackupFacts {
  const counts = Object.fromEntries(Object.entries(groups).map(([name, offsets]) => [name, offsets.length]));
  return { server: null, tool: null, schemaVersion: null, counts };
}
