import type { Clock } from '../../src/domain/ports/clock.ts';

/** 2026-01-05 was a Monday. */
export const start = Date.UTC(2026, 0, 5, 12, 0, 0);

interface Alarm {
  readonly at: number;
  readonly order: number;
  readonly call: () => void;
}

/** A clock that stands still until the test moves it. Alarms ring in order, each followed by what it set off. */
export class SimulatedClock implements Clock {
  #now: number;
  #skewMs = 0;
  #order = 0;
  #alarms = new Set<Alarm>();

  constructor(at: number = start) {
    this.#now = at;
  }

  now(): number {
    return this.#now;
  }

  wall(): number {
    return this.#now + this.#skewMs;
  }

  /** Sets the machine's wall clock off by this much, as a bad NTP step would. */
  jump(ms: number): void {
    this.#skewMs += ms;
  }

  after(delayMs: number, call: () => void): () => void {
    const alarm = { at: this.#now + Math.max(0, delayMs), order: this.#order++, call };
    this.#alarms.add(alarm);
    return () => this.#alarms.delete(alarm);
  }

  /** Moves time forward; everything due on the way happens, in order, at its own time. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settle();
    for (let next = this.#next(until); next !== null; next = this.#next(until)) {
      this.#alarms.delete(next);
      this.#now = next.at;
      next.call();
      await settle();
    }
    this.#now = until;
    await settle();
  }

  #next(until: number): Alarm | null {
    let first: Alarm | null = null;
    for (const alarm of this.#alarms) {
      if (alarm.at > until) continue;
      if (first === null || alarm.at < first.at || (alarm.at === first.at && alarm.order < first.order))
        first = alarm;
    }
    return first;
  }
}

/** Lets everything that can go on without time passing go on. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 10; round++) await new Promise((resolve) => setImmediate(resolve));
}
