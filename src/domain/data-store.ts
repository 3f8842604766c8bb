import type { Secret } from './secret.ts';

/** A store of data beside production that steps and checks reach by its name. */
export type DataStore = RedisStore | Database | SqliteStore | VectorStore | ObjectStore | KafkaStore;

/** Every word of a kind, as it stands in YAML. */
export const dataStoreKinds = [
  'redis',
  'mysql',
  'postgres',
  'mongodb',
  'sqlite',
  'qdrant',
  'milvus',
  's3',
  'kafka',
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
  /**
   * Asks the application's schema for its version: the first value of the first row; of MongoDB `COLLECTION.FIELD`, whose
   * greatest value it is. null: it is not known.
   */
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

/** A bucket of S3, or of what speaks like it. */
export interface ObjectStore {
  readonly kind: 's3';
  readonly name: string;
  /** Without a final slash. */
  readonly url: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKey: Secret;
  readonly secretKey: Secret;
  /** Whether the bucket stands in the path of an address, as MinIO has it; else in the name of the host. */
  readonly pathStyle: boolean;
}

/** A Kafka cluster. */
export interface KafkaStore {
  readonly kind: 'kafka';
  readonly name: string;
  /** Some of its brokers, as HOST:PORT; they name the others. */
  readonly brokers: readonly string[];
  readonly tls: boolean;
  /** Who logs in by SASL; null: nobody does. */
  readonly user: string | null;
  readonly password: Secret | null;
  readonly mechanism: SaslMechanism;
}

export const saslMechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;
export type SaslMechanism = (typeof saslMechanisms)[number];

/** The secrets of a store. */
export function secretsOfStore(store: DataStore): readonly Secret[] {
  if (store.kind === 's3') return [store.accessKey, store.secretKey];
  const secret = 'password' in store ? store.password : 'key' in store ? store.key : null;
  return secret === null ? [] : [secret];
}
