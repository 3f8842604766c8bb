import type { Readable } from 'node:stream';
import { z } from 'zod';
import type { VectorStore } from '../../domain/data-store.ts';
import { RollbackError } from '../../domain/errors.ts';
import { HOUR } from '../../domain/time.ts';
import type { HttpClient } from '../http.ts';
import { downloadFrom, uploadTo } from './snapshot-stream.ts';
import { callVectors, type VectorCall } from './vector-api.ts';

/** A file of the server that holds a collection as it was at one instant. */
export interface QdrantSnapshot {
  readonly collection: string;
  readonly name: string;
  readonly bytes: number;
  /** SHA-256 in hex; null: the server is too old to say. */
  readonly checksum: string | null;
}

/** What is done to aliases, all at once or not at all. */
export type AliasAction =
  | { readonly create_alias: { readonly alias_name: string; readonly collection_name: string } }
  | { readonly delete_alias: { readonly alias_name: string } };

/** A Qdrant server, as far as it is needed. Collections cannot be renamed: aliases can lead to another one. */
export interface Qdrant {
  version(): Promise<string>;
  collections(): Promise<readonly string[]>;
  /** By alias: the collection that it leads to. */
  aliases(): Promise<ReadonlyMap<string, string>>;
  /** Its parameters, as the server tells them. */
  config(collection: string): Promise<unknown>;
  /** Every point, counted one by one. */
  count(collection: string): Promise<number>;
  /** Resolves once the file is there. */
  snapshot(collection: string): Promise<QdrantSnapshot>;
  download(snapshot: QdrantSnapshot): Promise<Readable>;
  /** One that is gone is removed already. */
  removeSnapshot(snapshot: QdrantSnapshot): Promise<void>;
  /** Makes a collection what a snapshot holds; one of this name is overwritten. Resolves once it can be asked. */
  recover(
    collection: string,
    snapshot: Pick<QdrantSnapshot, 'bytes' | 'checksum'>,
    source: AsyncIterable<Buffer>,
  ): Promise<void>;
  /** One that is gone is removed already. */
  remove(collection: string): Promise<void>;
  changeAliases(actions: readonly AliasAction[]): Promise<void>;
}

const named = z.object({ result: z.object({ collections: z.array(z.object({ name: z.string() })) }) });
const aliased = z.object({
  result: z.object({
    aliases: z.array(z.object({ alias_name: z.string(), collection_name: z.string() })),
  }),
});
const described = z.object({ result: z.object({ config: z.unknown() }) });
const counted = z.object({ result: z.object({ count: z.number().int().min(0) }) });
const made = z.object({
  result: z.object({
    name: z.string().min(1),
    size: z.number().int().min(0),
    checksum: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .nullish(),
  }),
});

/** Talks to a Qdrant, until the signal aborts. @see https://api.qdrant.tech/api-reference */
export function openQdrant(http: HttpClient, store: VectorStore, signal: AbortSignal): Qdrant {
  const call = async <T>(answer: z.ZodType<T>, request: VectorCall): Promise<T> => {
    const read = answer.safeParse((await callVectors(http, store, request, signal)).answer);
    if (read.success) return read.data;
    const { method, path } = request;
    throw new RollbackError(
      'ANSWER_INVALID',
      `${store.name}: ${method} ${path} was answered otherwise than Qdrant does`,
    );
  };
  return {
    version: async () =>
      (await call(z.object({ version: z.string() }), { method: 'GET', path: '/' })).version,
    async collections() {
      const { result } = await call(named, { method: 'GET', path: '/collections' });
      return result.collections.map(({ name }) => name).toSorted();
    },
    async aliases() {
      const { result } = await call(aliased, { method: 'GET', path: '/aliases' });
      return new Map(result.aliases.map((one) => [one.alias_name, one.collection_name]));
    },
    config: async (name) => (await call(described, { method: 'GET', path: at(name) })).result.config,
    async count(name) {
      const request = { method: 'POST', path: `${at(name)}/points/count`, body: { exact: true } } as const;
      return (await call(counted, { ...request, timeoutMs: HOUR })).result.count;
    },
    async snapshot(collection) {
      const request = { method: 'POST', path: `${at(collection)}/snapshots?wait=true` } as const;
      const { result } = await call(made, { ...request, timeoutMs: HOUR });
      return { collection, name: result.name, bytes: result.size, checksum: result.checksum ?? null };
    },
    download: ({ collection, name }) => downloadFrom(store, fileOf(collection, name), signal),
    async removeSnapshot({ collection, name }) {
      const request = { method: 'DELETE', path: fileOf(collection, name), also: [404] } as const;
      // What was made is taken away whatever ended the copy.
      await callVectors(http, store, request, new AbortController().signal);
    },
    recover: (collection, { bytes, checksum }, source) =>
      uploadTo(
        store,
        {
          path: `${at(collection)}/snapshots/upload?wait=true&priority=snapshot${checksum === null ? '' : `&checksum=${checksum}`}`,
          field: 'snapshot',
          bytes,
        },
        source,
        signal,
      ),
    async remove(name) {
      await callVectors(http, store, { method: 'DELETE', path: at(name), also: [404] }, signal);
    },
    async changeAliases(actions) {
      await callVectors(
        http,
        store,
        { method: 'POST', path: '/collections/aliases', body: { actions } },
        signal,
      );
    },
  };
}

function at(collection: string): string {
  return `/collections/${encodeURIComponent(collection)}`;
}

function fileOf(collection: string, snapshot: string): string {
  return `${at(collection)}/snapshots/${encodeURIComponent(snapshot)}`;
}
