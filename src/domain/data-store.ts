import type { Secret } from './secret.ts';

/** A store of data beside production that steps and checks may reach by its name. */
export type DataStore = RedisStore;

/** A Redis server, or what speaks like one. */
export interface RedisStore {
  readonly kind: 'redis';
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** Number of the database that is meant where nothing else is said. */
  readonly database: number;
  readonly user: string | null;
  readonly password: Secret | null;
}
