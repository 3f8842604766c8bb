import { z } from 'zod';
import type { VectorStore } from '../../domain/data-store.ts';
import { RollbackError } from '../../domain/errors.ts';
import type { HttpClient } from '../http.ts';
import { callVectors } from './vector-api.ts';

const parameter = z.object({ key: z.string(), value: z.string() });
const field = z.object({
  name: z.string(),
  type: z.string(),
  primaryKey: z.boolean().default(false),
  partitionKey: z.boolean().default(false),
  clusteringKey: z.boolean().default(false),
  autoId: z.boolean().default(false),
  nullable: z.boolean().default(false),
  elementType: z.string().nullable().default(null),
  description: z.string().default(''),
  params: z.array(parameter).nullish(),
});
const index = z.object({
  fieldName: z.string(),
  indexName: z.string(),
  indexType: z.string().default(''),
  metricType: z.string().default(''),
});

/** What a collection is like, as far as the API tells: its rows and the fine parameters of its indexes are not in it. */
export const milvusCollection = z.object({
  name: z.string(),
  description: z.string(),
  dynamic: z.boolean(),
  shards: z.number().int(),
  consistency: z.string(),
  fields: z.array(field.extend({ params: z.record(z.string(), z.string()) })),
  indexes: z.array(index),
  partitions: z.array(z.string()),
  aliases: z.array(z.string()),
});
export type MilvusCollection = z.output<typeof milvusCollection>;

/** A Milvus, as far as its REST API is needed. */
export interface Milvus {
  collections(): Promise<readonly string[]>;
  describe(collection: string): Promise<MilvusCollection>;
  /** As the server estimates it: rows that were deleted and not yet compacted count. */
  rows(collection: string): Promise<number>;
  /** An empty collection like this one, with its indexes and partitions, under another name; without aliases. */
  make(name: string, like: MilvusCollection): Promise<void>;
  /** One that is gone is removed already. */
  remove(collection: string): Promise<void>;
}

const described = z.object({
  description: z.string().default(''),
  enableDynamicField: z.boolean().default(false),
  shardsNum: z.number().int().default(1),
  consistencyLevel: z.string().default(''),
  fields: z.array(field),
});
const names = z.array(z.string()).nullish();
const answer = z.object({ code: z.number(), message: z.string().default(''), data: z.unknown().optional() });

/** Talks to a Milvus, until the signal aborts. Its errors come with status 200, and a code. @see https://milvus.io/api-reference/restful */
export function openMilvus(http: HttpClient, store: VectorStore, signal: AbortSignal): Milvus {
  const call = async <T>(data: z.ZodType<T>, path: string, body: object): Promise<T> => {
    const request = { method: 'POST', path: `/v2/vectordb/${path}`, body } as const;
    const read = answer.safeParse((await callVectors(http, store, request, signal)).answer);
    const what = `${store.name}: POST ${request.path}`;
    if (!read.success) throw otherwise(what);
    const { code, message } = read.data;
    // Older versions say 200 for what newer ones call 0.
    if (code !== 0 && code !== 200)
      throw new RollbackError('REFUSED', `${what} was refused with code ${code}: ${message.slice(0, 300)}`, {
        code,
      });
    const found = data.safeParse(read.data.data);
    if (!found.success) throw otherwise(what);
    return found.data;
  };
  const collections = async (): Promise<readonly string[]> =>
    ((await call(names, 'collections/list', {})) ?? []).toSorted();
  return {
    collections,
    async describe(name) {
      const of = { collectionName: name };
      const there = await call(described, 'collections/describe', of);
      const indexes: MilvusCollection['indexes'] = [];
      for (const indexName of (await call(names, 'indexes/list', of)) ?? [])
        indexes.push(...(await call(z.array(index), 'indexes/describe', { ...of, indexName })));
      return {
        name,
        description: there.description,
        dynamic: there.enableDynamicField,
        shards: there.shardsNum,
        consistency: there.consistencyLevel,
        fields: there.fields.map(({ params, ...rest }) => ({ ...rest, params: byKey(params ?? []) })),
        indexes: indexes.toSorted((one, other) => (one.indexName < other.indexName ? -1 : 1)),
        partitions: ((await call(names, 'partitions/list', of)) ?? []).toSorted(),
        aliases: ((await call(names, 'aliases/list', of)) ?? []).toSorted(),
      };
    },
    rows: async (name) =>
      (await call(z.object({ rowCount: z.number() }), 'collections/get_stats', { collectionName: name }))
        .rowCount,
    async make(name, like) {
      await call(z.unknown(), 'collections/create', creationOf(name, like));
      for (const { indexType, ...rest } of like.indexes)
        await call(z.unknown(), 'indexes/create', {
          collectionName: name,
          // Versions differ in where they read the type.
          indexParams: [{ ...rest, indexType, params: { index_type: indexType } }],
        });
      for (const partitionName of like.partitions.filter((partition) => partition !== '_default'))
        await call(z.unknown(), 'partitions/create', { collectionName: name, partitionName });
    },
    async remove(name) {
      if (!(await collections()).includes(name)) return;
      await call(z.unknown(), 'collections/drop', { collectionName: name });
    },
  };
}

function byKey(pairs: readonly z.output<typeof parameter>[]): Record<string, string> {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, value]));
}

function creationOf(
  name: string,
  { description, dynamic, fields, shards, consistency }: MilvusCollection,
): object {
  return {
    collectionName: name,
    schema: {
      autoID: fields.some(({ primaryKey, autoId }) => primaryKey && autoId),
      enableDynamicField: dynamic,
      description,
      fields: fields.map((one) => ({
        fieldName: one.name,
        dataType: one.type,
        ...(one.elementType === null ? {} : { elementDataType: one.elementType }),
        isPrimary: one.primaryKey,
        isPartitionKey: one.partitionKey,
        isClusteringKey: one.clusteringKey,
        nullable: one.nullable,
        elementTypeParams: one.params,
      })),
    },
    params: { shardsNum: shards, ...(consistency === '' ? {} : { consistencyLevel: consistency }) },
  };
}

function otherwise(what: string): RollbackError {
  return new RollbackError('ANSWER_INVALID', `${what} was answered otherwise than Milvus does`);
}
