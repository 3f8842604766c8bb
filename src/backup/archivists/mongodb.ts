import { dropMongo, restoreMongoBeside } from '../../clients/databases/mongodb/beside.ts';
import { catalogueOf, countMongo, switchWords, wordOf } from '../../clients/databases/mongodb/catalogue.ts';
import { openMongo, type Mongo } from '../../clients/databases/mongodb/connection.ts';
import { dumpMongo } from '../../clients/databases/mongodb/dump.ts';
import { mongoSwitched, switchMongo } from '../../clients/databases/mongodb/switch.ts';
import type { BackupFacts } from '../../domain/backup.ts';
import type { Database, DataStore } from '../../domain/data-store.ts';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import type { Archivist } from '../../domain/ports/backups.ts';
import { sourceOf, whyNotThatServer, whyNotThatSource } from './versions.ts';

/**
 * Databases of MongoDB, over its own protocol. The copy is as of one instant where the server is a member of a replica
 * set; documents are counted in the copy itself. What is restored stands beside the collections in use, in the same
 * database, since only there a rename moves no data.
 */
export function mongodbArchivist(stores: Readonly<Record<string, DataStore>>): Archivist {
  const storeOf = (name: string): Database => {
    const found = stores[name];
    if (found?.kind === 'mongodb') return found;
    throw new RollbackError('NOT_FOUND', `there is no data store ${name} of MongoDB`);
  };
  return {
    kind: 'store',
    handles: (name) => stores[name]?.kind === 'mongodb',
    async examine(name, signal) {
      try {
        await using mongo = await openMongo(storeOf(name), signal);
        return await examine(mongo, storeOf(name));
      } catch (error) {
        return { problems: [messageOf(error)], bytes: null };
      }
    },
    async dump(name, sink, signal) {
      const store = storeOf(name);
      try {
        await using mongo = await openMongo(store, signal);
        if (mongo.role === 'router') throw new RollbackError('REFUSED', sharded(store));
        return factsOf(mongo, store, await dumpMongo(mongo, store, sink, signal));
      } catch (error) {
        sink.destroy(error instanceof Error ? error : undefined);
        throw error;
      }
    },
    async whyNotHere(name, facts, signal) {
      const store = storeOf(name);
      await using mongo = await openMongo(store, signal);
      return (
        whyNotThatSource(facts, sourceOf(store)) ??
        whyNotThatServer(facts.server, mongo.server) ??
        whyNotWritable(mongo, store)
      );
    },
    async restoreBeside(name, source, suffix, signal) {
      const store = storeOf(name);
      await using mongo = await openMongo(store, signal);
      return factsOf(mongo, store, await restoreMongoBeside(mongo, { source, word: wordOf(suffix) }));
    },
    async switchTo(name, scratch, keepAs, signal) {
      await using mongo = await openMongo(storeOf(name), signal);
      await switchMongo(mongo, storeOf(name), switchWords(scratch, keepAs));
    },
    async switched(name, scratch, keepAs, signal) {
      await using mongo = await openMongo(storeOf(name), signal);
      return await mongoSwitched(mongo, switchWords(scratch, keepAs));
    },
    async drop(name, which, signal) {
      await using mongo = await openMongo(storeOf(name), signal);
      for (const word of [wordOf(which), `${wordOf(which)}_old`]) await dropMongo(mongo, word);
    },
    async count(name, signal) {
      const store = storeOf(name);
      await using mongo = await openMongo(store, signal);
      const { collections } = await catalogueOf(mongo);
      const names = collections.map((one) => one.name);
      return factsOf(mongo, store, await countMongo(mongo, names));
    },
    async room(name, signal) {
      await using mongo = await openMongo(storeOf(name), signal);
      const sizes = await sizesOf(mongo);
      const { storageSize = 0, indexSize = 0, fsTotalSize, fsUsedSize } = sizes;
      if (fsTotalSize === undefined || fsUsedSize === undefined) return null;
      return { neededBytes: storageSize + indexSize, freeBytes: fsTotalSize - fsUsedSize };
    },
  };
}

async function examine(mongo: Mongo, store: Database): Promise<Awaited<ReturnType<Archivist['examine']>>> {
  const { collections, others } = await catalogueOf(mongo);
  const { name, database } = store;
  const problems = [
    ...(mongo.role === 'router' ? [sharded(store)] : []),
    ...(collections.length === 0 ? [`the database ${database} of ${name} has no collections`] : []),
    ...(others.length > 0 ? [`${name} has time series, which are not copied: ${others.join(', ')}`] : []),
  ];
  const warnings = mongo.takesSnapshots
    ? []
    : [
        `${name} is not of a replica set of MongoDB 5.0 or later, so its copy is not of one instant: what is written meanwhile may be half in it; quiesce its writers first`,
      ];
  return { problems, warnings, bytes: (await sizesOf(mongo)).dataSize ?? null };
}

type Sizes = Partial<Record<'dataSize' | 'storageSize' | 'indexSize' | 'fsTotalSize' | 'fsUsedSize', number>>;

async function sizesOf({ database, asked }: Mongo): Promise<Sizes> {
  return asked('dbStats', () => database.command({ dbStats: 1 }));
}

function factsOf({ server }: Mongo, store: Database, counts: Readonly<Record<string, number>>): BackupFacts {
  return { server, tool: null, schemaVersion: null, source: sourceOf(store), counts };
}

function sharded({ name }: Database): string {
  return `${name} is the router of a sharded cluster, of which no consistent copy can be made here`;
}

function whyNotWritable({ role }: Mongo, store: Database): string | null {
  if (role === 'router') return sharded(store);
  return role === 'secondary' ? `${store.name} is a secondary; its url must lead to the primary` : null;
}
