import { BSON, type Document } from 'mongodb';

/** Every value keeps its own type. */
export const exact = {
  promoteValues: false,
  promoteLongs: false,
  promoteBuffers: false,
  bsonRegExp: true,
} as const;

/** One command of a client: plain, and its documents as they came. */
export interface Asked {
  readonly id: number;
  readonly isOld: boolean;
  readonly command: Document;
  readonly documents: readonly Buffer[];
}

const [opReply, opQuery, opMsg] = [1, 2004, 2013];

/** @see https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/ */
export function parse(message: Buffer): Asked {
  const id = message.readInt32LE(4);
  const code = message.readInt32LE(12);
  if (code === opQuery) {
    const end = message.indexOf(0, 20);
    return {
      id,
      isOld: true,
      command: BSON.deserialize(documentAt(message, end + 1 + 8)),
      documents: [],
    };
  }
  if (code !== opMsg) throw new Error(`no such operation: ${code}`);
  let command: Document = {};
  const documents: Buffer[] = [];
  for (let at = 20; at < message.length;) {
    const kind = message[at];
    if (kind === 0) {
      const bytes = documentAt(message, at + 1);
      command = BSON.deserialize(bytes);
      const { documents: own } = BSON.deserialize(bytes, exact);
      for (const one of (own ?? []) as Document[]) documents.push(Buffer.from(BSON.serialize(one)));
      at += 1 + bytes.length;
      continue;
    }
    const end = at + 1 + message.readInt32LE(at + 1);
    const name = message.toString('utf8', at + 5, message.indexOf(0, at + 5));
    let inside = message.indexOf(0, at + 5) + 1;
    const found: Buffer[] = [];
    while (inside < end) {
      const bytes = documentAt(message, inside);
      found.push(bytes);
      inside += bytes.length;
    }
    if (name === 'documents') documents.push(...found);
    else command[name] = found.map((bytes) => BSON.deserialize(bytes));
    at = end;
  }
  return { id, isOld: false, command, documents };
}

function documentAt(message: Buffer, at: number): Buffer {
  return message.subarray(at, at + message.readInt32LE(at));
}

export function reply({ id, isOld }: Asked, answer: Document): Buffer {
  const body = Buffer.from(BSON.serialize(answer));
  const head = Buffer.alloc(isOld ? 36 : 21);
  head.writeInt32LE(head.length + body.length, 0);
  head.writeInt32LE(1, 4);
  head.writeInt32LE(id, 8);
  head.writeInt32LE(isOld ? opReply : opMsg, 12);
  if (isOld) head.writeInt32LE(1, 32);
  return Buffer.concat([head, body]);
}
