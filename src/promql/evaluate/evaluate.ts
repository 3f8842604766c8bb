import type { Aggregation, Binary, Expression } from '../ast.ts';
import { formatFloat } from '../functions/format-float.ts';
import { quantile } from '../functions/quantile.ts';
import { QueryError } from '../query-error.ts';
import { fold, gather } from './aggregate.ts';
import { evaluateCall } from './call.ts';
import { countValues } from './count-values.ts';
import { elementOperation, mapElements, negatedElements, takesName } from './elements.ts';
import type { Evaluation, Grid, Value } from './evaluation.ts';
import type { Frame } from './frame.ts';
import { rank } from './rank.ts';
import { calculating, comparing, isArithmetic, isComparison } from './scalar-operation.ts';
import { select } from './select.ts';
import { setOperation } from './set-operation.ts';
import { vectorOperation } from './vector-operation.ts';
import { warnOfShares } from './warnings.ts';

/**
 * Evaluates a type-checked expression at every step of a grid.
 *
 * @throws QueryError when it fails on the samples or costs too much
 */
export function evaluate(expression: Expression, grid: Grid, evaluation: Evaluation): Value {
  switch (expression.kind) {
    case 'number':
      return { type: 'scalar', values: new Float64Array(grid.steps).fill(expression.value) };
    case 'string':
      return { type: 'string', value: expression.value };
    case 'selector':
      return { type: 'vector', frame: select(expression, grid, evaluation) };
    case 'parentheses':
      return evaluate(expression.expression, grid, evaluation);
    case 'unary':
      return negated(evaluate(expression.expression, grid, evaluation), expression.operator, evaluation);
    case 'binary':
      return binary(expression, grid, evaluation);
    case 'aggregation':
      return { type: 'vector', frame: aggregate(expression, grid, evaluation) };
    case 'call':
      return evaluateCall(expression, grid, evaluation, evaluate);
    case 'range':
    case 'subquery':
      throw new QueryError('bad_data', 'a range vector has no value of its own', expression.span);
  }
}

function negated(value: Value, operator: '+' | '-', evaluation: Evaluation): Value {
  if (operator === '+') return value;
  switch (value.type) {
    case 'scalar':
      return { type: 'scalar', values: value.values.map((each) => -each) };
    case 'vector':
      return { type: 'vector', frame: negatedElements(value.frame, evaluation) };
    case 'string':
      return value;
  }
}

function binary(expression: Binary, grid: Grid, evaluation: Evaluation): Value {
  const left = evaluate(expression.left, grid, evaluation);
  const right = evaluate(expression.right, grid, evaluation);
  if (left.type === 'scalar' && right.type === 'scalar')
    return { type: 'scalar', values: scalars(expression, left.values, right.values) };
  if (left.type === 'vector' && right.type === 'vector')
    return { type: 'vector', frame: vectors(expression, left.frame, right.frame, evaluation) };
  if (left.type === 'vector' && right.type === 'scalar')
    return { type: 'vector', frame: withScalar(expression, left.frame, right.values, false, evaluation) };
  if (left.type === 'scalar' && right.type === 'vector')
    return { type: 'vector', frame: withScalar(expression, right.frame, left.values, true, evaluation) };
  throw new QueryError('bad_data', 'binary expression must contain only scalar and instant vector types');
}

function scalars(expression: Binary, left: Float64Array, right: Float64Array): Float64Array {
  const { operator } = expression;
  if (isArithmetic(operator)) {
    const calculate = calculating[operator];
    return left.map((value, step) => calculate(value, right[step] ?? 0));
  }
  if (!isComparison(operator)) throw new QueryError('bad_data', `set operator "${operator}" not allowed`);
  const holds = comparing[operator];
  return left.map((value, step) => (holds(value, right[step] ?? 0) ? 1 : 0));
}

function vectors(expression: Binary, left: Frame, right: Frame, evaluation: Evaluation): Frame {
  const { operator, matching } = expression;
  if (matching === null) throw new RangeError(`promql: ${operator} between vectors without matching`);
  if (operator === 'and' || operator === 'or' || operator === 'unless')
    return setOperation(operator, left, right, matching, evaluation);
  return vectorOperation(expression, matching, left, right, evaluation);
}

/** @param swapped the vector stands on the right */
function withScalar(
  expression: Binary,
  frame: Frame,
  scalar: Float64Array,
  swapped: boolean,
  evaluation: Evaluation,
): Frame {
  const { operator, bool } = expression;
  if (!isArithmetic(operator) && !isComparison(operator))
    throw new QueryError('bad_data', `set operator "${operator}" not allowed in binary scalar expression`);
  const operation = elementOperation(operator, bool, swapped ? 'right' : 'left');
  return mapElements(frame, evaluation, takesName(expression), (value, step) => {
    const other = scalar[step] ?? 0;
    return swapped ? operation(other, value) : operation(value, other);
  });
}

function aggregate(expression: Aggregation, grid: Grid, evaluation: Evaluation): Frame {
  const inner = evaluate(expression.expression, grid, evaluation);
  if (inner.type !== 'vector') throw new QueryError('bad_data', `cannot aggregate a ${inner.type}`);
  const { aggregator, grouping } = expression;
  switch (aggregator) {
    case 'topk':
    case 'bottomk':
      return rank(expression, parameter(expression, grid, evaluation), inner.frame, evaluation);
    case 'quantile': {
      const shares = parameter(expression, grid, evaluation);
      warnOfShares(shares, evaluation);
      return gather(inner.frame, grouping, evaluation, (values, step) => quantile(shares[step] ?? 0, values));
    }
    case 'count_values': {
      const label = expression.parameter === null ? null : evaluate(expression.parameter, grid, evaluation);
      if (label?.type !== 'string')
        throw new QueryError('bad_data', 'count_values needs the name of a label');
      return countValues(expression, label.value, inner.frame, evaluation, formatFloat);
    }
    case 'sum':
    case 'avg':
    case 'min':
    case 'max':
    case 'count':
    case 'group':
    case 'stddev':
    case 'stdvar':
      return fold(aggregator, inner.frame, grouping, evaluation);
  }
}

function parameter(expression: Aggregation, grid: Grid, evaluation: Evaluation): Float64Array {
  const value = expression.parameter === null ? null : evaluate(expression.parameter, grid, evaluation);
  if (value?.type === 'scalar') return value.values;
  throw new QueryError('bad_data', `${expression.aggregator} needs a scalar`, expression.span);
}
