import type { ValueType } from './ast.ts';

/** What a function takes and gives. */
export interface Signature {
  readonly takes: readonly ValueType[];
  readonly gives: 'scalar' | 'vector';
  /** How many of the last argument may be left out or added: 0 exactly as in `takes`, 1 the last may be missing, … */
  readonly optional: number | 'any';
}

/** All functions of Prometheus 3.5 that need neither a feature flag nor native histograms. */
export const signatures: Readonly<Record<string, Signature>> = {
  ...table(
    ['vector'],
    [
      'abs',
      'absent',
      'ceil',
      'exp',
      'floor',
      'ln',
      'log10',
      'log2',
      'sgn',
      'sort',
      'sort_desc',
      'sqrt',
      'timestamp',
      'acos',
      'acosh',
      'asin',
      'asinh',
      'atan',
      'atanh',
      'cos',
      'cosh',
      'sin',
      'sinh',
      'tan',
      'tanh',
      'deg',
      'rad',
    ],
  ),
  ...table(
    ['matrix'],
    [
      'absent_over_time',
      'avg_over_time',
      'changes',
      'count_over_time',
      'delta',
      'deriv',
      'idelta',
      'increase',
      'irate',
      'last_over_time',
      'max_over_time',
      'min_over_time',
      'present_over_time',
      'rate',
      'resets',
      'stddev_over_time',
      'stdvar_over_time',
      'sum_over_time',
    ],
  ),
  ...table(
    ['vector'],
    ['day_of_month', 'day_of_week', 'day_of_year', 'days_in_month', 'hour', 'minute', 'month', 'year'],
    1,
  ),
  clamp: { takes: ['vector', 'scalar', 'scalar'], gives: 'vector', optional: 0 },
  clamp_max: { takes: ['vector', 'scalar'], gives: 'vector', optional: 0 },
  clamp_min: { takes: ['vector', 'scalar'], gives: 'vector', optional: 0 },
  histogram_fraction: { takes: ['scalar', 'scalar', 'vector'], gives: 'vector', optional: 0 },
  histogram_quantile: { takes: ['scalar', 'vector'], gives: 'vector', optional: 0 },
  label_join: { takes: ['vector', 'string', 'string', 'string'], gives: 'vector', optional: 'any' },
  label_replace: { takes: ['vector', 'string', 'string', 'string', 'string'], gives: 'vector', optional: 0 },
  pi: { takes: [], gives: 'scalar', optional: 0 },
  predict_linear: { takes: ['matrix', 'scalar'], gives: 'vector', optional: 0 },
  quantile_over_time: { takes: ['scalar', 'matrix'], gives: 'vector', optional: 0 },
  round: { takes: ['vector', 'scalar'], gives: 'vector', optional: 1 },
  scalar: { takes: ['vector'], gives: 'scalar', optional: 0 },
  time: { takes: [], gives: 'scalar', optional: 0 },
  vector: { takes: ['scalar'], gives: 'vector', optional: 0 },
};

/** Functions behind a feature flag in Prometheus 3.5. */
const experimental: ReadonlySet<string> = new Set([
  'double_exponential_smoothing',
  'info',
  'mad_over_time',
  'sort_by_label',
  'sort_by_label_desc',
  'ts_of_max_over_time',
  'ts_of_min_over_time',
  'ts_of_last_over_time',
  'first_over_time',
  'ts_of_first_over_time',
]);

/** Functions that only make sense of native histograms. */
const native: ReadonlySet<string> = new Set([
  'histogram_avg',
  'histogram_count',
  'histogram_sum',
  'histogram_stddev',
  'histogram_stdvar',
]);

/** Why a function cannot be called, null if it can. */
export function refusalOf(name: string): string | null {
  if (Object.hasOwn(signatures, name)) return null;
  if (experimental.has(name)) return `experimental function "${name}" is not supported`;
  if (native.has(name)) return `function "${name}" is not supported: it is about native histograms`;
  return `unknown function with name "${name}"`;
}

function table(
  takes: readonly ValueType[],
  names: readonly string[],
  optional = 0,
): Readonly<Record<string, Signature>> {
  return Object.fromEntries(names.map((name) => [name, { takes, gives: 'vector', optional }]));
}
