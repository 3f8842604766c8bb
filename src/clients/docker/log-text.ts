import { StringDecoder } from 'node:string_decoder';
import type { Readable } from 'node:stream';

/** What a log begins with whose beginning was left out. */
export const cutMark = '[earlier output left out]\n';

/** How much is read for one answer before the rest is left. */
const mostRead = 16 * 2 ** 20;

/**
 * Reads a stream of container output and keeps its end.
 *
 * Without a terminal the engine sends frames: one byte for the stream, three zeros, four bytes of length, the text.
 * @see https://docs.docker.com/reference/api/engine/version/v1.41/#operation/ContainerAttach
 */
export async function readLog(stream: Readable, framed: boolean, maxBytes: number): Promise<string> {
  let read = 0;
  const tail = new Tail(maxBytes);
  const frames = new Frames();
  for await (const chunk of stream) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    read += bytes.length;
    for (const text of framed ? frames.push(bytes) : [bytes]) tail.push(text);
    if (read > mostRead) break;
  }
  stream.destroy();
  return tail.text();
}

class Frames {
  #rest: Buffer = Buffer.alloc(0);

  push(bytes: Buffer): readonly Buffer[] {
    const texts: Buffer[] = [];
    let rest = Buffer.concat([this.#rest, bytes]);
    while (rest.length >= 8 && rest.length >= 8 + rest.readUInt32BE(4)) {
      const end = 8 + rest.readUInt32BE(4);
      texts.push(rest.subarray(8, end));
      rest = rest.subarray(end);
    }
    this.#rest = rest;
    return texts;
  }
}

class Tail {
  readonly #maxBytes: number;
  readonly #chunks: Buffer[] = [];
  #length = 0;
  #cut = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  push(bytes: Buffer): void {
    this.#chunks.push(bytes);
    this.#length += bytes.length;
    // Rarely, since it copies what is kept: a log is many small frames.
    if (this.#length > 2 * this.#maxBytes + 2 ** 16) this.#bytes();
  }

  #bytes(): Buffer {
    const all = Buffer.concat(this.#chunks);
    this.#cut ||= all.length > this.#maxBytes;
    const kept = Buffer.from(all.subarray(Math.max(0, all.length - this.#maxBytes)));
    this.#chunks.splice(0, Infinity, kept);
    this.#length = kept.length;
    return kept;
  }

  text(): string {
    const text = new StringDecoder('utf8').end(this.#bytes());
    return this.#cut ? `${cutMark}${text.slice(text.indexOf('\n') + 1)}` : text;
  }
}
