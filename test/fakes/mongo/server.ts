import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { Document } from 'mongodb';
import { onTestFinished } from 'vitest';
import type { Database } from '../../../src/domain/data-store.ts';
import { Secret } from '../../../src/domain/secret.ts';
import { Commands } from './commands.ts';
import { Refusal, refusal } from './refusal.ts';
import { Scram } from './scram.ts';
import { parse, reply, type Asked } from './wire.ts';

/** What speaks as a server of MongoDB does, as far as rollbackd asks. */
export interface FakeMongo {
  readonly commands: Commands;
  readonly port: number;
  /** Called before each command is carried out; what it throws is answered. */
  before: (name: string, command: Document) => void;
  store(database: string, password?: string): Database;
}

export interface FakeMongoOptions {
  readonly role?: 'primary' | 'secondary' | 'standalone' | 'router';
  readonly users?: Readonly<Record<string, string>>;
}

/** Listens on loopback until the test is over. */
export async function startFakeMongo({ role = 'primary', users }: FakeMongoOptions = {}): Promise<FakeMongo> {
  const commands = new Commands();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    serve(socket, { fake, role, users });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const fake: FakeMongo = {
    commands,
    port,
    before: () => {},
    store: (database, password) => ({
      kind: 'mongodb',
      name: 'shop',
      host: '127.0.0.1',
      port,
      tls: false,
      user: password === undefined ? null : 'keeper',
      password: password === undefined ? null : new Secret(password),
      database,
      toolsIn: null,
      schemaQuery: null,
    }),
  };
  return fake;
}

interface Serving {
  readonly fake: FakeMongo;
  readonly role: NonNullable<FakeMongoOptions['role']>;
  readonly users: FakeMongoOptions['users'];
}

function serve(socket: Socket, { fake, role, users }: Serving): void {
  let rest: Buffer = Buffer.alloc(0);
  const scram = new Scram(users ?? {});
  let isKnown = users === undefined;
  const answer = ({ command, documents }: Asked): Document => {
    const [name = ''] = Object.keys(command);
    if (/^(hello|ismaster)$/i.test(name)) return greeting(role);
    if (name === 'saslStart') return scram.start(textOf(command));
    if (name === 'saslContinue') {
      const said = scram.finish(textOf(command));
      isKnown = true;
      return said;
    }
    if (!isKnown) throw refusal(13, 'Unauthorized', `Command ${name} requires authentication`);
    fake.before(name, command);
    return fake.commands.answer(command, documents);
  };
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 16 && rest.length >= rest.readInt32LE(0)) {
      const asked = parse(rest.subarray(0, rest.readInt32LE(0)));
      rest = rest.subarray(rest.readInt32LE(0));
      try {
        socket.write(reply(asked, { ...answer(asked), ok: 1 }));
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        socket.write(reply(asked, error.answer));
      }
    }
  });
}

function textOf({ payload }: Document): string {
  return Buffer.from(payload.buffer as Uint8Array).toString('utf8');
}

function greeting(role: Serving['role']): Document {
  const isInSet = role === 'primary' || role === 'secondary';
  return {
    helloOk: true,
    ismaster: role !== 'secondary',
    isWritablePrimary: role !== 'secondary',
    ...(isInSet
      ? { setName: 'rs0', hosts: ['db:27017'], primary: 'db:27017', secondary: role === 'secondary' }
      : {}),
    ...(role === 'router' ? { msg: 'isdbgrid' } : {}),
    maxBsonObjectSize: 16_777_216,
    maxMessageSizeBytes: 48_000_000,
    maxWriteBatchSize: 100_000,
    logicalSessionTimeoutMinutes: 30,
    saslSupportedMechs: ['SCRAM-SHA-256'],
    minWireVersion: 0,
    maxWireVersion: 21,
    readOnly: false,
  };
}
