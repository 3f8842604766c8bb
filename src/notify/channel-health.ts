import { messageOf } from '../domain/errors.ts';
import { MINUTE } from '../domain/time.ts';

/** How long nothing may get through before people are told by other ways. */
export const failingAfterMs = 5 * MINUTE;

/** Hears when a channel does not get through any more, and when it does again: once each. */
export interface HealthWatch {
  failing(channel: string, sinceAt: number, reason: string): void;
  recovered(channel: string, sinceAt: number): void;
}

/** Whether a channel gets its messages through. In memory: a start begins with the best opinion. */
export class ChannelHealth {
  /** Failures since something last got through. */
  failures = 0;
  /** Messages that got through. */
  successes = 0;
  #since: number | null = null;
  #reason = '';
  #told = false;
  readonly channel: string;
  readonly #watch: HealthWatch;

  constructor(channel: string, watch: HealthWatch) {
    this.channel = channel;
    this.#watch = watch;
  }

  /** It is known to get nothing through. */
  get failing(): boolean {
    return this.#told;
  }

  failed(now: number, failure: unknown): void {
    this.failures++;
    this.#since ??= now;
    this.#reason = messageOf(failure);
    this.check(now);
  }

  /** Tells that it is failing once it has been for long enough; failed tries may be far apart. */
  check(now: number): void {
    if (this.#told || this.#since === null || now - this.#since < failingAfterMs) return;
    this.#told = true;
    this.#watch.failing(this.channel, this.#since, this.#reason);
  }

  succeeded(): void {
    const [told, since] = [this.#told, this.#since];
    this.failures = 0;
    this.successes++;
    this.#since = null;
    this.#told = false;
    if (told && since !== null) this.#watch.recovered(this.channel, since);
  }
}
