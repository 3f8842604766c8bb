import type { Clock } from '../domain/ports/clock.ts';

/**
 * Work that a state calls for and that happens outside the loop: planning, checks, effects.
 *
 * Keyed by case and by what is being done, so that the same state asked for twice does it once, and a state that
 * was left stops what it had started.
 */
export class Activities {
  readonly #running = new Map<string, { readonly kind: string; readonly abort: AbortController }>();
  readonly #pending = new Set<Promise<void>>();
  readonly clock: Clock;
  readonly #onFatal: (error: unknown) => void;
  #stopped = false;

  constructor(clock: Clock, onFatal: (error: unknown) => void) {
    this.clock = clock;
    this.#onFatal = onFatal;
  }

  /** Makes `kind` the one thing that is done for `key`; anything else that ran for it is told to stop. */
  ensure(key: string, kind: string, work: (signal: AbortSignal) => Promise<void>): void {
    const present = this.#running.get(key);
    if (this.#stopped || present?.kind === kind) return;
    present?.abort.abort();
    const abort = new AbortController();
    const running = { kind, abort };
    this.#running.set(key, running);
    const done = work(abort.signal)
      .catch(this.#onFatal)
      .finally(() => {
        if (this.#running.get(key) === running) this.#running.delete(key);
        this.#pending.delete(done);
      });
    this.#pending.add(done);
  }

  cease(key: string): void {
    this.#running.get(key)?.abort.abort();
    this.#running.delete(key);
  }

  /** Starts nothing more, lets go of what only reads, and waits for the rest at most `graceMs`. */
  async stop(graceMs: number): Promise<boolean> {
    this.#stopped = true;
    for (const { kind, abort } of this.#running.values()) if (!kind.startsWith('effect')) abort.abort();
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const cancel = this.clock.after(graceMs, () => resolve(false));
    void Promise.allSettled(this.#pending).then(() => resolve(true));
    const ended = await promise;
    cancel();
    return ended;
  }
}
