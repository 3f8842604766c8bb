import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Document } from 'mongodb';
import type { Database } from '../../../domain/data-store.ts';
import { RollbackError } from '../../../domain/errors.ts';
import { catalogueOf, type Described, type MongoCatalogue } from './catalogue.ts';
import type { Mongo } from './connection.ts';

/** A copy begins so; then come frames: one byte that says what it is, and a document of BSON. */
export const magic = 'rollbackd mongodb 1\n';
export const tags = { collection: 0x43, document: 0x44, end: 0x45, view: 0x56, last: 0x5a } as const;

const batchBytes = 256 * 1024;

/**
 * Writes a copy of a database into `sink` and ends it: of every collection its options, its indexes, its documents as
 * the server has them, and how many; then the views. As of one instant where the server can.
 *
 * @returns documents by collection, counted in the copy
 */
export async function dumpMongo(
  mongo: Mongo,
  store: Database,
  sink: Writable,
  signal: AbortSignal,
): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  const catalogue = await catalogueOf(mongo);
  if (catalogue.others.length > 0)
    throw new RollbackError(
      'REFUSED',
      `${store.name} has collections that are not copied: ${catalogue.others.join(', ')} (time series)`,
    );
  await pipeline(Readable.from(frames(mongo, catalogue, counts)), sink, { signal });
  return counts;
}

async function* frames(
  mongo: Mongo,
  { collections, views }: MongoCatalogue,
  counts: Record<string, number>,
): AsyncGenerator<Buffer> {
  const { BSON } = await import('mongodb');
  const frame = (tag: number, document: Document): Buffer =>
    Buffer.concat([Buffer.of(tag), BSON.serialize(document)]);
  yield Buffer.from(magic);
  const session = mongo.takesSnapshots ? mongo.client.startSession({ snapshot: true }) : null;
  try {
    for (const collection of collections) {
      yield frame(tags.collection, await described(mongo, collection));
      let count = 0;
      for await (const batch of documents(mongo, collection.name, session)) {
        count += batch.count;
        yield batch.bytes;
      }
      counts[collection.name] = count;
      yield frame(tags.end, { name: collection.name, count });
    }
    for (const view of views) yield frame(tags.view, { ...view });
    yield frame(tags.last, {});
  } finally {
    await session?.endSession().catch(() => {});
  }
}

async function described({ database, asked }: Mongo, { name, options }: Described): Promise<Document> {
  const found = await asked(`listIndexes ${name}`, () => database.collection(name).listIndexes().toArray());
  const indexes = (found as Document[])
    .filter((index) => index['name'] !== '_id_' && index['clustered'] !== true)
    .map(({ ns: _ns, ...index }) => index);
  return { name, options, indexes };
}

async function* documents(
  { database, asked }: Mongo,
  name: string,
  session: ReturnType<Mongo['client']['startSession']> | null,
): AsyncGenerator<{ readonly bytes: Buffer; readonly count: number }> {
  const options = { raw: true, ...(session === null ? {} : { session }) };
  const cursor = database.collection(name).find({}, options);
  const tag = Buffer.of(tags.document);
  let parts: Uint8Array[] = [];
  let bytes = 0;
  let count = 0;
  try {
    for (;;) {
      const next = (await asked(`read ${name}`, () => cursor.next())) as Uint8Array | null;
      if (next !== null) {
        parts.push(tag, next);
        bytes += next.length;
        count += 1;
      }
      if (bytes < batchBytes && next !== null) continue;
      if (count > 0) yield { bytes: Buffer.concat(parts), count };
      if (next === null) return;
      [parts, bytes, count] = [[], 0, 0];
    }
  } finally {
    await cursor.close().catch(() => {});
  }
}
