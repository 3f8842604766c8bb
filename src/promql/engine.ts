import type { RangeSeries, Series } from '../domain/labels.ts';
import type { Expression, MatrixSelector, Subquery } from './ast.ts';
import { typeOf } from './check.ts';
import type { QueryLimits } from './evaluate/budget.ts';
import { Budget, defaultLimits } from './evaluate/budget.ts';
import { evaluate } from './evaluate/evaluate.ts';
import type { Evaluation, Grid, Value } from './evaluate/evaluation.ts';
import { finished, matrixOf, rangeSeriesOf, seriesOf } from './evaluate/results.ts';
import { QueryError } from './query-error.ts';
import type { SeriesSource } from './series-store.ts';

/** What an instant query comes to. */
export type InstantValue =
  | { readonly type: 'vector'; readonly series: readonly Series[] }
  | { readonly type: 'scalar'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'matrix'; readonly series: readonly RangeSeries[] };

/** Steps of a range query, both ends included, in epoch ms. */
export interface QueryRange {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
}

export interface EngineOptions {
  /** How long a sample is current. */
  readonly lookbackMs: number;
  /** The step of subqueries that name none: the interval at which rules are evaluated. */
  readonly defaultStepMs: number;
  /** Names are taken off results at the end instead of by each operation. Off in Prometheus unless asked for. */
  readonly delayedNameRemoval: boolean;
  readonly limits: QueryLimits;
}

/** Evaluates PromQL as Prometheus 3.5 does, on series in memory. */
export interface Engine {
  /** @throws QueryError when the query fails or costs too much */
  instant(
    expression: Expression,
    source: SeriesSource,
    atMs: number,
  ): { readonly value: InstantValue; readonly warnings: readonly string[] };
  /**
   * A scalar becomes one series without labels.
   *
   * @throws QueryError when the query fails or costs too much
   */
  range(
    expression: Expression,
    source: SeriesSource,
    range: QueryRange,
  ): { readonly series: readonly RangeSeries[]; readonly warnings: readonly string[] };
}

export const defaultOptions: EngineOptions = {
  lookbackMs: 5 * 60_000,
  defaultStepMs: 60_000,
  delayedNameRemoval: false,
  limits: defaultLimits,
};

export function createEngine(options: Partial<EngineOptions> = {}): Engine {
  const set = { ...defaultOptions, ...options };
  return {
    instant: (expression, source, atMs) => {
      const evaluation = evaluationOf(source, { fromMs: atMs, toMs: atMs }, set);
      const value = instantValue(expression, atMs, evaluation);
      return { value, warnings: [...evaluation.warnings] };
    },
    range: (expression, source, range) => {
      const evaluation = evaluationOf(source, range, set);
      const series = ranged(expression, range, evaluation);
      return { series, warnings: [...evaluation.warnings] };
    },
  };
}

function evaluationOf(
  source: SeriesSource,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  options: EngineOptions,
): Evaluation {
  const { lookbackMs, defaultStepMs, delayedNameRemoval, limits } = options;
  const budget = new Budget(limits);
  return { source, lookbackMs, defaultStepMs, delayedNameRemoval, fromMs, toMs, budget, warnings: new Set() };
}

function instantValue(expression: Expression, atMs: number, evaluation: Evaluation): InstantValue {
  const grid = { startMs: atMs, stepMs: 1, steps: 1 };
  const range = rangeOf(expression);
  if (range !== null) return { type: 'matrix', series: matrixOf(range, grid, evaluation, evaluate) };
  const value = evaluate(expression, grid, evaluation);
  switch (value.type) {
    case 'scalar':
      return { type: 'scalar', value: value.values[0] ?? Number.NaN };
    case 'string':
      return { type: 'string', value: value.value };
    case 'vector':
      return { type: 'vector', series: seriesOf(finished(value.frame, evaluation)) };
  }
}

/** A range vector as a whole query. */
function rangeOf(expression: Expression): MatrixSelector | Subquery | null {
  if (expression.kind === 'parentheses') return rangeOf(expression.expression);
  return expression.kind === 'range' || expression.kind === 'subquery' ? expression : null;
}

function ranged(expression: Expression, range: QueryRange, evaluation: Evaluation): readonly RangeSeries[] {
  const type = typeOf(expression);
  if (type === 'matrix' || type === 'string') {
    throw new QueryError(
      'bad_data',
      `invalid expression type "${type === 'matrix' ? 'range vector' : type}" for range query, must be Scalar or instant Vector`,
      expression.span,
    );
  }
  const grid = gridOf(range, evaluation);
  if (grid.steps === 0) return [];
  return seriesOverTime(evaluate(expression, grid, evaluation), grid, evaluation);
}

function gridOf({ fromMs, toMs, stepMs }: QueryRange, evaluation: Evaluation): Grid {
  if (!(stepMs > 0)) {
    throw new QueryError(
      'bad_data',
      'zero or negative query resolution step widths are not accepted. Try a positive integer',
    );
  }
  const steps = toMs < fromMs ? 0 : Math.floor((toMs - fromMs) / stepMs) + 1;
  evaluation.budget.steps(steps);
  return { startMs: fromMs, stepMs, steps };
}

function seriesOverTime(value: Value, grid: Grid, evaluation: Evaluation): readonly RangeSeries[] {
  switch (value.type) {
    case 'scalar': {
      const times = new Float64Array(grid.steps).map((_, step) => grid.startMs + step * grid.stepMs);
      return [{ labels: {}, times, values: value.values }];
    }
    case 'vector':
      return rangeSeriesOf(finished(value.frame, evaluation), grid);
    case 'string':
      throw new QueryError('bad_data', 'a string has no values over time');
  }
}
