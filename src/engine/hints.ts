import { sleep, type Clock } from '../domain/ports/clock.ts';

/** Ends the wait for the next look at a target when there is reason to look at once. */
export class Hints {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Set<() => void>>();
  /** How often each target was hinted at, so that a hint during a look is not lost. */
  readonly #given = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whoever waits for the target looks now; whoever is looking looks again. */
  give(target: string): void {
    this.#given.set(target, this.given(target) + 1);
    for (const wake of this.#waiting.get(target) ?? []) wake();
  }

  /** How many hints there have been; taken before a look, and told to the wait after it. */
  given(target: string): number {
    return this.#given.get(target) ?? 0;
  }

  /** Resolves after `ms`, at a hint for the target that came after `seen`, or when the signal aborts. */
  async wait(target: string, ms: number, signal: AbortSignal, seen: number): Promise<void> {
    if (this.given(target) !== seen) return;
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
