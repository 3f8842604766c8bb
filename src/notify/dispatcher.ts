import { crashPoint } from '../domain/crash-point.ts';
import { messageOf, RollbackError } from '../domain/errors.ts';
import type { Channel } from '../domain/ports/channel.ts';
import { sleep, type Clock } from '../domain/ports/clock.ts';
import type { Log } from '../domain/ports/log.ts';
import type { OutboxRow, Store } from '../domain/ports/store.ts';
import { formatDuration, HOUR, SECOND } from '../domain/time.ts';

export interface DispatcherOptions {
  readonly store: Pick<Store, 'due' | 'sent' | 'retryAt'>;
  readonly channels: readonly Channel[];
  readonly clock: Clock;
  readonly log: Log;
  /** How often the outbox is looked at when nobody says that there is something. */
  readonly pollMs?: number;
}

const batch = 50;
const firstRetryMs = 1 * SECOND;
const lastRetryMs = 1 * HOUR;

/**
 * Carries the outbox to its channels: each channel in order, at least once, one message at a time. A message that
 * cannot be sent holds up the later ones of its channel and is tried again for ever, at least once an hour;
 * channels do not wait for each other.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  #idle = new AbortController();

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Resolves once the signal aborted and nothing is under way any more. Never rejects. */
  async start(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#options.channels.map((channel) => this.#serve(channel, signal)));
  }

  /** There is something new in the outbox. */
  wake(): void {
    this.#idle.abort();
    this.#idle = new AbortController();
  }

  async #serve(channel: Channel, signal: AbortSignal): Promise<void> {
    const { clock, pollMs = 5 * SECOND } = this.#options;
    const delivered = new Set<string>();
    while (!signal.aborted) {
      // Taken before looking, so that a wake-up during the look is not lost.
      const woken = this.#idle.signal;
      const waitMs = await this.#round(channel, delivered, signal);
      if (waitMs === null) await sleep(clock, pollMs, AbortSignal.any([signal, woken]));
      else if (waitMs > 0) await sleep(clock, waitMs, signal);
    }
  }

  /** Sends what there is. @returns how long to wait before the first message may be tried again; null when empty */
  async #round(channel: Channel, delivered: Set<string>, signal: AbortSignal): Promise<number | null> {
    const { store, clock, log } = this.#options;
    try {
      // Also those that are not due yet: a later message must not overtake one that waits to be tried again.
      const rows = await store.due(channel.name, Number.MAX_SAFE_INTEGER, batch);
      for (const row of rows) {
        if (signal.aborted) return 0;
        const restMs = Math.min(row.nextAt - clock.now(), lastRetryMs);
        if (restMs > 0) return restMs;
        const retryMs = await this.#deliver(channel, row, delivered, signal);
        if (retryMs !== null) return retryMs;
      }
      return rows.length === batch ? 0 : null;
    } catch (error) {
      log.error({ channel: channel.name, error: messageOf(error) }, 'the outbox cannot be read or marked');
      return this.#options.pollMs ?? 5 * SECOND;
    }
  }

  /** @returns null when the message is through, else how long to wait */
  async #deliver(
    channel: Channel,
    row: OutboxRow,
    delivered: Set<string>,
    signal: AbortSignal,
  ): Promise<number | null> {
    const { store, clock } = this.#options;
    if (!delivered.has(row.key)) {
      const failure = await attempt(channel, row, signal);
      if (failure !== null) {
        if (signal.aborted) return 0;
        const waitMs = retryMs(row.attempts, failure);
        this.#report(channel, row, failure, waitMs);
        await store.retryAt(row.seq, clock.now() + waitMs);
        return waitMs;
      }
      // Remembered until it is marked: if marking fails, this process does not send it again.
      delivered.add(row.key);
      crashPoint('message.sent');
    }
    await store.sent(row.seq);
    delivered.delete(row.key);
    return null;
  }

  #report(channel: Channel, row: OutboxRow, failure: Error, waitMs: number): void {
    const { key, incident, attempts } = row;
    this.#options.log.warn(
      { channel: channel.name, message: key, incident, attempts: attempts + 1, error: failure.message },
      `a message to ${channel.name} was not sent; the next try is in ${formatDuration(waitMs)}`,
    );
  }
}

async function attempt(channel: Channel, row: OutboxRow, signal: AbortSignal): Promise<Error | null> {
  try {
    await channel.send([row], { attempts: row.attempts, inDoubt: row.attempts > 0 }, signal);
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Doubles from one second to an hour; not before the other side said. */
function retryMs(attempts: number, failure: Error): number {
  const backoffMs = firstRetryMs * 2 ** Math.min(attempts, 20);
  const asked = failure instanceof RollbackError ? failure.facts['retryAfterMs'] : undefined;
  return Math.min(lastRetryMs, Math.max(backoffMs, typeof asked === 'number' ? asked : 0));
}
