import { RollbackError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { EventStream, type StreamOptions } from './event-stream.ts';
import { Feed, type Journal } from './feed.ts';

/** Open at once; each holds a socket and up to a quarter of a mebibyte. */
const mostStreams = 256;
/** How soon a token that was revoked or expired ends its streams. */
const tickMs = 2_000;

/** All event streams of a server. */
export class Streams {
  readonly #clock: Clock;
  readonly #feed: Feed;
  readonly #open = new Set<EventStream>();
  #cancelTick: (() => void) | null = null;
  #closed = false;

  constructor(journal: Journal, clock: Clock) {
    this.#clock = clock;
    this.#feed = new Feed(journal, clock);
  }

  /** @throws RollbackError `RATE_LIMITED` when there are too many already, or the server is about to stop */
  admit(): void {
    if (this.#open.size < mostStreams && !this.#closed) return;
    throw new RollbackError(
      'RATE_LIMITED',
      this.#closed
        ? 'the daemon is stopping; connect again later'
        : `${mostStreams} event streams are open already; close one, or connect again later`,
      { retryAfterSeconds: 10 },
    );
  }

  open(options: Omit<StreamOptions, 'feed' | 'clock'>): void {
    const stream = new EventStream({ ...options, feed: this.#feed, clock: this.#clock });
    this.#open.add(stream);
    void stream.over.then(() => this.#open.delete(stream));
    this.#cancelTick ??= this.#tickLater();
    void stream.open();
  }

  /** Looks at once whether each may go on: tokens have changed. */
  check(): void {
    for (const stream of this.#open) stream.tick();
  }

  /** Says goodbye to all, and resolves when they are gone. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTick?.();
    this.#feed.close();
    const open = [...this.#open];
    for (const stream of open) stream.end('closing');
    await Promise.all(open.map(({ over }) => over));
  }

  #tickLater(): () => void {
    return this.#clock.after(tickMs, () => {
      this.check();
      this.#cancelTick = this.#open.size > 0 && !this.#closed ? this.#tickLater() : null;
    });
  }
}
