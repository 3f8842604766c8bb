import { createHash } from 'node:crypto';
import { Writable } from 'node:stream';
import { giveBack } from '../clients/lent-memory.ts';

/** Large enough for a compressor in another thread to be busy while the next is gathered. */
const pieceBytes = 256 * 1024;

/**
 * Gathers what is written in large pieces, counts and digests it, and hands the pieces on: one is on its way while
 * another is filled, and both are used again. It has finished once all of it has arrived.
 */
export class Pieces extends Writable {
  readonly #to: Writable;
  readonly #arrived: Promise<void>;
  readonly #progress: (bytes: number) => void;
  readonly #hash = createHash('sha256');
  #filling = Buffer.allocUnsafeSlow(pieceBytes);
  #spare = Buffer.allocUnsafeSlow(pieceBytes);
  #filled = 0;
  #bytes = 0;
  #digest: string | null = null;
  /** The piece that was handed on last. */
  #onItsWay: Promise<void> = Promise.resolve();

  /**
   * @param arrived resolves once what was handed on is where it belongs; what it fails with ends this one, too
   * @param progress hears how many bytes were written so far
   */
  constructor(to: Writable, arrived: Promise<void>, progress: (bytes: number) => void) {
    super({ highWaterMark: pieceBytes });
    this.#to = to;
    this.#arrived = arrived;
    this.#progress = progress;
    // Whoever writes may only begin to when it has failed already, and hears of that then.
    this.on('error', () => {});
    arrived.catch((error: unknown) => this.destroy(error instanceof Error ? error : undefined));
  }

  /** Written so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Of all that was written, in hex; nothing can be written after it was asked for. */
  get sha256(): string {
    return (this.#digest ??= this.#hash.digest('hex'));
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#hash.update(chunk);
    this.#bytes += chunk.length;
    this.#progress(this.#bytes);
    this.#take(chunk, 0, (error) => {
      giveBack(chunk);
      done(error);
    });
  }

  override _final(done: (error?: Error | null) => void): void {
    void this.#finish(done);
  }

  async #finish(done: (error?: Error | null) => void): Promise<void> {
    let failure: Error | null = null;
    try {
      await this.#handOn();
      this.#to.end();
      await this.#arrived;
    } catch (error) {
      failure = asError(error);
    }
    done(failure);
  }

  #take(chunk: Buffer, from: number, done: (error?: Error | null) => void): void {
    const taken = chunk.copy(this.#filling, this.#filled, from);
    this.#filled += taken;
    if (this.#filled < pieceBytes) return done();
    this.#handOn().then(() => this.#take(chunk, from + taken, done), done);
  }

  /** Waits for the one before it, since that is filled next. */
  async #handOn(): Promise<void> {
    await this.#onItsWay;
    if (this.#filled === 0) return;
    const piece = this.#filling.subarray(0, this.#filled);
    this.#onItsWay = new Promise((resolve, reject) => {
      this.#to.write(piece, (error) => (error ? reject(error) : resolve()));
    });
    // It is heard of with the next.
    this.#onItsWay.catch(() => {});
    [this.#filling, this.#spare] = [this.#spare, this.#filling];
    this.#filled = 0;
  }
}

function asError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error(String(cause));
}
