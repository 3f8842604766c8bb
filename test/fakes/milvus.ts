import type { IncomingMessage, ServerResponse } from 'node:http';
import { bodyOf, serving } from '../clients/loopback.ts';

interface Field {
  readonly fieldName: string;
  readonly dataType: string;
  readonly isPrimary?: boolean;
  readonly isPartitionKey?: boolean;
  readonly elementDataType?: string;
  readonly elementTypeParams?: Readonly<Record<string, string>>;
}

interface Creation {
  readonly collectionName: string;
  readonly schema: {
    readonly autoID?: boolean;
    readonly enableDynamicField?: boolean;
    readonly description?: string;
    readonly fields: readonly Field[];
  };
  readonly params?: { readonly shardsNum?: number; readonly consistencyLevel?: string };
}

interface Index {
  readonly fieldName: string;
  readonly indexName: string;
  readonly indexType: string;
  readonly metricType: string;
}

interface Collection {
  readonly created: Creation;
  readonly indexes: Index[];
  readonly partitions: string[];
  rows: number;
}

interface Asked {
  readonly collectionName?: string;
  readonly indexName?: string;
  readonly partitionName?: string;
  readonly indexParams?: readonly (Index & { readonly params?: unknown })[];
}

const notFound = { code: 100, message: 'can not find collection' };

/**
 * A Milvus as its REST reference (v2) describes it: everything is a POST, errors come with status 200 and a code, the type
 * and the metric of an index are told, and its finer parameters are not.
 */
export class FakeMilvus {
  readonly collections = new Map<string, Collection>();
  /** By alias: the collection. */
  readonly aliases = new Map<string, string>();
  readonly calls: string[] = [];
  token: string | null = null;
  /** What success is called: 200 by 2.3, 0 since. */
  success = 0;
  url = '';

  static async start(): Promise<FakeMilvus> {
    const fake = new FakeMilvus();
    fake.url = (await serving((request, response) => fake.#serve(request, response))).url;
    return fake;
  }

  put(name: string, rows: number, dim = '768'): void {
    const fields = [
      { fieldName: 'id', dataType: 'Int64', isPrimary: true },
      { fieldName: 'text', dataType: 'VarChar', elementTypeParams: { max_length: '512' } },
      { fieldName: 'vector', dataType: 'FloatVector', elementTypeParams: { dim } },
    ];
    this.collections.set(name, {
      created: {
        collectionName: name,
        schema: { autoID: true, enableDynamicField: true, description: 'texts', fields },
        params: { shardsNum: 2, consistencyLevel: 'Bounded' },
      },
      indexes: [{ fieldName: 'vector', indexName: 'by_vector', indexType: 'HNSW', metricType: 'COSINE' }],
      partitions: ['_default', 'english'],
      rows,
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const path = (request.url ?? '').replace('/v2/vectordb/', '');
    this.calls.push(path);
    const allowed = this.token === null || request.headers.authorization === `Bearer ${this.token}`;
    const answer = allowed
      ? this.#answer(path, JSON.parse(body) as Asked)
      : { code: 1800, message: 'user hasn’t authenticated' };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify('code' in answer ? answer : { code: this.success, ...answer }));
  }

  #answer(
    path: string,
    asked: Asked,
  ): { readonly code: number; readonly message: string } | { readonly data: unknown } {
    if (path === 'collections/list') return { data: [...this.collections.keys()] };
    const name = asked.collectionName ?? '';
    if (path === 'collections/create') return this.#create(asked as Creation);
    const collection = this.collections.get(name);
    if (collection === undefined) return notFound;
    switch (path) {
      case 'collections/describe':
        return { data: describe(collection) };
      case 'collections/get_stats':
        return { data: { rowCount: collection.rows } };
      case 'collections/drop':
        return { data: { dropped: this.collections.delete(name) } };
      case 'indexes/list':
        return { data: collection.indexes.map(({ indexName }) => indexName) };
      case 'indexes/describe': {
        const found = collection.indexes.filter(({ indexName }) => indexName === asked.indexName);
        return { data: found.map((one) => ({ ...one, totalRows: collection.rows, indexState: 'Finished' })) };
      }
      case 'indexes/create':
        for (const { fieldName, indexName, indexType, metricType } of asked.indexParams ?? [])
          collection.indexes.push({ fieldName, indexName, indexType, metricType });
        return { data: {} };
      case 'partitions/list':
        return { data: collection.partitions };
      case 'partitions/create':
        collection.partitions.push(asked.partitionName ?? '');
        return { data: {} };
      case 'aliases/list':
        return { data: [...this.aliases].flatMap(([alias, target]) => (target === name ? [alias] : [])) };
      default:
        return { code: 65535, message: `no such path ${path}` };
    }
  }

  #create(
    created: Creation,
  ): { readonly code: number; readonly message: string } | { readonly data: unknown } {
    if (!/^[A-Za-z_]\w{0,254}$/.test(created.collectionName)) return { code: 1100, message: 'invalid name' };
    if (this.collections.has(created.collectionName)) return { code: 65535, message: 'it exists' };
    this.collections.set(created.collectionName, { created, indexes: [], partitions: ['_default'], rows: 0 });
    return { data: {} };
  }
}

function describe({ created: { collectionName, schema, params } }: Collection): object {
  return {
    collectionName,
    collectionID: 4487,
    description: schema.description,
    autoId: schema.autoID,
    enableDynamicField: schema.enableDynamicField,
    shardsNum: params?.shardsNum ?? 1,
    consistencyLevel: params?.consistencyLevel ?? 'Bounded',
    load: 'LoadStateLoaded',
    fields: schema.fields.map((field, id) => ({
      id: 100 + id,
      name: field.fieldName,
      type: field.dataType,
      primaryKey: field.isPrimary ?? false,
      partitionKey: field.isPartitionKey ?? false,
      autoId: field.isPrimary === true && schema.autoID === true,
      description: '',
      ...(field.elementTypeParams === undefined || Object.keys(field.elementTypeParams).length === 0
        ? {}
        : { params: Object.entries(field.elementTypeParams).map(([key, value]) => ({ key, value })) }),
    })),
  };
}
