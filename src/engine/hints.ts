import { sleep, type Clock } from '../domain/ports/clock.ts';

/** Ends the wait for the next look at a target when there is reason to look at once. */
export class Hints {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whoever waits for the target looks now. Nobody waits: it is being looked at. */
  give(target: string): void {
    for (const wake of this.#waiting.get(target) ?? []) wake();
  }

  /** Resolves after `ms`, at a hint for the target, or when the signal aborts. */
  async wait(target: string, ms: number, signal: AbortSignal): Promise<void> {
    const hint = new AbortController();
    const wake = (): void => hint.abort();
    const waiting = this.#waiting.get(target) ?? new Set();
    this.#waiting.set(target, waiting.add(wake));
    if (signal.aborted) wake();
    // Not `AbortSignal.any`: what it leaves behind on a signal that lives as long as the daemon is found only later.
    signal.addEventListener('abort', wake, { once: true });
    await sleep(this.#clock, ms, hint.signal);
    signal.removeEventListener('abort', wake);
    waiting.delete(wake);
  }
}
