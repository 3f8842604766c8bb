import { messageOf } from '../domain/errors.ts';
import type { Channel } from '../domain/ports/channel.ts';
import { sleep } from '../domain/ports/clock.ts';
import { MINUTE, SECOND } from '../domain/time.ts';
import { ChannelQueue, type QueueOptions } from './channel-queue.ts';

export interface DispatcherOptions extends QueueOptions {
  readonly channels: readonly Channel[];
  /** How often the outbox is looked at when nobody says that there is something. */
  readonly pollMs?: number;
}

/** A long rest must not hide that a channel fails. */
const longestSleepMs = 1 * MINUTE;

/**
 * Carries the outbox to its channels, at least once. Channels do not wait for each other. In a channel the messages of
 * one incident keep their order; incidents with something urgent go first. What cannot be sent is tried again for ever,
 * at least once a minute unless the other side asked for longer; it is given up only when the other side takes other
 * messages but not this one.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #queues: readonly ChannelQueue[];
  #idle = new AbortController();

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#queues = options.channels.map((channel) => new ChannelQueue(channel, options));
  }

  /** Resolves once the signal aborted and nothing is under way any more. Never rejects. */
  async start(signal: AbortSignal): Promise<void> {
    const { channels } = this.#options;
    await Promise.all([
      ...this.#queues.map((queue) => this.#serve(queue, signal)),
      ...channels.map((channel) => channel.run?.(signal)),
    ]);
  }

  /** There is something new in the outbox. */
  wake(): void {
    this.#idle.abort();
    this.#idle = new AbortController();
  }

  /** The channels, and whether each is known to get nothing through. */
  health(): ReadonlyMap<string, boolean> {
    return new Map(this.#queues.map(({ health }) => [health.channel, health.failing]));
  }

  async #serve(queue: ChannelQueue, signal: AbortSignal): Promise<void> {
    const { clock, pollMs = 5 * SECOND } = this.#options;
    while (!signal.aborted) {
      // Taken before looking, so that a wake-up during the look is not lost.
      const woken = this.#idle.signal;
      const waitMs = await this.#round(queue, signal, woken);
      if (waitMs === 0) continue;
      const restMs = Math.min(waitMs ?? pollMs, longestSleepMs);
      await sleep(clock, restMs, AbortSignal.any([signal, woken]));
    }
  }

  async #round(queue: ChannelQueue, signal: AbortSignal, woken: AbortSignal): Promise<number | null> {
    const { log, pollMs = 5 * SECOND } = this.#options;
    try {
      return await queue.round(signal, () => woken.aborted);
    } catch (error) {
      const channel = queue.health.channel;
      log.error({ channel, error: messageOf(error) }, 'the outbox cannot be read or marked');
      return pollMs;
    }
  }
}
