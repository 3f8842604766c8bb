import { Transform } from 'node:stream';

/** One entry of an archive, as its headers describe it. */
export interface TarEntry {
  /** Without a final slash. */
  readonly path: string;
  readonly type: 'file' | 'folder' | 'link' | 'other';
  /** Of a file with holes: as it will be, not as it is stored. */
  readonly bytes: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** What follows is not the plain content: the file has holes. */
  readonly sparse: boolean;
}

export interface TarReader {
  readonly entry: (entry: TarEntry) => void;
  /** The content of the last entry, in pieces; absent: nobody wants it. */
  readonly content?: (chunk: Buffer) => void;
}

const block = 512;
/** Longer headers are no archive of ours. */
const mostHeader = 1024 * 1024;

/** Lets an archive pass, and tells of each entry in it. Fails where it is no archive. */
export function scanTar(reader: TarReader): Transform {
  const scan = new Scan(reader);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      try {
        scan.take(chunk);
        done(null, chunk);
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)));
      }
    },
    flush(done) {
      done(scan.ended ? null : new Error('the archive breaks off'));
    },
  });
}

type Expecting = 'header' | 'content' | 'extension' | 'padding';

/** header ─▶ content or extension ─▶ padding ─▶ header … until a block of zeros */
class Scan {
  readonly #reader: TarReader;
  #expecting: Expecting = 'header';
  #left = block;
  #padding = 0;
  #held: Buffer[] = [];
  #extension: 'x' | 'L' | 'other' = 'other';
  #records = new Map<string, string>();
  ended = false;

  constructor(reader: TarReader) {
    this.#reader = reader;
  }

  take(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !this.ended) {
      const piece = chunk.subarray(at, at + this.#left);
      at += piece.length;
      this.#left -= piece.length;
      if (this.#expecting === 'content') this.#reader.content?.(piece);
      else if (this.#expecting !== 'padding') this.#held.push(Buffer.from(piece));
      if (this.#left === 0) this.#next();
    }
  }

  #next(): void {
    const whole = Buffer.concat(this.#held);
    const was = this.#expecting;
    this.#held = [];
    if (was === 'header') return this.#header(whole);
    if (was === 'extension') this.#extend(whole);
    if (was !== 'padding' && this.#padding > 0) return this.#expect('padding', this.#padding);
    this.#expect('header', block);
  }

  #expect(what: Expecting, bytes: number): void {
    this.#expecting = what;
    this.#left = bytes;
  }

  #header(header: Buffer): void {
    if (header.every((byte) => byte === 0)) {
      this.ended = true;
      return;
    }
    if (header.toString('latin1', 257, 262) !== 'ustar') throw new Error('it is no tar archive');
    const flag = String.fromCharCode(header[156] ?? 0);
    const isExtension = flag === 'x' || flag === 'g' || flag === 'L' || flag === 'K';
    const written = this.#records.get('size');
    const stored = !isExtension && written !== undefined ? Number(written) : numberAt(header, 124, 12);
    if (!Number.isSafeInteger(stored) || stored < 0) throw new Error('it holds a size that is none');
    this.#padding = (block - (stored % block)) % block;
    if (isExtension) {
      if (stored > mostHeader) throw new Error('it holds a header that is too long');
      this.#extension = flag === 'x' || flag === 'L' ? flag : 'other';
      if (stored > 0) this.#expect('extension', stored);
      return;
    }
    this.#reader.entry(entryOf(header, flag, stored, this.#records));
    this.#records = new Map();
    const hasContent = flag === '0' || flag === '\0' || flag === '7' || flag === 'S';
    this.#expect(hasContent && stored > 0 ? 'content' : 'header', hasContent && stored > 0 ? stored : block);
  }

  #extend(content: Buffer): void {
    if (this.#extension === 'L') this.#records.set('path', content.toString('utf8').replace(/\0+$/, ''));
    if (this.#extension !== 'x') return;
    for (let at = 0; at < content.length;) {
      const space = content.indexOf(0x20, at);
      const length = Number(content.toString('latin1', at, space));
      if (space < 0 || !Number.isInteger(length) || length <= 0) throw new Error('it holds a broken header');
      const record = content.toString('utf8', space + 1, at + length - 1);
      const equals = record.indexOf('=');
      this.#records.set(record.slice(0, equals), record.slice(equals + 1));
      at += length;
    }
  }
}

function entryOf(
  header: Buffer,
  flag: string,
  stored: number,
  records: ReadonlyMap<string, string>,
): TarEntry {
  const prefix = textAt(header, 345, 155);
  const short = textAt(header, 0, 100);
  const named = records.get('path') ?? (prefix === '' ? short : `${prefix}/${short}`);
  const sparse = [...records.keys()].some((key) => key.startsWith('GNU.sparse.'));
  const path = records.get('GNU.sparse.name') ?? named;
  return {
    path: path.replace(/\/+$/, ''),
    type: typeOf(flag),
    bytes: Number(records.get('GNU.sparse.realsize') ?? stored),
    mode: numberAt(header, 100, 8) & 0o7777,
    uid: Number(records.get('uid') ?? numberAt(header, 108, 8)),
    gid: Number(records.get('gid') ?? numberAt(header, 116, 8)),
    sparse,
  };
}

function typeOf(flag: string): TarEntry['type'] {
  if (flag === '5') return 'folder';
  if (flag === '1' || flag === '2') return 'link';
  return flag === '0' || flag === '\0' || flag === '7' || flag === 'S' ? 'file' : 'other';
}

function textAt(header: Buffer, from: number, length: number): string {
  const end = header.indexOf(0, from);
  return header.toString('utf8', from, end < 0 || end > from + length ? from + length : end);
}

/** Octal text, or a binary number where the first bit says so. */
function numberAt(header: Buffer, from: number, length: number): number {
  if (((header[from] ?? 0) & 0x80) !== 0) {
    let value = BigInt((header[from] ?? 0) & 0x7f);
    for (let at = from + 1; at < from + length; at += 1) value = value * 256n + BigInt(header[at] ?? 0);
    return Number(value);
  }
  const text = header.toString('latin1', from, from + length).replace(/[\0 ].*$/, '');
  return text === '' ? 0 : Number.parseInt(text, 8);
}
