import type { Bucket } from '../functions/buckets.ts';
import { histogramFraction } from '../functions/histogram-fraction.ts';
import { histogramQuantile } from '../functions/histogram-quantile.ts';
import type { Evaluation } from './evaluation.ts';
import { afterUnnaming, keepRow } from './elements.ts';
import type { Frame } from './frame.ts';
import { FrameBuilder } from './frame.ts';
import type { LabelSet } from './label-set.ts';
import { warnOfBound, warnOfShares } from './warnings.ts';

/** `histogram_quantile` over classic histograms. */
export function histogramQuantiles(shares: Float64Array, frame: Frame, evaluation: Evaluation): Frame {
  warnOfShares(shares, evaluation);
  return overHistograms(frame, evaluation, (buckets, step) => histogramQuantile(buckets, shares[step] ?? 0));
}

/** `histogram_fraction` over classic histograms. */
export function histogramFractions(
  lower: Float64Array,
  upper: Float64Array,
  frame: Frame,
  evaluation: Evaluation,
): Frame {
  return overHistograms(frame, evaluation, (buckets, step) =>
    histogramFraction(buckets, lower[step] ?? 0, upper[step] ?? 0),
  );
}

/** One element for each set of series that differ only in `le`. */
function overHistograms(
  frame: Frame,
  evaluation: Evaluation,
  compute: (buckets: readonly Bucket[], step: number) => number,
): Frame {
  const histograms = histogramsOf(frame, evaluation);
  const builder = new FrameBuilder(frame.steps, histograms.length, evaluation.budget);
  for (const { set, rows } of histograms) {
    const at = builder.open();
    let seen = false;
    for (let step = 0; step < frame.steps; step++) {
      const buckets = bucketsAt(frame, rows, step);
      if (buckets.length === 0) continue;
      builder.values[at + step] = compute(buckets, step);
      builder.present[at + step] = 1;
      seen = true;
    }
    if (seen) keepRow(builder, set, false, true, evaluation);
  }
  return afterUnnaming(builder.done(), evaluation);
}

interface Histogram {
  readonly set: LabelSet;
  readonly rows: { readonly row: number; readonly bound: number }[];
}

function histogramsOf(frame: Frame, evaluation: Evaluation): readonly Histogram[] {
  const histograms = new Map<string, Histogram>();
  for (const [row, set] of frame.sets.entries()) {
    const bound = boundOf(set.get('le'));
    if (bound === null) {
      warnOfBound(set.get('le'), set.get('__name__'), evaluation);
      continue;
    }
    const key = set.keyWithout(['le']);
    const histogram = histograms.get(key) ?? { set: set.without(['le']), rows: [] };
    histograms.set(key, histogram);
    histogram.rows.push({ row, bound });
  }
  return [...histograms.values()];
}

function bucketsAt(frame: Frame, rows: Histogram['rows'], step: number): Bucket[] {
  const buckets = [];
  for (const { row, bound } of rows) {
    const at = row * frame.steps + step;
    if (frame.present[at] === 1) buckets.push({ upperBound: bound, count: frame.values[at] ?? 0 });
  }
  return buckets;
}

/** A bound as Go reads a number; null if it is none. */
function boundOf(text: string): number | null {
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return Number(text);
  if (/^\+?inf(?:inity)?$/i.test(text)) return Infinity;
  if (/^-inf(?:inity)?$/i.test(text)) return -Infinity;
  return /^nan$/i.test(text) ? Number.NaN : null;
}
