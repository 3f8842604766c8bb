import { createServer, type Socket } from 'node:net';
import { Reader, write } from './codec.ts';

/** One record of a log, as far as offsets go: when it was written. */
type Log = readonly { readonly offset: number; readonly at: number }[];

/** What the broker holds; tests change it as they like. */
export interface Held {
  /** By topic, a log for each partition, and the offset that comes next. */
  readonly topics: Record<string, { log: Log; next: number }[]>;
  /** By group: `topic/partition` to offset. */
  readonly groups: Record<string, { members: string[]; offsets: Record<string, number> }>;
}

/** One that ends with the test. */
export async function kafkaBroker(...of: Parameters<typeof openBroker>): ReturnType<typeof openBroker> {
  const { onTestFinished } = await import('vitest');
  const broker = await openBroker(...of);
  onTestFinished(broker.end);
  return broker;
}

/**
 * One broker of Kafka, as the protocol guide describes the requests that offsets need: it leads every partition and
 * coordinates every group. A group with members takes no offsets from outside, as in Kafka.
 */
export async function openBroker(
  held: Held,
  login: { readonly user: string; readonly password: string } | null = null,
) {
  const sockets = new Set<Socket>();
  const commits: string[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    const state = { allowed: login === null };
    let waiting = Buffer.alloc(0);
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes: Buffer) => {
      waiting = Buffer.concat([waiting, bytes]);
      while (waiting.length >= 4 && waiting.length >= 4 + waiting.readInt32BE(0)) {
        const size = waiting.readInt32BE(0);
        const reply = answer(waiting.subarray(4, 4 + size), {
          held,
          login,
          commits,
          state,
          port: () => port,
        });
        waiting = waiting.subarray(4 + size);
        if (reply === null) {
          socket.destroy();
          return;
        }
        socket.write(Buffer.concat([write.int32(reply.length), reply]));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const end = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { address: `127.0.0.1:${port}`, commits, end };
}

interface Broker {
  readonly held: Held;
  readonly login: { readonly user: string; readonly password: string } | null;
  readonly commits: string[];
  readonly state: { allowed: boolean };
  readonly port: () => number;
}

const unknownTopic = 3;
const groupHasMembers = 68;
const loginFailed = 58;
const unsupportedVersion = 35;
/** The one version of each request that is spoken. */
const versions: Readonly<Record<number, number>> = {
  2: 5,
  3: 9,
  8: 8,
  9: 8,
  10: 4,
  15: 5,
  16: 4,
  17: 1,
  18: 3,
  36: 2,
};
const old = new Set([2, 17]);

function answer(request: Buffer, broker: Broker): Buffer | null {
  const reader = new Reader(request);
  const [key, version, correlation] = [reader.int16(), reader.int16(), reader.int32()];
  reader.oldString();
  if (key === 18 && version !== versions[18])
    return Buffer.concat([write.int32(correlation), ...oldVersions()]);
  if (!old.has(key)) reader.tags();
  if (versions[key] !== version) return null;
  if (!broker.state.allowed && ![17, 18, 36].includes(key)) return null;
  const body = handlers[key]?.(reader, broker);
  if (body === undefined) return null;
  const header = old.has(key) || key === 18 ? [] : [write.tags()];
  return Buffer.concat([write.int32(correlation), ...header, ...body]);
}

const { int16, int32, int64, string, nothing, tags, array, oldArray, oldString } = write;

const handlers: Readonly<Record<number, (reader: Reader, broker: Broker) => Buffer[]>> = {
  18: () => [
    int16(0),
    array(Object.entries(versions), ([key, version]) => [
      int16(Number(key)),
      int16(version),
      int16(version),
      tags(),
    ]),
    int32(0),
    tags(),
  ],
  17: (reader) => {
    const mechanism = reader.oldString();
    return [int16(mechanism === 'PLAIN' ? 0 : 33), oldArray(['PLAIN'], (name) => [oldString(name)])];
  },
  36: (reader, { login, state }) => {
    const [, user, password] = reader.raw().toString().split('\0');
    state.allowed = user === login?.user && password === login?.password;
    return [int16(state.allowed ? 0 : loginFailed), nothing(), write.varint(1), int64(0n), tags()];
  },
  3: (reader, { held, port }) => {
    const wanted = reader.array(() => {
      const name = reader.string();
      reader.tags();
      return name;
    });
    return [
      int32(0),
      array([0], () => [int32(1), string('127.0.0.1'), int32(port()), nothing(), tags()]),
      string('fake'),
      int32(1),
      array(wanted ?? Object.keys(held.topics), (name) => [
        int16(held.topics[name] === undefined ? unknownTopic : 0),
        string(name),
        Buffer.from([0]),
        array(held.topics[name] ?? [], (log) => [
          int16(0),
          int32(held.topics[name]?.indexOf(log) ?? 0),
          int32(1),
          int32(0),
          array([1], (node) => [int32(node)]),
          array([1], (node) => [int32(node)]),
          array([], () => []),
          tags(),
        ]),
        int32(-2147483648),
        tags(),
      ]),
      int32(-2147483648),
      tags(),
    ];
  },
  10: (reader, { port }) => {
    reader.int8();
    const keys = reader.array(() => reader.string()) ?? [];
    return [
      int32(0),
      array(keys, (key) => [
        string(key),
        int32(1),
        string('127.0.0.1'),
        int32(port()),
        int16(0),
        nothing(),
        tags(),
      ]),
      tags(),
    ];
  },
  16: (_reader, { held }) => [
    int32(0),
    int16(0),
    array(Object.entries(held.groups), ([name, { members }]) => [
      string(name),
      string('consumer'),
      string(members.length === 0 ? 'Empty' : 'Stable'),
      tags(),
    ]),
    tags(),
  ],
  15: (reader, { held }) => [
    int32(0),
    array(reader.array(() => reader.string()) ?? [], (name) => {
      const members = held.groups[name]?.members ?? [];
      const state = held.groups[name] === undefined ? 'Dead' : members.length === 0 ? 'Empty' : 'Stable';
      return [
        int16(0),
        string(name),
        string(state),
        string('consumer'),
        string('range'),
        array(members, (member) => [
          string(`${member}-id`),
          nothing(),
          string(member),
          string('/127.0.0.1'),
          write.varint(1),
          write.varint(1),
          tags(),
        ]),
        int32(-2147483648),
        tags(),
      ];
    }),
    tags(),
  ],
  9: (reader, { held }) => {
    const groups = reader.array(() => {
      const name = reader.string();
      reader.array(() => [reader.string(), reader.array(() => reader.int32()), reader.tags()]);
      reader.tags();
      return name;
    });
    return [
      int32(0),
      array(groups ?? [], (name) => {
        const offsets = Object.entries(held.groups[name]?.offsets ?? {});
        const byTopic = Map.groupBy(offsets, ([place]) => place.split('/')[0] ?? '');
        return [
          string(name),
          array([...byTopic], ([topic, places]) => [
            string(topic),
            array(places, ([place, offset]) => [
              int32(Number(place.split('/')[1])),
              int64(BigInt(offset)),
              int32(-1),
              nothing(),
              int16(0),
              tags(),
            ]),
            tags(),
          ]),
          int16(0),
          tags(),
        ];
      }),
      tags(),
    ];
  },
  8: (reader, { held, commits }) => {
    const name = reader.string();
    reader.int32();
    reader.string();
    reader.string();
    const group = (held.groups[name] ??= { members: [], offsets: {} });
    const refused = group.members.length > 0;
    const topics = reader.array(() => {
      const topic = reader.string();
      const partitions = reader.array(() => {
        const [partition, offset] = [reader.int32(), Number(reader.int64())];
        reader.int32();
        reader.string();
        reader.tags();
        if (!refused) group.offsets[`${topic}/${partition}`] = offset;
        if (!refused) commits.push(`${name} ${topic}/${partition} ${offset}`);
        return partition;
      });
      reader.tags();
      return { topic, partitions: partitions ?? [] };
    });
    return [
      int32(0),
      array(topics ?? [], ({ topic, partitions }) => [
        string(topic),
        array(partitions, (partition) => [int32(partition), int16(refused ? groupHasMembers : 0), tags()]),
        tags(),
      ]),
      tags(),
    ];
  },
  2: (reader, { held }) => {
    reader.int32();
    reader.int8();
    const topics = reader.oldArray(() => ({
      name: reader.oldString(),
      partitions: reader.oldArray(() => {
        const partition = reader.int32();
        reader.int32();
        return { partition, at: reader.int64() };
      }),
    }));
    return [
      int32(0),
      oldArray(topics, ({ name, partitions }) => [
        oldString(name),
        oldArray(partitions, ({ partition, at }) => {
          const held1 = held.topics[name]?.[partition];
          const offset = held1 === undefined ? -1 : offsetIn(held1, at);
          return [
            int32(partition),
            int16(held1 === undefined ? unknownTopic : 0),
            int64(-1n),
            int64(BigInt(offset)),
            int32(0),
          ];
        }),
      ]),
    ];
  },
};

/** Who asks in a version that is not spoken is answered in the oldest one. */
function oldVersions(): Buffer[] {
  return [
    int16(unsupportedVersion),
    oldArray(Object.entries(versions), ([key, version]) => [
      int16(Number(key)),
      int16(version),
      int16(version),
    ]),
  ];
}

function offsetIn({ log, next }: { readonly log: Log; readonly next: number }, at: bigint): number {
  if (at === -1n) return next;
  if (at === -2n) return log[0]?.offset ?? next;
  return log.find((record) => BigInt(record.at) >= at)?.offset ?? -1;
}
