import type { Secret } from './secret.ts';

/** A store of data beside production that steps and checks reach by its name. */
export type DataStore = RedisStore | Database | SqliteStore | VectorStore;

/** Every word of a kind, as it stands in YAML. */
export const dataStoreKinds = [
  'redis',
  'mysql',
  'postgres',
  'mongodb',
  'sqlite',
  'qdrant',
  'milvus',
] as const satisfies readonly DataStore['kind'][];
export type DataStoreKind = (typeof dataStoreKinds)[number];

/** A server that is reached over a connection of its own protocol. */
interface Networked {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly user: string | null;
  readonly password: Secret | null;
}

/** A Redis server, or what speaks like one. */
export interface RedisStore extends Networked {
  readonly kind: 'redis';
  /** Number of the database that is meant where nothing else is said. */
  readonly database: number;
}

/** One database of a server. MariaDB counts as `mysql`. */
export interface Database extends Networked {
  readonly kind: 'mysql' | 'postgres' | 'mongodb';
  readonly database: string;
  /**
   * Where the server's own tools (`mysqldump`, `pg_dump`, `mongodump`…) are run: in this container, so that they fit the
   * server; null: on the daemon's own machine.
   */
  readonly toolsIn: string | null;
  /** Asks the application's schema for its version: the first value of the first row; null: it is not known. */
  readonly schemaQuery: string | null;
}

/** A file of SQLite. */
export interface SqliteStore {
  readonly kind: 'sqlite';
  readonly name: string;
  /** As the host has it. */
  readonly path: string;
  /** As that of a `Database`. */
  readonly schemaQuery: string | null;
}

/** A vector store with an HTTP API. */
export interface VectorStore {
  readonly kind: 'qdrant' | 'milvus';
  readonly name: string;
  /** Without a final slash. */
  readonly url: string;
  readonly key: Secret | null;
  /** The Docker volumes that it keeps its data in; empty: not known. */
  readonly volumes: readonly string[];
}

/** The secrets of a store. */
export function secretsOfStore(store: DataStore): readonly Secret[] {
  const secret = 'password' in store ? store.password : 'key' in store ? store.key : null;
  return secret === null ? [] : [secret];
}
