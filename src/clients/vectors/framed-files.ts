import type { Readable } from 'node:stream';
import { RollbackError } from '../../domain/errors.ts';

/** Of the line in front: descriptions of a thousand collections fit well. */
const mostHeader = 16 * 2 ** 20;

/** Reads a stream piece by piece: a line, then so many bytes at a time. */
export interface FramedReader {
  /** @throws RollbackError `BACKUP_INVALID` where no line ends */
  line(): Promise<string>;
  /** The next so many bytes, as they come. @throws RollbackError `BACKUP_INVALID` where fewer are left */
  take(bytes: number): AsyncIterable<Buffer>;
  /** Reads on to the end, where a stream says whether it is whole. @throws RollbackError when something is left */
  end(): Promise<void>;
}

/** Reads what was written as a line of JSON, with files behind it whose lengths the line tells. */
export function framedReader(source: Readable, shown: string): FramedReader {
  const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let held: Buffer = Buffer.alloc(0);
  const cutOff = (): RollbackError => new RollbackError('BACKUP_INVALID', `the copy of ${shown} is cut off`);
  const more = async (): Promise<Buffer | null> => {
    const { value, done } = await chunks.next();
    return done === true ? null : Buffer.from(value);
  };
  return {
    async line() {
      for (;;) {
        const end = held.indexOf(10);
        if (end >= 0) {
          const line = held.subarray(0, end).toString('utf8');
          held = held.subarray(end + 1);
          return line;
        }
        const next = held.length > mostHeader ? null : await more();
        if (next === null) throw cutOff();
        held = Buffer.concat([held, next]);
      }
    },
    async *take(bytes) {
      let left = bytes;
      while (left > 0) {
        const chunk = held.length > 0 ? held : await more();
        if (chunk === null) throw cutOff();
        const piece = chunk.subarray(0, left);
        held = chunk.subarray(piece.length);
        left -= piece.length;
        if (piece.length > 0) yield piece;
      }
    },
    async end() {
      const left = held.length > 0 ? held : await more();
      if (left !== null)
        throw new RollbackError('BACKUP_INVALID', `the copy of ${shown} has more than it says`);
    },
  };
}
