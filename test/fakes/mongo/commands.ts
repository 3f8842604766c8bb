import { BSON, Timestamp, type Document } from 'mongodb';
import { refusal } from './refusal.ts';
import { exact } from './wire.ts';

/** One collection or view, as `listCollections` tells of it. */
export interface Stored {
  readonly type: 'collection' | 'view' | 'timeseries';
  readonly options: Document;
  indexes: Document[];
  /** As they were inserted. */
  documents: readonly Buffer[];
}

export type Stand = Map<string, Stored>;

interface Cursor {
  readonly namespace: string;
  rest: readonly Buffer[];
}

const batch = 101;

/** What a server does with its collections, by their full names. As documented in the manual of MongoDB 7.0. */
export class Commands {
  readonly stand: Stand = new Map();
  readonly #snapshots: Stand[] = [];
  readonly #cursors = new Map<number, Cursor>();

  answer(command: Document, documents: readonly Buffer[]): Document {
    const [name = ''] = Object.keys(command);
    const database = String(command['$db']);
    const full = `${database}.${String(command[name])}`;
    switch (name) {
      case 'ping':
      case 'endSessions':
      case 'killCursors':
        return {};
      case 'buildInfo':
        return { version: '7.0.14' };
      case 'dbStats':
        return { dataSize: 1234, storageSize: 4096, indexSize: 4096, fsTotalSize: 10_000, fsUsedSize: 1000 };
      case 'listCollections':
        return this.#list(database, command);
      case 'listIndexes':
        return firstBatch(full, [{ v: 2, key: { _id: 1 }, name: '_id_' }, ...this.#at(full).indexes]);
      case 'create':
        return this.#create(full, command);
      case 'createIndexes':
        this.#at(full).indexes.push(...(command['indexes'] as Document[]));
        return {};
      case 'dropIndexes': {
        const at = this.#at(full);
        at.indexes = at.indexes.filter(({ name: index }) => index !== command['index']);
        return {};
      }
      case 'drop':
        if (!this.stand.delete(full)) throw refusal(26, 'NamespaceNotFound', 'ns not found');
        return {};
      case 'renameCollection':
        return this.#rename(String(command['renameCollection']), String(command['to']));
      case 'insert':
        return this.#insert(full, documents);
      case 'find':
        return this.#find(full, command);
      case 'getMore':
        return this.#more(command);
      case 'aggregate':
        return firstBatch(full, counted(this.stand.get(full)?.documents.length ?? 0));
      case 'update':
        return this.#update(full, command['updates'] as Document[]);
      case 'delete':
        return this.#delete(full, command['deletes'] as Document[]);
      default:
        throw refusal(59, 'CommandNotFound', `no such command: '${name}'`);
    }
  }

  #at(full: string): Stored {
    const found = this.stand.get(full);
    if (found === undefined) throw refusal(26, 'NamespaceNotFound', `ns does not exist: ${full}`);
    return found;
  }

  #list(database: string, { filter }: Document): Document {
    const rows = [...this.stand]
      .filter(([full]) => full.startsWith(`${database}.`))
      .map(([full, { type, options }]) => ({ name: full.slice(database.length + 1), type, options }))
      .filter(({ name }) => filter?.name === undefined || filter.name === name);
    return firstBatch(`${database}.$cmd.listCollections`, rows);
  }

