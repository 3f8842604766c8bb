import type { Readable } from 'node:stream';
import type { Document } from 'mongodb';
import { crashPoint } from '../../../domain/crash-point.ts';
import { RollbackError } from '../../../domain/errors.ts';
import { besideIn, countMongo, lateOf, prefixOf, switchesName, type Described } from './catalogue.ts';
import type { Mongo } from './connection.ts';
import { tags } from './dump.ts';
import { framesIn, invalid } from './frames.ts';

const mostDocuments = 1000;
const mostBytes = 4 * 1024 * 1024;

/**
 * Restores a copy into collections beside those in use, in the same database: from there each takes its place by a
 * rename that moves no data. What an earlier attempt left goes first.
 *
 * @returns documents by collection, counted by the server
 */
export async function restoreMongoBeside(
  mongo: Mongo,
  { source, word }: { readonly source: Readable; readonly word: string },
): Promise<Readonly<Record<string, number>>> {
  await dropMongo(mongo, word);
  crashPoint('effect.call.between');
  const { names, views } = await fill(mongo, source, prefixOf(word));
  crashPoint('effect.call.between');
  await leaveViews(mongo, word, views);
  return countMongo(mongo, names, prefixOf(word));
}

/** Writes down which views belong to collections beside: a view cannot be renamed. */
async function leaveViews(
  { database, asked }: Mongo,
  word: string,
  views: readonly Described[],
): Promise<void> {
  const { BSON } = await import('mongodb');
  const record = { _id: word as never, views: BSON.EJSON.stringify(views, { relaxed: false }) };
  await asked('note the views', () => database.collection(switchesName).insertOne(record));
}

/** Removes what is beside under a word. What is not there is removed already. */
export async function dropMongo(mongo: Mongo, word: string): Promise<void> {
  const { database, asked } = mongo;
  for (const prefix of [prefixOf(word), lateOf(word)])
    for (const name of await besideIn(mongo, prefix))
      await asked(`drop ${prefix}${name}`, () => database.collection(prefix + name).drop());
  const switches = database.collection(switchesName);
  await asked('forget the switch', () => switches.deleteOne({ _id: word as never }));
  if ((await asked('count the switches', () => switches.countDocuments())) === 0)
    await asked(`drop ${switchesName}`, () => switches.drop());
}

async function fill(
  mongo: Mongo,
  source: Readable,
  prefix: string,
): Promise<{ readonly names: readonly string[]; readonly views: readonly Described[] }> {
  const { BSON } = await import('mongodb');
  const { database, asked } = mongo;
  const names: string[] = [];
  const views: Described[] = [];
  let isOver = false;
  let current: Filling | null = null;
  for await (const { tag, bytes } of framesIn(source)) {
    if (isOver) throw invalid('goes on behind its end');
    if (tag === tags.document) {
      if (current === null) throw invalid('has documents of no collection');
      await current.take(bytes);
      continue;
    }
    const said = BSON.deserialize(bytes);
    const name = String(said['name']);
    if (tag === tags.collection) {
      const options = said['options'] as Document;
      await asked(`create ${name}`, () => database.command({ create: prefix + name, ...options }));
      names.push(name);
      current = new Filling(mongo, prefix + name, said['indexes'] as readonly Document[]);
    } else if (tag === tags.end) {
      await current?.end(Number(said['count']));
      current = null;
    } else if (tag === tags.view) views.push({ name, options: said['options'] as Document });
    else if (tag === tags.last) isOver = true;
    else throw invalid('holds a frame of no known kind');
  }
  if (!isOver) throw invalid('has no end');
  return { names, views };
}

/** One collection that is being filled. */
class Filling {
  readonly #mongo: Mongo;
  readonly #name: string;
  readonly #indexes: readonly Document[];
  #waiting: Document[] = [];
  #bytes = 0;
  #count = 0;

  constructor(mongo: Mongo, name: string, indexes: readonly Document[]) {
    this.#mongo = mongo;
    this.#name = name;
    this.#indexes = indexes;
  }

  async take(bytes: Buffer): Promise<void> {
    const { BSON } = await import('mongodb');
    // Every value stays of its own type: 1 and 1.0 are two, and so are numbers that JavaScript cannot hold.
    const exact = { promoteValues: false, promoteLongs: false, promoteBuffers: false, bsonRegExp: true };
    this.#waiting.push(BSON.deserialize(bytes, { ...exact, validation: { utf8: false } }));
    this.#bytes += bytes.length;
    this.#count += 1;
    if (this.#waiting.length >= mostDocuments || this.#bytes >= mostBytes) await this.#flush();
  }

  async end(count: number): Promise<void> {
    await this.#flush();
    if (count !== this.#count)
      throw new RollbackError(
        'BACKUP_INVALID',
        `the copy has ${this.#count} documents of ${this.#name}, and says that it has ${count}`,
      );
    const { database, asked } = this.#mongo;
    if (this.#indexes.length === 0) return;
    const indexes = [...this.#indexes];
    await asked(`index ${this.#name}`, () => database.command({ createIndexes: this.#name, indexes }));
  }

  async #flush(): Promise<void> {
    if (this.#waiting.length === 0) return;
    const { database, asked } = this.#mongo;
    const collection = database.collection(this.#name);
    const options = { ordered: true, bypassDocumentValidation: true, forceServerObjectId: true };
    await asked(`fill ${this.#name}`, () => collection.insertMany(this.#waiting, options));
    this.#waiting = [];
    this.#bytes = 0;
  }
}
