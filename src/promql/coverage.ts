import type { Binary, Call, Expression } from './ast.ts';

/** Functions whose value grows with the part of their range that has samples. */
const growing: ReadonlySet<string> = new Set([
  'rate',
  'increase',
  'delta',
  'changes',
  'resets',
  'sum_over_time',
  'count_over_time',
]);
/** Functions of a vector that change nothing about how its values grow. */
const passing: ReadonlySet<string> = new Set([
  'abs',
  'vector',
  'scalar',
  'sort',
  'sort_desc',
  'label_replace',
  'label_join',
]);
/** Functions in which the growth of their values cancels out. */
const cancelling: ReadonlySet<string> = new Set(['histogram_quantile', 'histogram_fraction', 'sgn']);

/**
 * What a value is in proportion to: the covered part of each range, to a power, by how far the range looks back in ms.
 * null: it is not that simple.
 */
type Growth = ReadonlyMap<number, number> | null;

const none: Growth = new Map();

/**
 * How far back samples must reach before a query means what it says, in ms: `rate(x[5m])` over the first minute of a
 * series is a fifth of itself. 0 where that cancels out, as in the ratio of two rates or in a quantile. Several
 * queries count as the quotient of the first by the others.
 */
export function neededCoverage(...queries: readonly Expression[]): number {
  const [first = none, ...others] = queries.map(growthOf);
  const growth = others.reduce((whole, other) => product(whole, other, -1), first);
  return still(growth) === none ? 0 : Math.max(...queries.map(lookBackOf));
}

/** From the instant of a query to the oldest sample that it asks for, in ms; what `@` fixes does not count. */
function lookBackOf(expression: Expression): number {
  switch (expression.kind) {
    case 'number':
    case 'string':
      return 0;
    case 'selector':
      return Math.max(0, expression.shift.offsetMs);
    case 'range':
      return expression.rangeMs + lookBackOf(expression.selector);
    case 'subquery':
      return expression.rangeMs + Math.max(0, expression.shift.offsetMs) + lookBackOf(expression.expression);
    case 'call':
      return Math.max(0, ...expression.args.map(lookBackOf));
    case 'aggregation':
    case 'unary':
    case 'parentheses':
      return lookBackOf(expression.expression);
    case 'binary':
      return Math.max(lookBackOf(expression.left), lookBackOf(expression.right));
  }
}

function growthOf(expression: Expression): Growth {
  switch (expression.kind) {
    case 'number':
    case 'string':
    case 'selector':
    case 'range':
      return none;
    case 'subquery':
    case 'parentheses':
    case 'unary':
      return growthOf(expression.expression);
    case 'aggregation':
      return ofAggregation(growthOf(expression.expression), expression.aggregator);
    case 'call':
      return ofCall(expression);
    case 'binary':
      return ofBinary(expression);
  }
}

function ofAggregation(inner: Growth, aggregator: string): Growth {
  switch (aggregator) {
    case 'count':
    case 'group':
      return inner === null ? null : none;
    case 'count_values':
    case 'stdvar':
      return still(inner);
    default:
      return inner;
  }
}

function ofCall({ name, args }: Call): Growth {
  const growths = args.map(growthOf);
  const [inner = none] = growths.filter((growth) => growth === null || growth.size > 0);
  if (growing.has(name)) return product(inner, new Map([[rangeOf(args), 1]]), 1);
  if (cancelling.has(name)) return inner === null ? null : none;
  if (passing.has(name) || name.endsWith('_over_time')) return inner;
  return still(inner);
}

function rangeOf(args: readonly Expression[]): number {
  for (const argument of args) {
    if (argument.kind === 'parentheses') return rangeOf([argument.expression]);
    if (argument.kind === 'range' || argument.kind === 'subquery') return lookBackOf(argument);
  }
  return 0;
}

function ofBinary({ operator, left, right, bool }: Binary): Growth {
  const [x, y] = [growthOf(left), growthOf(right)];
  // Nothing is nothing, however much of it is there.
  const [a, b] = [isZero(left) ? y : x, isZero(right) ? x : y];
  switch (operator) {
    case '*':
      return product(x, y, 1);
    case '/':
      return product(x, y, -1);
    case '+':
    case '-':
    case 'or':
    case 'atan2':
      return same(a, b) ? (operator === 'atan2' ? none : a) : null;
    case 'and':
    case 'unless':
      return b === null ? null : a;
    case '^':
    case '%':
      return same(a, none) && same(b, none) ? none : null;
    case '==':
    case '!=':
    case '>':
    case '<':
    case '>=':
    case '<=':
      return same(a, b) ? (bool ? none : a) : null;
  }
}

function isZero(expression: Expression): boolean {
  if (expression.kind === 'parentheses') return isZero(expression.expression);
  if (expression.kind === 'call' && expression.name === 'vector') return expression.args.every(isZero);
  return expression.kind === 'number' && expression.value === 0;
}

function still(growth: Growth): Growth {
  return growth !== null && growth.size === 0 ? none : null;
}

function same(a: Growth, b: Growth): boolean {
  if (a === null || b === null || a.size !== b.size) return false;
  return [...a].every(([range, power]) => b.get(range) === power);
}

function product(a: Growth, b: Growth, sign: 1 | -1): Growth {
  if (a === null || b === null) return null;
  const powers = new Map(a);
  for (const [range, power] of b) {
    const sum = (powers.get(range) ?? 0) + sign * power;
    if (sum === 0) powers.delete(range);
    else powers.set(range, sum);
  }
  return powers;
}