  #create(full: string, command: Document): Document {
    if (this.stand.has(full)) throw refusal(48, 'NamespaceExists', `Collection ${full} already exists.`);
    const ofTheCall = /^(\$.*|create|lsid|writeConcern)$/;
    const options = Object.fromEntries(Object.entries(command).filter(([key]) => !ofTheCall.test(key)));
    const type = 'viewOn' in options ? 'view' : 'timeseries' in options ? 'timeseries' : 'collection';
    this.stand.set(full, { type, options, indexes: [], documents: [] });
    return {};
  }

  #rename(from: string, to: string): Document {
    const found = this.stand.get(from);
    if (found === undefined)
      throw refusal(26, 'NamespaceNotFound', `Source collection ${from} does not exist`);
    if (this.stand.has(to)) throw refusal(48, 'NamespaceExists', 'target namespace exists');
    if (found.type === 'view') throw refusal(166, 'CommandNotSupportedOnView', 'a view cannot be renamed');
    this.stand.delete(from);
    this.stand.set(to, found);
    return {};
  }

  #insert(full: string, documents: readonly Buffer[]): Document {
    if (!this.stand.has(full)) this.#create(full, {});
    const stored = this.#at(full);
    stored.documents = [...stored.documents, ...documents.map((bytes) => Buffer.from(bytes))];
    return { n: documents.length };
  }

  #find(full: string, { filter, readConcern, limit, sort }: Document): Document {
    const isSnapshot = readConcern?.level === 'snapshot';
    let at = (readConcern?.atClusterTime as Timestamp | undefined)?.getHighBits() ?? 0;
    if (isSnapshot && at === 0) at = this.#snapshots.push(new Map(structuredCopy(this.stand)));
    const stand = isSnapshot ? this.#snapshots[at - 1] : this.stand;
    const all = stand?.get(full)?.documents ?? [];
    const id = filter?._id as unknown;
    const some = id === undefined ? all : all.filter((bytes) => BSON.deserialize(bytes)['_id'] === id);
    const found = sort === undefined ? some : sortedBy(some, sort as Document);
    const cursor = this.#batch(full, limit === 1 ? found.slice(0, 1) : found, 'firstBatch');
    if (isSnapshot) cursor['atClusterTime'] = new Timestamp({ t: at, i: 1 });
    return { cursor };
  }

  #more({ getMore, collection, $db }: Document): Document {
    const cursor = this.#cursors.get(Number(getMore));
    if (cursor === undefined) throw refusal(43, 'CursorNotFound', `cursor id ${String(getMore)} not found`);
    this.#cursors.delete(Number(getMore));
    return { cursor: this.#batch(`${$db}.${collection}`, cursor.rest, 'nextBatch') };
  }

  #batch(ns: string, found: readonly Buffer[], word: 'firstBatch' | 'nextBatch'): Document {
    const id = found.length > batch ? this.#cursors.size + 1000 : 0;
    if (id > 0) this.#cursors.set(id, { namespace: ns, rest: found.slice(batch) });
    const rows = found.slice(0, batch).map((bytes) => BSON.deserialize(bytes, exact));
    return { id: BSON.Long.fromNumber(id), ns, [word]: rows };
  }

  #update(full: string, updates: readonly Document[]): Document {
    const stored = this.#at(full);
    for (const { q, u } of updates)
      stored.documents = stored.documents.map((bytes) => {
        const document = BSON.deserialize(bytes);
        if (document['_id'] !== q._id) return bytes;
        return Buffer.from(BSON.serialize({ ...document, ...u.$set }));
      });
    return { n: 1, nModified: 1 };
  }

  #delete(full: string, deletes: readonly Document[]): Document {
    const stored = this.stand.get(full);
    for (const { q } of stored === undefined ? [] : deletes)
      stored!.documents = stored!.documents.filter((bytes) => BSON.deserialize(bytes)['_id'] !== q._id);
    return { n: 1 };
  }
}

function structuredCopy(stand: Stand): [string, Stored][] {
  return [...stand].map(([name, stored]) => [name, { ...stored }]);
}

function counted(n: number): readonly Document[] {
  return n === 0 ? [] : [{ _id: 1, n }];
}

function firstBatch(ns: string, rows: readonly Document[]): Document {
  return { cursor: { id: BSON.Long.ZERO, ns, firstBatch: rows } };
}

/** By one field, the greatest first. */
function sortedBy(found: readonly Buffer[], sort: Document): readonly Buffer[] {
  const [field = ''] = Object.keys(sort);
  const valueOf = (bytes: Buffer): number => Number(BSON.deserialize(bytes)[field]);
  return found.toSorted((a, b) => valueOf(b) - valueOf(a));
}
