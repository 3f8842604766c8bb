import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import type { HttpClient } from '../../clients/http.ts';
import {
  milvusCollection,
  openMilvus,
  type Milvus,
  type MilvusCollection,
} from '../../clients/vectors/milvus.ts';
import type { BackupFacts } from '../../domain/backup.ts';
import type { DataStore, VectorStore } from '../../domain/data-store.ts';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import type { Archivist } from '../../domain/ports/backups.ts';

export interface MilvusParts {
  readonly stores: Readonly<Record<string, DataStore>>;
  readonly http: HttpClient;
}

/**
 * Vector stores of Milvus: the schema, indexes, partitions and aliases of each collection, and how many rows it had. The
 * rows themselves are not in the copy: they are in the volumes of the store, which a recipe has to hold, too.
 *
 * So a restoration makes each collection anew, empty, under another name, and compares; the switch is made by restoring
 * the volumes, and refused here until what is in use is as the copy says.
 */
export function milvusArchivist({ stores, http }: MilvusParts): Archivist {
  const storeOf = (name: string): VectorStore => {
    const found = stores[name];
    if (found?.kind === 'milvus') return found;
    throw new RollbackError('NOT_FOUND', `there is no data store ${name} of Milvus`);
  };
  const open = (name: string, signal: AbortSignal): Milvus => openMilvus(http, storeOf(name), signal);
  return {
    kind: 'store',
    handles: (name) => stores[name]?.kind === 'milvus',
    restsOn: (name) => storeOf(name).volumes.map((volume) => ({ kind: 'volume', name: volume })),
    async examine(name, signal) {
      const { volumes } = storeOf(name);
      const unknown = `the rows of ${name} would be in no copy: name the volumes that it keeps them in, in data_stores.${name}.milvus.volumes, and have the recipe hold them`;
      const problems = volumes.length === 0 ? [unknown] : [];
      try {
        const none = inUse(await open(name, signal).collections()).length === 0;
        return { problems: none ? [...problems, `${name} holds no collection`] : problems, bytes: 0 };
      } catch (error) {
        return { problems: [...problems, messageOf(error)], bytes: null };
      }
    },
    dump: (name, sink, signal) => dump(open(name, signal), sink, signal),
    whyNotHere: () => Promise.resolve(null),
    restoreBeside: (name, source, scratch, signal) =>
      restoreBeside(open(name, signal), { name, source, scratch }),
    async switchTo(name, scratch, _keepAs, signal) {
      const milvus = open(name, signal);
      const different = await differences(milvus, scratch);
      if (different.length > 0)
        throw new RollbackError(
          'REFUSED',
          `${name} is not as the copy says: ${different.slice(0, 5).join('; ')}; its rows come back with its volumes only: restore ${storeOf(name).volumes.join(', ')} by volume.restore`,
        );
      await drop(milvus, scratch);
    },
    async switched(name, scratch, _keepAs, signal) {
      const left = besides(await open(name, signal).collections(), scratch);
      return left.length === 0 ? 'done' : 'not_done';
    },
    drop: (name, which, signal) => drop(open(name, signal), which),
    async count(name, signal) {
      const milvus = open(name, signal);
      const collections = await describeAll(milvus, inUse(await milvus.collections()));
      return factsOf(collections);
    },
  };
}

const copy = z.object({
  format: z.literal('rollbackd-milvus-1'),
  collections: z.array(milvusCollection.extend({ rows: z.number() })),
});

const ours = /_rollbackd_[0-9a-z_]+$/;

function inUse(collections: readonly string[]): readonly string[] {
  return collections.filter((name) => !ours.test(name));
}

/** Names of collections are letters, digits and underscores. */
function besideOf(collection: string, scratch: string): string {
  return `${collection}_rollbackd_${scratch.replaceAll(/[^0-9a-z]/g, '_')}`;
}

function besides(collections: readonly string[], scratch: string): readonly string[] {
  const end = besideOf('', scratch);
  return collections.filter((name) => name.endsWith(end));
}

async function describeAll(milvus: Milvus, names: readonly string[]): Promise<readonly MilvusCollection[]> {
  const described: MilvusCollection[] = [];
  for (const name of names) described.push(await milvus.describe(name));
  return described;
}

/** What a copy of a schema can be counted by; rows are no part of it. */
function factsOf(collections: readonly Pick<MilvusCollection, 'name' | 'fields' | 'indexes'>[]): BackupFacts {
  const counts = collections.flatMap(({ name, fields, indexes }) => [
    [`fields of ${name}`, fields.length] as const,
    [`indexes of ${name}`, indexes.length] as const,
  ]);
  return { server: 'milvus', tool: null, schemaVersion: null, counts: Object.fromEntries(counts) };
}

async function dump(milvus: Milvus, sink: Writable, signal: AbortSignal): Promise<BackupFacts> {
  const described = await describeAll(milvus, inUse(await milvus.collections()));
  const collections = [];
  for (const one of described) collections.push({ ...one, rows: await milvus.rows(one.name) });
  const text = `${JSON.stringify({ format: 'rollbackd-milvus-1', collections }, null, 2)}\n`;
  await pipeline([Buffer.from(text)], sink, { signal });
  return factsOf(described);
}

/** Of a description: a thousand collections fit well. */
const mostBytes = 64 * 2 ** 20;

interface RestoringBeside {
  readonly name: string;
  readonly source: Readable;
  readonly scratch: string;
}

async function restoreBeside(
  milvus: Milvus,
  { name, source, scratch }: RestoringBeside,
): Promise<BackupFacts> {
  const read = copy.safeParse(parsed(await textOf(source, name)));
  if (!read.success) throw new RollbackError('BACKUP_INVALID', `the copy of ${name} is not one of a Milvus`);
  await drop(milvus, scratch);
  const made: MilvusCollection[] = [];
  for (const one of read.data.collections) {
    const beside = besideOf(one.name, scratch);
    await milvus.make(beside, one);
    const there = await milvus.describe(beside);
    const different = differenceIn(one, there);
    if (different !== null)
      throw new RollbackError(
        'BACKUP_INVALID',
        `${one.name} could not be made again as it was: ${different}`,
      );
    made.push({ ...there, name: one.name });
  }
  return factsOf(made);
}

async function textOf(source: Readable, name: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes)
      throw new RollbackError('BACKUP_INVALID', `the copy of ${name} is larger than any description is`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function drop(milvus: Milvus, scratch: string): Promise<void> {
  for (const one of besides(await milvus.collections(), scratch)) await milvus.remove(one);
}

/** What is in use, against what was made anew from the copy. */
async function differences(milvus: Milvus, scratch: string): Promise<readonly string[]> {
  const all = await milvus.collections();
  const different: string[] = [];
  for (const beside of besides(all, scratch)) {
    const name = beside.slice(0, -besideOf('', scratch).length);
    const difference = all.includes(name)
      ? differenceIn(await milvus.describe(beside), await milvus.describe(name))
      : 'it is not there';
    if (difference !== null) different.push(`${name}: ${difference}`);
  }
  return different;
}

/** The first thing that two collections do not have in common; names and aliases do not count. */
function differenceIn(wanted: MilvusCollection, there: MilvusCollection): string | null {
  for (const what of ['dynamic', 'shards', 'fields', 'indexes', 'partitions'] as const) {
    const [one, other] = [JSON.stringify(wanted[what]), JSON.stringify(there[what])];
    if (one !== other) return `its ${what} are ${other.slice(0, 200)}, and were ${one.slice(0, 200)}`;
  }
  return null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
