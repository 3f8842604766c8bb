import { createHash, type Hash } from 'node:crypto';
import { constants, type BigIntStats } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import type { Clock } from '../../domain/ports/clock.ts';

/** What is known of a file's content. `unfinished`: more has to be read than there was time for. */
export type Digested = { readonly digest: string } | { readonly unfinished: true };

/** How one round of digests may go about it. */
export interface Round {
  /** A digest that was made longer ago is made anew, even if the file looks the same. */
  readonly rereadMs: number;
  /** No reading after this instant: what is half read goes on in the next round. */
  readonly until: number;
  readonly signal: AbortSignal;
}

interface Made {
  readonly identity: string;
  readonly digest: string;
  readonly at: number;
}

interface Begun {
  readonly key: string;
  readonly identity: string;
  readonly hash: Hash;
  offset: number;
}

const chunkBytes = 2 ** 20;

/**
 * Digests of files, remembered for as long as inode, size and both times stay the same.
 *
 * A large file is read over several rounds, each beginning where the last one had to stop. Keep one for each manifest;
 * `forget` what it no longer lists.
 */
export class FileDigests {
  readonly #clock: Clock;
  readonly #turns: Turns;
  readonly #made = new Map<string, Made>();
  #begun: Begun | null = null;

  constructor(clock: Clock, turns: Turns) {
    this.#clock = clock;
    this.#turns = turns;
  }

  /**
   * Rejects with the system's own error when the file cannot be read, and with one that says so when it changed
   * meanwhile. `seen` is what `stat` said of it.
   */
  async of(path: string, algorithm: string, seen: BigIntStats, round: Round): Promise<Digested> {
    const key = `${algorithm} ${path}`;
    const identity = identityOf(seen);
    const made = this.#made.get(key);
    const same = made !== undefined && made.identity === identity ? made : null;
    if (same !== null && this.#clock.now() - same.at < round.rereadMs) return { digest: same.digest };
    const digest = await this.#turns.take(round.signal, () =>
      this.#make(path, { key, identity, algorithm }, round),
    );
    if (digest !== null) {
      this.#made.set(key, { identity, digest, at: this.#clock.now() });
      return { digest };
    }
    return same === null ? { unfinished: true } : { digest: same.digest };
  }

  /** Drops every digest but those of these files. */
  forget(kept: ReadonlySet<string>): void {
    for (const key of this.#made.keys())
      if (!kept.has(key.slice(key.indexOf(' ') + 1))) this.#made.delete(key);
  }

  /** null: there was not time enough. */
  async #make(
    path: string,
    { key, identity, algorithm }: { key: string; identity: string; algorithm: string },
    round: Round,
  ): Promise<string | null> {
    if (this.#isOver(round)) return null;
    const begun = this.#begunFor(key, identity) ?? { key, identity, hash: createHash(algorithm), offset: 0 };
    this.#begun = null;
    // Neither a link nor a pipe that took the file's place since may be followed or waited for.
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const finished = await this.#read(file, begun, round);
      if (identityOf(await file.stat({ bigint: true })) !== identity)
        throw new Error('it changed while it was read');
      if (finished) return begun.hash.digest('hex');
      this.#begun = begun;
      return null;
    } finally {
      await file.close();
    }
  }

  #begunFor(key: string, identity: string): Begun | null {
    const begun = this.#begun;
    return begun !== null && begun.key === key && begun.identity === identity ? begun : null;
  }

  /** Whether the end was reached. At least one chunk is read: every round gets on. */
  async #read(file: FileHandle, begun: Begun, round: Round): Promise<boolean> {
    const buffer = Buffer.allocUnsafe(chunkBytes);
    do {
      const { bytesRead } = await file.read(buffer, 0, chunkBytes, begun.offset);
      if (bytesRead === 0) return true;
      begun.hash.update(buffer.subarray(0, bytesRead));
      begun.offset += bytesRead;
    } while (!this.#isOver(round));
    return false;
  }

  #isOver({ until, signal }: Round): boolean {
    return signal.aborted || this.#clock.now() >= until;
  }
}

/** Lets one call at a time through, whoever asks: hashing several files at once only makes a disk seek. */
export class Turns {
  #last: Promise<unknown> | null = null;

  /** null when the signal aborts before the turn comes: a disk that hangs holds up nobody for good. */
  async take<T>(signal: AbortSignal, call: () => Promise<T>): Promise<T | null> {
    while (this.#last !== null) {
      if (signal.aborted) return null;
      await Promise.race([this.#last, aborted(signal)]);
    }
    const calling = call();
    const ended = calling.then(
      () => {},
      () => {},
    );
    this.#last = ended;
    void ended.then(() => {
      if (this.#last === ended) this.#last = null;
    });
    return calling;
  }
}

/** As `stat`, for files that may be asked about. */
export function look(path: string): Promise<BigIntStats> {
  return stat(path, { bigint: true });
}

function identityOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener('abort', () => resolve(), { once: true });
  return promise;
}
