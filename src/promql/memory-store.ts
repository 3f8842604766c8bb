import type { Labels } from '../domain/labels.ts';
import type { Matcher } from './ast.ts';
import { labelSetOf } from './evaluate/label-set.ts';
import { LabelIndex } from './label-index.ts';
import type { RingLimits } from './sample-ring.ts';
import { SampleRing } from './sample-ring.ts';
import type { SampleView, SeriesSource } from './series-store.ts';

/** How much a store keeps. */
export interface StoreLimits extends RingLimits {
  /** One with long labels counts as several: another one for each 512 characters. */
  readonly maxSeries: number;
  /** Samples further ahead of `now` than this are refused. */
  readonly maxAheadMs: number;
}

/** Nothing is dropped or refused: for samples that were chosen, as in tests and backtests. */
export const keepsEverything: StoreLimits = {
  retentionMs: Infinity,
  maxSamples: Infinity,
  maxSeries: Infinity,
  maxAheadMs: Infinity,
};

/** Why a sample was not stored. */
export type Refusal = 'too-many-series' | 'out-of-order' | 'duplicate' | 'too-far-ahead';

/** What became of a sample. One that is there already with the same value counts as stored. */
export type Appended = 'stored' | Refusal;

/** A sample on its way in. */
export interface NewSample {
  /** Epoch ms. */
  readonly atMs: number;
  readonly value: number;
  /** The series ends here; the value is not looked at. */
  readonly stale?: boolean;
}

/** About what a series costs beside its rings: labels, key, index, objects. Measured, in bytes. */
const bytesPerSeries = 1_100;
/** Characters of labels that this is about; more of them are as much again. */
const lettersPerSeries = 512;

/** Series in memory, within limits. */
export class MemoryStore implements SeriesSource {
  readonly #limits: StoreLimits;
  readonly #byKey = new Map<string, SampleRing>();
  readonly #index = new LabelIndex<SampleRing>();
  #weight = 0;

  constructor(limits: Partial<StoreLimits> = {}) {
    this.#limits = { ...keepsEverything, ...limits };
  }

  get seriesCount(): number {
    return this.#byKey.size;
  }

  /** Memory of all series: the sizes of their rings, and a measured constant for what stands around each. */
  bytes(): number {
    let total = this.#weight * bytesPerSeries;
    for (const ring of this.#byKey.values()) total += ring.bytes;
    return total;
  }

  /**
   * Adds one sample.
   *
   * @param labels kept as they are; the same object each time is fastest
   * @param now epoch ms; samples may be `maxAheadMs` ahead of it
   */
  append(labels: Labels, sample: NewSample, now = Infinity): Appended {
    if (sample.atMs > now + this.#limits.maxAheadMs) return 'too-far-ahead';
    const { key } = labelSetOf(labels);
    const ring = this.#byKey.get(key) ?? this.#open(key, labels);
    if (ring === null) return 'too-many-series';
    const { newestMs } = ring;
    // A time that is no number is never newer.
    if (!(sample.atMs >= newestMs)) return 'out-of-order';
    if (sample.atMs === newestMs) return repeats(ring, sample) ? 'stored' : 'duplicate';
    ring.push(sample.atMs, sample.value, sample.stale ?? false, this.#limits);
    return 'stored';
  }

  /**
   * Adds many samples of one series, oldest first.
   *
   * @param stale 1 where the series ends; left out, it does not end
   * @returns what became of the first that was refused, `stored` if none was
   */
  load(
    labels: Labels,
    times: ArrayLike<number>,
    values: ArrayLike<number>,
    stale?: ArrayLike<number>,
  ): Appended {
    let outcome: Appended = 'stored';
    for (let index = 0; index < times.length; index++) {
      const sample = {
        atMs: times[index] ?? Number.NaN,
        value: values[index] ?? Number.NaN,
        stale: stale?.[index] === 1,
      };
      const appended = this.append(labels, sample);
      if (outcome === 'stored') outcome = appended;
    }
    return outcome;
  }

  /** Drops samples that have outlived the retention at `now`, and series without samples. */
  sweep(now: number): void {
    for (const [key, ring] of this.#byKey) {
      ring.drop(now - this.#limits.retentionMs);
      if (ring.length === 0) this.#drop(key, ring);
    }
  }

  /** Drops a series with all its samples. */
  forget(labels: Labels): void {
    const { key } = labelSetOf(labels);
    const ring = this.#byKey.get(key);
    if (ring !== undefined) this.#drop(key, ring);
  }

  select(matchers: readonly Matcher[]): readonly SampleView[] {
    return this.#index.select(matchers);
  }

  /** Values of a label that any series has, in no particular order. */
  labelValues(name: string): readonly string[] {
    return this.#index.values(name);
  }

  #open(key: string, labels: Labels): SampleRing | null {
    const weight = weightOf(key);
    if (this.#weight + weight > this.#limits.maxSeries) return null;
    this.#weight += weight;
    const ring = new SampleRing(labels, this.#limits.maxSamples);
    this.#byKey.set(key, ring);
    this.#index.add(ring);
    return ring;
  }

  #drop(key: string, ring: SampleRing): void {
    this.#byKey.delete(key);
    this.#index.remove(ring);
    this.#weight -= weightOf(key);
  }
}

function weightOf(key: string): number {
  return 1 + Math.floor(key.length / lettersPerSeries);
}

function repeats(ring: SampleRing, sample: NewSample): boolean {
  const newest = ring.length - 1;
  if (sample.stale === true) return ring.stale(newest);
  return !ring.stale(newest) && Object.is(ring.value(newest), sample.value);
}
