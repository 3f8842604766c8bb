import { formatFloat } from '../functions/format-float.ts';
import type { Evaluation } from './evaluation.ts';

/** Notes shares of a quantile that are none: they give infinities and NaN. */
export function warnOfShares(shares: Float64Array, evaluation: Evaluation): void {
  for (const share of shares) {
    if (share >= 0 && share <= 1) continue;
    evaluation.warnings.add(
      `PromQL warning: quantile value should be between 0 and 1, got ${formatFloat(share)}`,
    );
  }
}

/** Notes a series that is taken for a bucket of a histogram and has no bound. */
export function warnOfBound(bound: string, metric: string, evaluation: Evaluation): void {
  evaluation.warnings.add(
    `PromQL warning: bucket label "le" is missing or has a malformed value of ${JSON.stringify(bound)} for metric name ${JSON.stringify(metric)}`,
  );
}
