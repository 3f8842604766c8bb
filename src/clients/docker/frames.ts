import { Transform, type TransformCallback } from 'node:stream';
import { RollbackError } from '../../domain/errors.ts';

const header = 8;
const ofStderr = 2;
/** Engines send what they read at once, which is 32 KiB. */
const longest = 16 * 1024 * 1024;

/**
 * Takes the two streams of a program in a container apart: what it writes to its output flows on, what it says beside
 * that is handed over. A frame is one byte for the stream, three zeros, four bytes of length, and the bytes.
 *
 * @see https://docs.docker.com/reference/api/engine/version/v1.41/#operation/ContainerAttach
 */
export class OutputOf extends Transform {
  readonly #said: (bytes: Buffer) => void;
  #head = Buffer.alloc(0);
  /** Of the frame that is being read. */
  #left = 0;
  #isStderr = false;

  constructor(said: (bytes: Buffer) => void) {
    super();
    this.#said = said;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#left === 0) {
        rest = this.#begin(rest);
        if (this.#left > longest) {
          done(new RollbackError('ANSWER_INVALID', 'the engine sent what is no output of a program'));
          return;
        }
        continue;
      }
      const part = rest.subarray(0, this.#left);
      rest = rest.subarray(part.length);
      this.#left -= part.length;
      if (this.#isStderr) this.#said(part);
      else this.push(part);
    }
    done();
  }

  /** A connection that was cut must not look like a program that ended. */
  override _flush(done: TransformCallback): void {
    if (this.#left === 0 && this.#head.length === 0) done();
    else done(new RollbackError('UNREACHABLE', "the engine's answer broke off"));
  }

  #begin(bytes: Buffer): Buffer {
    const missing = header - this.#head.length;
    this.#head = Buffer.concat([this.#head, bytes.subarray(0, missing)]);
    if (this.#head.length === header) {
      this.#isStderr = this.#head[0] === ofStderr;
      this.#left = this.#head.readUInt32BE(4);
      this.#head = Buffer.alloc(0);
    }
    return bytes.subarray(missing);
  }
}
