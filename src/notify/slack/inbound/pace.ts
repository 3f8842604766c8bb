import type { Clock } from '../../../domain/ports/clock.ts';

/** Counts what each of many does in a window of time, in bounded memory. */
export class Pace {
  readonly #clock: Clock;
  readonly #windowMs: number;
  readonly #counts = new Map<string, number>();
  #began = 0;

  constructor(clock: Clock, windowMs: number) {
    this.#clock = clock;
    this.#windowMs = windowMs;
  }

  /** @returns how often it happened in this window, this time included */
  count(who: string): number {
    const now = this.#clock.now();
    if (now - this.#began >= this.#windowMs || this.#counts.size > 10_000) {
      this.#counts.clear();
      this.#began = now;
    }
    const count = (this.#counts.get(who) ?? 0) + 1;
    this.#counts.set(who, count);
    return count;
  }
}
