import type { Clock } from '../domain/ports/clock.ts';

/** The longest delay that a Node timer can hold; longer ones are armed again. */
const longestMs = 2 ** 31 - 1;

/** The machine's clock: wall time at the start plus monotonic time since. The only place that reads one. */
export function systemClock(): Clock {
  const origin = Date.now() - performance.now();
  const now = (): number => origin + performance.now();
  return {
    now: () => Math.round(now()),
    wall: () => Date.now(),
    after: (delayMs, call) => arm(now() + delayMs, now, call),
  };
}

function arm(dueAt: number, now: () => number, call: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = (): void => {
    const restMs = Math.max(0, Math.ceil(dueAt - now()));
    timer = setTimeout(restMs > longestMs ? wait : call, Math.min(restMs, longestMs));
  };
  wait();
  return () => clearTimeout(timer);
}
