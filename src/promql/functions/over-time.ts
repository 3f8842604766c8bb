import { CompensatedSum } from './compensated-sum.ts';
import { quantile } from './quantile.ts';
import type { Window, WindowFunction } from './window.ts';

/** The sum of the values; infinite once it overflows. */
export const sumOverTime: WindowFunction = ({ values, length }) => {
  if (length === 0) return null;
  const sum = new CompensatedSum();
  for (let at = 0; at < length; at += 1) sum.add(values[at] ?? 0);
  return Number.isFinite(sum.sum) ? sum.total() : sum.sum;
};

/** The mean: of the sum, and from where that overflows on by moving the mean with each value. */
export const avgOverTime: WindowFunction = ({ values, length }) => {
  if (length === 0) return null;
  const sum = new CompensatedSum();
  sum.sum = values[0] ?? 0;
  let moves = false;
  for (let at = 1; at < length; at += 1) {
    const value = values[at] ?? 0;
    const count = at + 1;
    if (!moves && sum.overflowsWith(value)) {
      moves = true;
      sum.sum /= at;
      sum.compensation /= at;
    }
    if (moves) {
      sum.scale(at / count);
      sum.add(value / count);
    } else sum.add(value);
  }
  return moves ? sum.total() : sum.sum / length + sum.compensation / length;
};

/** The smallest value; NaN only if there is nothing else. */
export const minOverTime: WindowFunction = ({ values, length }) => {
  if (length === 0) return null;
  let best = values[0] ?? 0;
  for (let at = 1; at < length; at += 1) {
    const value = values[at] ?? 0;
    if (value < best || Number.isNaN(best)) best = value;
  }
  return best;
};

/** The largest value; NaN only if there is nothing else. */
export const maxOverTime: WindowFunction = ({ values, length }) => {
  if (length === 0) return null;
  let best = values[0] ?? 0;
  for (let at = 1; at < length; at += 1) {
    const value = values[at] ?? 0;
    if (value > best || Number.isNaN(best)) best = value;
  }
  return best;
};

/** How many samples there are, NaN among them. */
export const countOverTime: WindowFunction = ({ length }) => (length === 0 ? null : length);

/** 1 where there is any sample. */
export const presentOverTime: WindowFunction = ({ length }) => (length === 0 ? null : 1);

/** The newest value. */
export const lastOverTime: WindowFunction = ({ values, length }) =>
  length === 0 ? null : (values[length - 1] ?? 0);

/** A quantile of the values; its share is the parameter. */
export const quantileOverTime: WindowFunction = ({ values, length }, [share = NaN]) =>
  length === 0 ? null : quantile(share, values.subarray(0, length));

/** The variance of all values, not of a sample of them. */
export const stdvarOverTime: WindowFunction = (window) => (window.length === 0 ? null : variance(window));

/** The standard deviation of all values. */
export const stddevOverTime: WindowFunction = (window) =>
  window.length === 0 ? null : Math.sqrt(variance(window));

/** Welford's running variance, with compensated sums. */
function variance({ values, length }: Window): number {
  const mean = new CompensatedSum();
  const squares = new CompensatedSum();
  for (let at = 0; at < length; at += 1) {
    const value = values[at] ?? 0;
    const deviation = value - mean.total();
    mean.add(deviation / (at + 1));
    squares.add(deviation * (value - mean.total()));
  }
  return squares.total() / length;
}
