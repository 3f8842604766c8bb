import { Writable } from 'node:stream';
import { RollbackError } from '../../domain/errors.ts';

/** How much of an answer is kept. */
const mostBytes = 16 * 1024 * 1024;

/** Keeps what a program writes, up to 16 MiB; it fails with `ANSWER_TOO_LARGE` at more. */
export class Kept extends Writable {
  readonly #pieces: Buffer[] = [];
  #length = 0;

  bytes(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  override _write(piece: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#length += piece.length;
    this.#pieces.push(piece);
    if (this.#length <= mostBytes) done();
    else done(new RollbackError('ANSWER_TOO_LARGE', `a program answered more than ${mostBytes} bytes`));
  }
}
