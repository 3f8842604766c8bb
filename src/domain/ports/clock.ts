/**
 * Time, handed in. Nothing outside `src/app/clock.ts` reads a clock of the machine.
 *
 * `now` is steady: wall time at start plus monotonic time since. It never jumps and never runs backwards.
 */
export interface Clock {
  now(): number;
  /** The machine's own idea of the time, for people and for noticing jumps. */
  wall(): number;
  /** Calls back once, `delayMs` from now at the earliest; returns how to cancel it. */
  after(delayMs: number, call: () => void): () => void;
}

/** Resolves after `ms`, or at once when the signal aborts. Never rejects. */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = (): void => {
    cancel();
    signal.removeEventListener('abort', wake);
    resolve();
  };
  const cancel = clock.after(ms, wake);
  signal.addEventListener('abort', wake, { once: true });
  return promise;
}
