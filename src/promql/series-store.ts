import type { Labels } from '../domain/labels.ts';
import type { Matcher } from './ast.ts';

/**
 * The samples of one series, oldest first, in a ring of typed arrays.
 *
 * Position 0 is the oldest. The arrays are shared with the store and must not be kept across an append.
 */
export interface SampleView {
  readonly labels: Labels;
  readonly length: number;
  /** Epoch ms. */
  time(position: number): number;
  value(position: number): number;
  /** A mark that the series ended here; its value is NaN and is never a value. */
  stale(position: number): boolean;
  /** The first position whose time is greater than `ms`; `length` if there is none. */
  after(ms: number): number;
  /**
   * Copies the samples at positions `[from, to)` to the start of the two arrays, without marks of staleness.
   *
   * @returns how many were copied; the arrays must have room for `to - from`
   */
  read(from: number, to: number, times: Float64Array, values: Float64Array): number;
}

/** What a query reads from: series in memory. */
export interface SeriesSource {
  /** How many there are, which a selector without the name of a metric may have to walk; unknown if it is left out. */
  readonly seriesCount?: number;
  /** Series that satisfy every matcher, in no particular order. */
  select(matchers: readonly Matcher[]): readonly SampleView[];
}
