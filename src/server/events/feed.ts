import { sleep, type Clock } from '../../domain/ports/clock.ts';
import type { Daemon } from '../../domain/ports/daemon.ts';
import type { Entry } from '../../domain/ports/store.ts';
import { batch, EventTexts, type Batch } from './batch.ts';

/** Somebody who follows the journal. */
export interface Follower {
  /** Called with each batch, in order and without gaps. */
  take(read: Batch): void;
  /** The journal could not be read. */
  lost(error: unknown): void;
}

export type Journal = Pick<Daemon, 'entries' | 'head' | 'onJournaled'>;

/** Entries that are read at once. */
const pageSize = 500;
/** Between two reads: a storm of entries reaches everybody ten times a second, not a thousand times. */
const spacingMs = 100;

/**
 * Reads the journal once for all who follow it, from when the first one comes until the last one leaves.
 *
 * An entry is handed on as soon as it is durable, or with the next ones 100 ms later at most.
 */
export class Feed {
  readonly texts = new EventTexts();
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #followers = new Set<Follower>();
  readonly #closed = new AbortController();
  #head = 0;
  #found: Promise<void> | null = null;
  #unlisten = (): void => {};
  #reading = false;
  #again = false;

  constructor(journal: Journal, clock: Clock) {
    this.#journal = journal;
    this.#clock = clock;
  }

  /** Number of the last entry that was handed on. */
  get head(): number {
    return this.#head;
  }

  /** From when it resolves, the follower misses nothing after `head`. */
  async join(follower: Follower): Promise<void> {
    this.#followers.add(follower);
    this.#found ??= this.#start();
    await this.#found;
  }

  leave(follower: Follower): void {
    this.#followers.delete(follower);
    if (this.#followers.size > 0) return;
    this.#unlisten();
    this.#found = null;
  }

  /** Entries of one incident or of all, for a follower who is not at the head yet. */
  page(incident: string | null, after: number, limit: number): Promise<readonly Entry[]> {
    return this.#journal.entries({ ...(incident === null ? {} : { incident }), after, limit });
  }

  close(): void {
    this.#closed.abort();
    this.#unlisten();
  }

  async #start(): Promise<void> {
    this.#unlisten();
    this.#unlisten = this.#journal.onJournaled(() => void this.#read());
    this.#head = await this.#journal.head();
  }

  async #read(): Promise<void> {
    this.#again = true;
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (this.#again && this.#followers.size > 0 && !this.#closed.signal.aborted) await this.#handOn();
    } catch (error) {
      for (const follower of this.#followers) follower.lost(error);
    } finally {
      this.#reading = false;
    }
  }

  async #handOn(): Promise<void> {
    await this.#found;
    this.#again = false;
    const from = this.#head;
    const entries = await this.#journal.entries({ after: from, limit: pageSize });
    // Between the last follower and the next one the head was found anew.
    if (from !== this.#head) {
      this.#again = true;
      return;
    }
    if (entries.length > 0) {
      const read = batch(from, entries, this.texts);
      this.#head = read.to;
      for (const follower of this.#followers) follower.take(read);
    }
    if (entries.length === pageSize) this.#again = true;
    else await sleep(this.#clock, spacingMs, this.#closed.signal);
  }
}
