/**
 * Samples of one series within `(fromMs, toMs]`, oldest first, without marks of staleness.
 *
 * It is reused for the next series: nothing may keep it or its arrays.
 */
export interface Window {
  /** Epoch ms; valid up to `length`. */
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly length: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** The instant of the evaluation: without `@` and offset, `toMs`. */
  readonly atMs: number;
}

/** What a range function makes of one series; null: no element. `parameters` are its scalar arguments, in order. */
export type WindowFunction = (window: Window, parameters: readonly number[]) => number | null;
