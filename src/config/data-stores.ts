import { z } from 'zod';
import { dataStoreKinds, type DataStore, type DataStoreKind } from '../domain/data-store.ts';
import { kafkaStoreShape, readKafkaStore } from './kafka-store.ts';
import { objectStoreShape, readObjectStore } from './object-store.ts';
import type { Place } from './place.ts';
import type { ReadingContext } from './reading-context.ts';
import { absolutePath, containerName, httpUrl, isName, nameProblem, text } from './scalars.ts';
import { secretAt, secretReference } from './secrets.ts';

const account = {
  user: text.optional().describe('Who logs in; nobody unless stated'),
  password: secretReference.optional().describe('Of the user'),
};
const tools = {
  tools_in: containerName
    .optional()
    .describe("The container in which the server's own tools are run; on this machine unless stated"),
};
const schema = {
  schema_version: text
    .optional()
    .describe('A SELECT whose first value is the version of the schema, e.g. of the table of migrations'),
};
const database = (url: string): Record<string, z.ZodType> => ({
  url: text.describe(`${url}, without user and password`),
  ...account,
  ...tools,
  ...schema,
});
const vectors = {
  url: httpUrl.describe('Of its HTTP API'),
  key: secretReference.optional().describe('The key or token of the API'),
  volumes: z.array(text).optional().describe('The Docker volumes that it keeps its data in'),
};

/** The keys of each kind of data store. */
export const dataStoreShapes = {
  redis: { url: text.describe('redis://HOST:PORT/NUMBER, or rediss:// with TLS'), ...account },
  mysql: database('mysql://HOST:PORT/DATABASE'),
  postgres: database('postgres://HOST:PORT/DATABASE'),
  // Its driver is enough: no tools are run.
  mongodb: {
    url: text.describe('mongodb://HOST:PORT/DATABASE, without user and password'),
    ...account,
    schema_version: text
      .regex(/^[^.$]+\.[^$]+$/, 'expected COLLECTION.FIELD')
      .optional()
      .describe('COLLECTION.FIELD, whose greatest value is the version of the schema'),
  },
  sqlite: { path: absolutePath.describe('The file, as the host has it'), ...schema },
  qdrant: vectors,
  milvus: vectors,
  s3: objectStoreShape,
  kafka: kafkaStoreShape,
} satisfies Readonly<Record<DataStoreKind, Readonly<Record<string, z.ZodType>>>>;

/** What stands above the keys of a store: the word of its kind. */
export const dataStoreShape = {
  redis: z.unknown().optional().describe('A Redis server'),
  mysql: z.unknown().optional().describe('A database of MySQL or MariaDB'),
  postgres: z.unknown().optional().describe('A database of PostgreSQL'),
  mongodb: z.unknown().optional().describe('A database of MongoDB'),
  sqlite: z.unknown().optional().describe('A file of SQLite'),
  qdrant: z.unknown().optional().describe('A Qdrant server'),
  milvus: z.unknown().optional().describe('A Milvus server'),
  s3: z.unknown().optional().describe('A bucket of S3, or of what speaks like it, e.g. MinIO'),
  kafka: z.unknown().optional().describe('A Kafka cluster'),
} satisfies Readonly<Record<DataStoreKind, z.ZodType>>;

/** `data_stores:`, by name. */
export async function readDataStores(
  place: Place,
  context: ReadingContext,
): Promise<Readonly<Record<string, DataStore>>> {
  const stores: Record<string, DataStore> = {};
  for (const [name, at] of place.entries('data stores by name')) {
    if (!isName(name)) at.problem(nameProblem, 'key');
    at.fields(dataStoreShape);
    const [kind, ...others] = dataStoreKinds.filter((word) => at.has(word));
    if (kind === undefined || others.length > 0) {
      at.problem(`says not of which kind it is; expected one of ${dataStoreKinds.join(', ')}`, 'key');
      continue;
    }
    const store = await readStore(at.at(kind), { name, kind }, context);
    if (store !== null) stores[name] = store;
  }
  return stores;
}

interface Named {
  readonly name: string;
  readonly kind: DataStoreKind;
}

async function readStore(
  place: Place,
  { name, kind }: Named,
  context: ReadingContext,
): Promise<DataStore | null> {
  switch (kind) {
    case 'sqlite': {
      const { path, schema_version: schemaQuery = null } = place.fields(dataStoreShapes.sqlite);
      return path === undefined ? null : { kind, name, path, schemaQuery };
    }
    case 'qdrant':
    case 'milvus': {
      const { url, volumes = [] } = place.fields(dataStoreShapes[kind]);
      const key = await secretAt(place.at('key'), context);
      return url === undefined ? null : { kind, name, url: url.replace(/\/+$/, ''), key, volumes };
    }
    case 's3':
      return readObjectStore(place, name, context);
    case 'kafka':
      return readKafkaStore(place, name, context);
    case 'redis':
    case 'mysql':
    case 'postgres':
    case 'mongodb':
      return readServer(place, { name, kind }, context);
  }
}

/** How each protocol writes its address. */
const protocols = {
  redis: { words: ['redis:', 'rediss:'], port: 6379, example: 'redis://redis:6379/0' },
  mysql: { words: ['mysql:', 'mysqls:'], port: 3306, example: 'mysql://mysql:3306/layra' },
  postgres: {
    words: ['postgres:', 'postgresql:', 'postgress:'],
    port: 5432,
    example: 'postgres://db:5432/shop',
  },
  mongodb: { words: ['mongodb:', 'mongodbs:'], port: 27017, example: 'mongodb://mongo:27017/layra' },
} as const;

async function readServer(
  place: Place,
  { name, kind }: { readonly name: string; readonly kind: keyof typeof protocols },
  context: ReadingContext,
): Promise<DataStore | null> {
  const fields = place.fields(dataStoreShapes[kind]);
  const password = await secretAt(place.at('password'), context);
  const address = typeof fields.url === 'string' ? addressIn(place.at('url'), fields.url, kind) : null;
  if (address === null) return null;
  const user = typeof fields.user === 'string' ? fields.user : null;
  if (password !== null && user === null && kind !== 'redis')
    place.at('password').problem('needs a user beside it');
  const { database, ...server } = address;
  if (kind === 'redis') return { kind, name, ...server, user, password, database: Number(database || '0') };
  const toolsIn = 'tools_in' in fields && typeof fields.tools_in === 'string' ? fields.tools_in : null;
  const schemaQuery =
    'schema_version' in fields && typeof fields.schema_version === 'string' ? fields.schema_version : null;
  return { kind, name, ...server, user, password, database, toolsIn, schemaQuery };
}

interface Address {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly database: string;
}

function addressIn(place: Place, written: string, kind: keyof typeof protocols): Address | null {
  const { words, port, example } = protocols[kind];
  const url = URL.parse(written);
  const database = /^\/?([A-Za-z0-9_$.-]*)$/.exec(url?.pathname ?? '//')?.[1];
  const fits =
    kind === 'redis' ? /^\d{0,4}$/.test(database ?? 'x') : database !== undefined && database !== '';
  if (
    url === null ||
    !words.some((word) => word === url.protocol) ||
    url.hostname === '' ||
    !fits ||
    url.search !== ''
  ) {
    place.problem(
      `expected ${words[0]}//HOST:PORT/${kind === 'redis' ? 'NUMBER' : 'DATABASE'}, e.g. ${example}`,
    );
    return null;
  }
  if (url.username !== '' || url.password !== '')
    place.problem('must not hold a user or a password: they have keys of their own');
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? port : Number(url.port),
    tls: url.protocol === words[words.length - 1],
    database: database ?? '',
  };
}
