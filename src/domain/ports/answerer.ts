import type { RangeSeries, Series } from '../labels.ts';

/** A successful answer to an instant query, by its type. */
export type InstantResult =
  | { readonly type: 'vector'; readonly series: readonly Series[]; readonly warnings: readonly string[] }
  | { readonly type: 'scalar'; readonly value: number; readonly warnings: readonly string[] }
  | { readonly type: 'matrix' | 'string'; readonly warnings: readonly string[] };

/** A successful answer to a range query. A scalar is one series without labels. */
export interface RangeResult {
  readonly series: readonly RangeSeries[];
  readonly warnings: readonly string[];
}

/**
 * What answers PromQL: a Prometheus server, or our own engine over samples that were scraped, written in a test, or
 * recorded. Rules read through it without knowing which.
 */
export interface Answerer {
  /** For people and for blindness: `prometheus`, `scrape`. */
  readonly name: string;
  /**
   * Why it cannot say yet what a query means that looks back this far, in ms, from `at`, epoch ms; null when it can.
   * Left out by whoever has always been there.
   */
  readonly notYet?: (lookBackMs: number, at: number) => string | null;
  /**
   * Evaluates a query at an instant.
   *
   * @param at epoch ms; null is now, by the clock of whoever answers
   * @throws RollbackError when there is no answer that can be trusted
   */
  query(text: string, at: number | null, signal: AbortSignal): Promise<InstantResult>;
  /**
   * Evaluates a query at every step of a range, both ends included.
   *
   * @throws RollbackError when there is no answer that can be trusted
   */
  queryRange(
    text: string,
    range: { readonly fromMs: number; readonly toMs: number; readonly stepMs: number },
    signal: AbortSignal,
  ): Promise<RangeResult>;
}
