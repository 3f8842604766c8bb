import type { Aggregation, Binary, Call, Expression } from '../promql/ast.ts';
import { looksLikeCounter, metricOf } from './metric-names.ts';
import { isScalar } from './walk.ts';

/** The values that an expression may have, both ends included. NaN is left out of account. */
export interface ValueRange {
  readonly low: number;
  readonly high: number;
}

const anything: ValueRange = { low: -Infinity, high: Infinity };
const notNegative: ValueRange = { low: 0, high: Infinity };
const truth: ValueRange = { low: 0, high: 1 };

/** What the values of an expression are known to lie within, from what is written alone. */
export function valueRange(node: Expression): ValueRange {
  switch (node.kind) {
    case 'number':
      return { low: node.value, high: node.value };
    case 'string':
      return anything;
    case 'selector': {
      const name = metricOf(node) ?? '';
      if (name === 'up') return truth;
      return looksLikeCounter(name) && !name.endsWith('_sum') ? notNegative : anything;
    }
    case 'range':
      return valueRange(node.selector);
    case 'subquery':
    case 'parentheses':
      return valueRange(node.expression);
    case 'unary': {
      const { low, high } = valueRange(node.expression);
      return node.operator === '-' ? { low: -high, high: -low } : { low, high };
    }
    case 'call':
      return ofCall(node);
    case 'aggregation':
      return ofAggregation(node);
    case 'binary':
      return ofBinary(node);
  }
}

function ofAggregation({ aggregator, expression }: Aggregation): ValueRange {
  const inner = valueRange(expression);
  switch (aggregator) {
    case 'count':
    case 'count_values':
      return { low: 1, high: Infinity };
    case 'group':
      return { low: 1, high: 1 };
    case 'stddev':
    case 'stdvar':
      return notNegative;
    case 'sum':
      return { low: inner.low >= 0 ? inner.low : -Infinity, high: inner.high <= 0 ? inner.high : Infinity };
    case 'avg':
    case 'min':
    case 'max':
    case 'topk':
    case 'bottomk':
      return inner;
    case 'quantile':
      return anything;
  }
}

const unchanged = new Set([
  'avg_over_time',
  'min_over_time',
  'max_over_time',
  'last_over_time',
  'label_replace',
  'label_join',
  'sort',
  'sort_desc',
  'scalar',
  'vector',
]);
const positive = new Set([
  'changes',
  'resets',
  'abs',
  'sqrt',
  'exp',
  'stddev_over_time',
  'stdvar_over_time',
  'time',
  'timestamp',
]);

function ofCall({ name, args }: Call): ValueRange {
  const [first, second, third] = args;
  if (unchanged.has(name) && first !== undefined) return valueRange(first);
  if (positive.has(name)) return notNegative;
  switch (name) {
    case 'rate':
    case 'irate':
    case 'increase':
      // Below 0 there are gauges only.
      return first !== undefined && valueRange(first).low >= 0 ? notNegative : anything;
    case 'absent':
    case 'absent_over_time':
    case 'present_over_time':
      return { low: 1, high: 1 };
    case 'count_over_time':
      return { low: 1, high: Infinity };
    case 'clamp_min':
      return first === undefined || second === undefined
        ? anything
        : clamped(valueRange(first), { low: valueRange(second).low, high: Infinity });
    case 'clamp_max':
      return first === undefined || second === undefined
        ? anything
        : clamped(valueRange(first), { low: -Infinity, high: valueRange(second).high });
    case 'clamp':
      return first === undefined || second === undefined || third === undefined
        ? anything
        : clamped(valueRange(first), { low: valueRange(second).low, high: valueRange(third).high });
    default:
      return anything;
  }
}

function clamped(range: ValueRange, { low, high }: ValueRange): ValueRange {
  return {
    low: Math.min(Math.max(range.low, low), high),
    high: Math.max(Math.min(range.high, high), low),
  };
}

function ofBinary({ operator, left, right, bool }: Binary): ValueRange {
  const [a, b] = [valueRange(left), valueRange(right)];
  switch (operator) {
    case 'or':
      return { low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) };
    case 'and':
    case 'unless':
      return a;
    case '==':
    case '!=':
    case '>':
    case '<':
    case '>=':
    case '<=':
      if (bool || (isScalar(left) && isScalar(right))) return truth;
      return isScalar(left) ? filtered(mirrored[operator], b, a) : filtered(operator, a, b);
    case '+':
      return sound(a.low + b.low, a.high + b.high);
    case '-':
      return sound(a.low - b.high, a.high - b.low);
    case '*':
      return product(a, b);
    case '/':
      return b.low > 0 || b.high < 0 ? product(a, { low: 1 / b.high, high: 1 / b.low }) : anything;
    case '%':
    case '^':
    case 'atan2':
      return anything;
  }
}

const mirrored = { '==': '==', '!=': '!=', '>': '<', '<': '>', '>=': '<=', '<=': '>=' } as const;

/** What is left of a vector that is compared. `> 0` leaves the smallest positive number, so that it may divide. */
function filtered(operator: keyof typeof mirrored, range: ValueRange, by: ValueRange): ValueRange {
  switch (operator) {
    case '==':
      return { low: Math.max(range.low, by.low), high: Math.min(range.high, by.high) };
    case '!=':
      return range;
    case '>':
      return { low: Math.max(range.low, by.low === 0 ? Number.MIN_VALUE : by.low), high: range.high };
    case '>=':
      return { low: Math.max(range.low, by.low), high: range.high };
    case '<':
      return { low: range.low, high: Math.min(range.high, by.high === 0 ? -Number.MIN_VALUE : by.high) };
    case '<=':
      return { low: range.low, high: Math.min(range.high, by.high) };
  }
}

function product(a: ValueRange, b: ValueRange): ValueRange {
  const corners = [a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high].map((corner) =>
    Number.isNaN(corner) ? 0 : corner,
  );
  return { low: Math.min(...corners), high: Math.max(...corners) };
}

function sound(low: number, high: number): ValueRange {
  return { low: Number.isNaN(low) ? -Infinity : low, high: Number.isNaN(high) ? Infinity : high };
}
