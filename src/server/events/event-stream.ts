import type { ServerResponse } from 'node:http';
import type { Clock } from '../../domain/ports/clock.ts';
import { batch, type Batch } from './batch.ts';
import type { Feed, Follower } from './feed.ts';

export interface StreamOptions {
  readonly feed: Feed;
  readonly clock: Clock;
  readonly out: ServerResponse;
  /** Of one incident; null is all. */
  readonly incident: string | null;
  /** Begins after this entry; null: with what comes. */
  readonly after: number | null;
  /** Whether whoever opened it still may see it. */
  readonly allowed: () => boolean;
}

/** Why a stream ended: the name of its last event. */
export type Farewell = 'behind' | 'closing' | 'unauthorized';

/** What may wait to be sent to one client; beyond that it reads from the store, at its own speed. */
const waitingBytes = 256 * 1024;
const pageSize = 100;
/** A client that takes nothing for so long is given up. */
const stuckMs = 30_000;
/** What was said last has so long to get through. */
const farewellMs = 2_000;
export const heartbeatMs = 15_000;

/**
 * The journal as server-sent events to one client: each entry once, in order, without gaps.
 *
 * It reads pages of the store until it stands at the head of the feed, then takes what the feed hands on. When the
 * client is too slow for that, it goes back to pages.
 */
export class EventStream implements Follower {
  readonly #options: StreamOptions;
  #position = 0;
  #catchingUp = true;
  #ended = false;
  #spokeAt: number;
  /** Resolves when it is over, for whatever reason. */
  readonly over: Promise<void>;

  constructor(options: StreamOptions) {
    this.#options = options;
    this.#spokeAt = options.clock.now();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.over = promise;
    options.out.once('close', () => {
      this.#ended = true;
      options.feed.leave(this);
      resolve();
    });
    options.out.on('error', () => {});
  }

  async open(): Promise<void> {
    const { feed, after } = this.#options;
    try {
      await feed.join(this);
    } catch {
      this.end('behind');
      return;
    }
    // A number beyond the head comes from another store; what comes is all that can be promised.
    this.#position = after === null ? feed.head : Math.min(after, feed.head);
    // An id without data dispatches nothing, and is where a client resumes that has heard of no entry yet.
    this.#write(`retry: 2000\nid: ${this.#position}\n\n`);
    await this.#catchUp();
  }

  take(read: Batch): void {
    if (this.#catchingUp || this.#ended) return;
    const text = read.textFor(this.#options.incident, this.#position);
    this.#position = Math.max(this.#position, read.to);
    if (text === '') return;
    this.#write(text);
    if (this.#options.out.writableLength > waitingBytes) void this.#catchUp();
  }

  lost(): void {
    this.end('behind');
  }

  /** Looks whether it may go on, and says that it lives when it was silent for long. */
  tick(): void {
    if (this.#ended) return;
    if (!this.#options.allowed()) {
      this.end('unauthorized');
      return;
    }
    const silentMs = this.#options.clock.now() - this.#spokeAt;
    if (silentMs < heartbeatMs || this.#options.out.writableLength > 0) return;
    this.#write(`: alive\nid: ${this.#position}\n\n`);
  }

  /** Ends it with an event that says why, and where to resume. */
  end(why: Farewell): void {
    if (this.#ended) return;
    const { out, clock, feed } = this.#options;
    this.#ended = true;
    feed.leave(this);
    out.end(
      `event: ${why}\ndata: ${JSON.stringify({ resumeAfter: this.#position, why: farewells[why] })}\n\n`,
    );
    const cancel = clock.after(farewellMs, () => out.destroy());
    out.once('close', cancel);
  }

  async #catchUp(): Promise<void> {
    const { feed, incident } = this.#options;
    this.#catchingUp = true;
    try {
      while (!this.#ended) {
        if (!(await this.#drained())) {
          this.end('behind');
          return;
        }
        const { head } = feed;
        if (this.#position >= head) {
          this.#catchingUp = false;
          return;
        }
        const page = await feed.page(incident, this.#position, pageSize);
        const last = page.at(-1)?.seq ?? this.#position;
        const text = batch(this.#position, page, feed.texts).textFor(incident, this.#position);
        // A page that is not full holds all there was up to the head.
        this.#position = page.length === pageSize ? last : Math.max(last, head);
        if (text !== '') this.#write(text);
      }
    } catch {
      this.end('behind');
    }
  }

  /** False when the client took nothing for too long. */
  #drained(): Promise<boolean> {
    const { out, clock } = this.#options;
    if (out.writableLength <= waitingBytes) return Promise.resolve(true);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const cancel = clock.after(stuckMs, () => resolve(false));
    const go = (): void => resolve(true);
    out.once('drain', go);
    out.once('close', go);
    return promise.finally(() => {
      cancel();
      out.off('drain', go);
      out.off('close', go);
    });
  }

  #write(text: string): void {
    if (this.#ended) return;
    this.#spokeAt = this.#options.clock.now();
    this.#options.out.write(text);
  }
}

const farewells: Readonly<Record<Farewell, string>> = {
  behind: 'what waited to be sent was too much; connect again with Last-Event-ID',
  closing: 'the daemon is stopping; connect again with Last-Event-ID',
  unauthorized: 'the token does not count any more',
};
