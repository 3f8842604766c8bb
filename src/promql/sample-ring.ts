import type { Labels } from '../domain/labels.ts';
import type { SampleView } from './series-store.ts';

const firstCapacity = 8;

/** What a ring keeps. */
export interface RingLimits {
  /** Samples this much older than the newest are dropped. May be infinite. */
  readonly retentionMs: number;
  /** The oldest sample makes way when there are more. */
  readonly maxSamples: number;
}

/**
 * The samples of one series: times and values in one typed array, each half a ring.
 *
 * A mark of staleness is a bit beside the value; the bits are made with the first mark. The array grows by doubling, at
 * most to what the retention needs at the interval seen so far.
 */
export class SampleRing implements SampleView {
  readonly labels: Labels;
  length = 0;
  #capacity: number;
  #first = 0;
  /** Times, then values. */
  #cells: Float64Array;
  #stale: Uint8Array | null = null;

  /** @param maxSamples how many it will ever hold */
  constructor(labels: Labels, maxSamples: number) {
    this.labels = labels;
    this.#capacity = Math.max(1, Math.min(firstCapacity, maxSamples));
    this.#cells = new Float64Array(this.#capacity * 2);
  }

  /** Of the arrays alone. */
  get bytes(): number {
    return this.#cells.byteLength + (this.#stale?.byteLength ?? 0);
  }

  /** The time of the newest sample; -Infinity if there is none. */
  get newestMs(): number {
    return this.length === 0 ? -Infinity : this.time(this.length - 1);
  }

  time(position: number): number {
    return this.#cells[this.#slot(position)] ?? Number.NaN;
  }

  value(position: number): number {
    return this.#cells[this.#capacity + this.#slot(position)] ?? Number.NaN;
  }

  stale(position: number): boolean {
    return this.#stale !== null && this.#stale[this.#slot(position)] === 1;
  }

  after(ms: number): number {
    if (this.newestMs <= ms) return this.length;
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.time(middle) > ms) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  read(from: number, to: number, times: Float64Array, values: Float64Array): number {
    const cells = this.#cells;
    const capacity = this.#capacity;
    let slot = this.#slot(from);
    let count = 0;
    for (let position = from; position < to; position++) {
      if (this.#stale === null || this.#stale[slot] !== 1) {
        times[count] = cells[slot] ?? 0;
        values[count] = cells[capacity + slot] ?? 0;
        count++;
      }
      if (++slot === capacity) slot = 0;
    }
    return count;
  }

  /** Adds a sample that is newer than all others, and drops what the limits say. */
  push(ms: number, value: number, stale: boolean, limits: RingLimits): void {
    this.drop(ms - limits.retentionMs);
    if (this.length === this.#capacity) this.#makeRoom(limits);
    const slot = this.#slot(this.length);
    this.#cells[slot] = ms;
    this.#cells[this.#capacity + slot] = stale ? Number.NaN : value;
    if (stale) this.#stale ??= new Uint8Array(this.#capacity);
    if (this.#stale !== null) this.#stale[slot] = stale ? 1 : 0;
    this.length++;
  }

  /** Drops what is as old as `ms` or older. */
  drop(ms: number): void {
    let count = 0;
    while (count < this.length && this.time(count) <= ms) count++;
    this.#forget(count);
  }

  #slot(position: number): number {
    const slot = this.#first + position;
    return slot < this.#capacity ? slot : slot - this.#capacity;
  }

  #forget(count: number): void {
    this.#first = this.#slot(count);
    this.length -= count;
  }

  #makeRoom(limits: RingLimits): void {
    if (this.#capacity >= limits.maxSamples) {
      this.#forget(1);
      return;
    }
    const doubled = Math.min(this.#capacity * 2, limits.maxSamples);
    this.#resize(Math.max(this.#capacity + 1, Math.min(doubled, this.#needed(limits.retentionMs))));
  }

  /** How many samples the retention will hold if they go on coming as they came. */
  #needed(retentionMs: number): number {
    if (this.length < 2) return Infinity;
    const intervalMs = (this.newestMs - this.time(0)) / (this.length - 1);
    return Math.ceil(retentionMs / intervalMs) + 1;
  }

  #resize(capacity: number): void {
    const cells = new Float64Array(capacity * 2);
    const stale = this.#stale === null ? null : new Uint8Array(capacity);
    for (let position = 0; position < this.length; position++) {
      cells[position] = this.time(position);
      cells[capacity + position] = this.value(position);
      if (stale !== null) stale[position] = this.stale(position) ? 1 : 0;
    }
    this.#cells = cells;
    this.#stale = stale;
    this.#capacity = capacity;
    this.#first = 0;
  }
}
