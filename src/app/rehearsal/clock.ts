import type { Clock } from '../../domain/ports/clock.ts';
import { SECOND } from '../../domain/time.ts';

interface Alarm {
  readonly at: number;
  readonly order: number;
  readonly call: () => void;
  cancelled: boolean;
}

/**
 * A clock that stands still until somebody moves it.
 *
 * `advanceTo` lets every alarm ring at its own time, each followed by everything that it sets off. `hopTo` does so, too,
 * but for those who look again and again: they look only when something else is due, or at the end. `leapTo` is a machine
 * that slept: alarms on the way ring once, late, at the end. `slipTo` moves the hands and rings nothing.
 */
export class SimulatedClock implements Clock {
  #now: number;
  #skewMs = 0;
  #order = 0;
  readonly #rounds: number;
  readonly #alarms = new AlarmHeap();
  /** Those of whoever looks again and again. */
  readonly #looks = new AlarmHeap();

  /** @param rounds turns of the event loop that what an alarm sets off may take; 1 where nothing waits for the disk */
  constructor(at: number, rounds = 1) {
    this.#now = at;
    this.#rounds = rounds;
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
    const at = this.#now + Math.max(0, delayMs);
    const alarm: Alarm = { at, order: this.#order++, call, cancelled: false };
    (delayMs <= longestLookMs ? this.#looks : this.#alarms).add(alarm);
    return () => {
      alarm.cancelled = true;
    };
  }

  /** Moves time forward by this much, as `advanceTo` does. */
  advance(ms: number): Promise<void> {
    return this.advanceTo(this.#now + ms);
  }

  /** Moves time forward; everything due on the way happens, in order, at its own time. */
  async advanceTo(until: number): Promise<void> {
    await settle(this.#rounds);
    for (let next = this.#take(until); next !== null; next = this.#take(until)) {
      this.#now = Math.max(this.#now, next.at);
      next.call();
      await settle(this.#rounds);
    }
    this.#now = Math.max(this.#now, until);
    await settle(this.#rounds);
  }

  /** Moves time forward; what is due on the way happens at its own time, but looks only where something else does. */
  async hopTo(until: number): Promise<void> {
    await settle(this.#rounds);
    for (let next = this.#alarms.take(until); next !== null; next = this.#alarms.take(until)) {
      this.#now = Math.max(this.#now, next.at);
      next.call();
      await this.#lookAround();
    }
    this.#now = Math.max(this.#now, until);
    await this.#lookAround();
  }

  /** Moves time forward at once; what was due on the way happens now, once. */
  async leapTo(until: number): Promise<void> {
    this.slipTo(until);
    const due: Alarm[] = [];
    for (let next = this.#take(until); next !== null; next = this.#take(until)) due.push(next);
    for (const alarm of due) if (!alarm.cancelled) alarm.call();
    await settle(this.#rounds);
  }

  /** Moves the hands and rings nothing; what is overdue rings at the next `advanceTo` or `leapTo`. */
  slipTo(until: number): void {
    this.#now = Math.max(this.#now, until);
  }

  /** Whoever wants to look by now does so, once. */
  async #lookAround(): Promise<void> {
    const due: Alarm[] = [];
    for (let look = this.#looks.take(this.#now); look !== null; look = this.#looks.take(this.#now))
      due.push(look);
    for (const look of due) if (!look.cancelled) look.call();
    await settle(this.#rounds);
  }

  /** The first of all alarms that is due by then. */
  #take(until: number): Alarm | null {
    const [alarm, look] = [this.#alarms.first(), this.#looks.first()];
    const looksFirst = look !== null && (alarm === null || precedes(look, alarm));
    return (looksFirst ? this.#looks : this.#alarms).take(until);
  }
}

/** Who asks to be called within this time only looks whether anything happened: beats, and looks at releases. */
const longestLookMs = 2 * SECOND;

/** Lets everything that can go on without time passing go on. */
export async function settle(rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) await new Promise((resolve) => setImmediate(resolve));
}

/** Alarms by time, then by when they were set. Cancelled ones are dropped when their turn comes. */
class AlarmHeap {
  readonly #heap: Alarm[] = [];

  add(alarm: Alarm): void {
    const heap = this.#heap;
    let place = heap.push(alarm) - 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (!this.#precedes(place, above)) return;
      this.#swap(place, above);
      place = above;
    }
  }

  /** The first alarm; null when there is none. */
  first(): Alarm | null {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || !first.cancelled) return first ?? null;
      this.#removeFirst();
    }
  }

  /** The first alarm that is due by then; null when there is none. */
  take(until: number): Alarm | null {
    const first = this.first();
    if (first === null || first.at > until) return null;
    this.#removeFirst();
    return first;
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    let place = 0;
    for (;;) {
      const [left, right] = [2 * place + 1, 2 * place + 2];
      let least = place;
      if (this.#precedes(left, least)) least = left;
      if (this.#precedes(right, least)) least = right;
      if (least === place) return;
      this.#swap(place, least);
      place = least;
    }
  }

  #precedes(place: number, other: number): boolean {
    const [a, b] = [this.#heap[place], this.#heap[other]];
    if (a === undefined || b === undefined) return false;
    return precedes(a, b);
  }

  #swap(place: number, other: number): void {
    const [a, b] = [this.#heap[place], this.#heap[other]];
    if (a === undefined || b === undefined) return;
    this.#heap[place] = b;
    this.#heap[other] = a;
  }
}

function precedes(a: Alarm, b: Alarm): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
