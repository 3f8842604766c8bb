import { changes, resets } from './changes.ts';
import {
  avgOverTime,
  countOverTime,
  lastOverTime,
  maxOverTime,
  minOverTime,
  presentOverTime,
  quantileOverTime,
  stddevOverTime,
  stdvarOverTime,
  sumOverTime,
} from './over-time.ts';
import { delta, idelta, increase, irate, rate } from './rates.ts';
import { deriv, predictLinear } from './trend.ts';
import type { WindowFunction } from './window.ts';

/** What PromQL's functions of range vectors compute, by name; `absent_over_time` is none of one series. */
export const windowFunctions: Readonly<Record<string, WindowFunction>> = {
  avg_over_time: avgOverTime,
  changes,
  count_over_time: countOverTime,
  delta,
  deriv,
  idelta,
  increase,
  irate,
  last_over_time: lastOverTime,
  max_over_time: maxOverTime,
  min_over_time: minOverTime,
  predict_linear: predictLinear,
  present_over_time: presentOverTime,
  quantile_over_time: quantileOverTime,
  rate,
  resets,
  stddev_over_time: stddevOverTime,
  stdvar_over_time: stdvarOverTime,
  sum_over_time: sumOverTime,
};
