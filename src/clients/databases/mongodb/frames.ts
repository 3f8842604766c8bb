import type { Readable } from 'node:stream';
import { RollbackError } from '../../../domain/errors.ts';
import { magic } from './dump.ts';

/** A document of MongoDB has 16 MiB at most; what describes one, a little more. */
const longest = 17 * 1024 * 1024;

/**
 * The frames of a copy, as it is read.
 *
 * @throws RollbackError `BACKUP_INVALID` where it is no copy, or breaks off within a frame
 */
export async function* framesIn(
  source: Readable,
): AsyncGenerator<{ readonly tag: number; readonly bytes: Buffer }> {
  let rest: Buffer = Buffer.alloc(0);
  let isBegun = false;
  for await (const chunk of source) {
    rest = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
    if (!isBegun) {
      if (rest.length < magic.length) continue;
      if (rest.toString('latin1', 0, magic.length) !== magic) throw invalid('is no copy of MongoDB');
      rest = rest.subarray(magic.length);
      isBegun = true;
    }
    while (rest.length >= 5) {
      const length = rest.readInt32LE(1);
      if (length < 5 || length > longest) throw invalid('holds what is no document');
      if (rest.length < 1 + length) break;
      yield { tag: rest[0] ?? 0, bytes: rest.subarray(1, 1 + length) };
      rest = rest.subarray(1 + length);
    }
  }
  if (!isBegun || rest.length > 0) throw invalid('breaks off');
}

export function invalid(what: string): RollbackError {
  return new RollbackError('BACKUP_INVALID', `the copy ${what}`);
}
