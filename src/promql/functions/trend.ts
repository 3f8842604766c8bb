import { CompensatedSum } from './compensated-sum.ts';
import type { Window, WindowFunction } from './window.ts';

/** The slope of the regression line, by the second. */
export const deriv: WindowFunction = (window) => {
  if (window.length < 2) return null;
  return regression(window, window.times[0] ?? 0).slope;
};

/** Where the regression line will be, so many seconds (the parameter) behind the instant of the evaluation. */
export const predictLinear: WindowFunction = (window, [aheadSeconds = 0]) => {
  if (window.length < 2) return null;
  const { slope, intercept } = regression(window, window.atMs);
  return slope * aheadSeconds + intercept;
};

/** Least squares; `intercept` is the value at `zeroMs`. A constant has no slope, unless it is infinite. */
function regression(window: Window, zeroMs: number): { slope: number; intercept: number } {
  const { times, values, length } = window;
  const first = values[0] ?? 0;
  const x = new CompensatedSum();
  const y = new CompensatedSum();
  const xy = new CompensatedSum();
  const xx = new CompensatedSum();
  let constant = true;
  for (let at = 0; at < length; at += 1) {
    const value = values[at] ?? 0;
    const seconds = ((times[at] ?? 0) - zeroMs) / 1000;
    if (value !== first && at > 0) constant = false;
    x.add(seconds);
    y.add(value);
    xy.add(seconds * value);
    xx.add(seconds * seconds);
  }
  if (constant) {
    return Number.isFinite(first) || Number.isNaN(first)
      ? { slope: 0, intercept: first }
      : { slope: NaN, intercept: NaN };
  }
  const covariance = xy.total() - (x.total() * y.total()) / length;
  const variance = xx.total() - (x.total() * x.total()) / length;
  const slope = covariance / variance;
  return { slope, intercept: y.total() / length - (slope * x.total()) / length };
}
