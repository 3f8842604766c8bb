import type { Aggregation, Binary, Expression } from '../promql/ast.ts';
import { parseQuery } from '../promql/parse.ts';
import { QueryError } from '../promql/query-error.ts';
import type { Operator } from '../domain/rule.ts';

/** An alert's expression as a rule asks it: what is read, and what it is compared with. */
export type SplitAlert =
  /** `query > 5`: without an answer there is no data. */
  | {
      readonly form: 'threshold';
      readonly query: string;
      readonly operator: Operator;
      readonly threshold: number;
      readonly notes: readonly string[];
    }
  /** `sum(bad) / sum(total) > 0.05`. */
  | {
      readonly form: 'ratio';
      readonly bad: string;
      readonly total: string;
      readonly operator: Operator;
      readonly threshold: number;
      readonly notes: readonly string[];
    }
  /** Anything else: whatever it returns is wrong, and nothing is ok. */
  | { readonly form: 'filter'; readonly query: string; readonly notes: readonly string[] };

const operators: Readonly<Record<string, Operator>> = {
  '>': 'above',
  '<': 'below',
  '>=': 'at_least',
  '<=': 'at_most',
};
const mirrored: Readonly<Record<string, string>> = { '>': '<', '<': '>', '>=': '<=', '<=': '>=', '==': '==' };

/**
 * Splits an alert's expression into what is read and what it is compared with.
 *
 * An alert fires for each series, a rule reads one value for each target: unless the expression has one value for each
 * `by` already, the worst of them counts.
 *
 * @returns what is wrong with the expression, when it is not PromQL
 */
export function splitAlert(text: string, by: string): SplitAlert | { readonly problem: string } {
  let expression: Expression;
  try {
    expression = bare(parseQuery(text));
  } catch (thrown) {
    if (thrown instanceof QueryError) return { problem: thrown.message };
    throw thrown;
  }
  const compared = expression.kind === 'binary' && !expression.bool ? comparisonOf(expression) : null;
  if (compared === null) return asFilter(text, expression, by);
  const ratio = ratioOf(text, compared, by);
  if (ratio !== null) return ratio;
  const { side, operator, threshold } = compared;
  const notes = isDivision(side)
    ? ['it divides by hand; `ratio` with `min` would tell no traffic from no errors']
    : [];
  const worst = operator === 'below' || operator === 'at_most' ? 'min' : 'max';
  const one = oneForEach(text, side, { by, worst });
  return { form: 'threshold', query: one.query, operator, threshold, notes: [...notes, ...one.notes] };
}

interface Compared {
  readonly side: Expression;
  readonly operator: Operator;
  readonly threshold: number;
}

/** A vector compared with a number, whichever of them stands on the left. */
function comparisonOf({ operator, left, right }: Binary): Compared | null {
  const [ofRight, ofLeft] = [constant(right), constant(left)];
  const written = ofRight === null ? (mirrored[operator] ?? '') : operator;
  const [side, threshold] = ofRight === null ? [right, ofLeft] : [left, ofRight];
  // `up` is 0 or 1: that it is 0 says the same as that it is not above 0.
  const down = written === '==' && threshold === 0 && isUp(bare(side));
  const meant = down ? 'at_most' : operators[written];
  if (meant === undefined || threshold === null || !Number.isFinite(threshold) || constant(side) !== null)
    return null;
  return { side: bare(side), operator: meant, threshold };
}

function isUp(expression: Expression): boolean {
  return expression.kind === 'selector' && expression.name === 'up';
}

/** The value of an expression made of numbers alone. */
function constant(expression: Expression): number | null {
  switch (expression.kind) {
    case 'number':
      return expression.value;
    case 'parentheses':
      return constant(expression.expression);
    case 'unary': {
      const value = constant(expression.expression);
      return value === null ? null : expression.operator === '-' ? -value : value;
    }
    case 'binary':
      return constantOf(expression);
    case 'string':
    case 'selector':
    case 'range':
    case 'subquery':
    case 'call':
    case 'aggregation':
      return null;
  }
}

function constantOf({ operator, left, right }: Binary): number | null {
  const [a, b] = [constant(left), constant(right)];
  if (a === null || b === null) return null;
  if (operator === '+') return a + b;
  if (operator === '-') return a - b;
  if (operator === '*') return a * b;
  return operator === '/' ? a / b : null;
}

/** Two sums, one divided by the other, are a ratio; anything finer would mean something else when summed. */
function ratioOf(text: string, { side, operator, threshold }: Compared, by: string): SplitAlert | null {
  if (!isDivision(side) || threshold < 0 || threshold > 1) return null;
  const [bad, total] = [bare(side.left), bare(side.right)];
  const plain =
    side.matching === null || (side.matching.labels.length === 0 && side.matching.mode === 'ignoring');
  if (!plain || !isSum(bad) || !isSum(total) || isFor(bad, by) !== isFor(total, by)) return null;
  if (!isFor(bad, by) && bad.grouping.labels.length + total.grouping.labels.length > 0) return null;
  const notes = [
    'its division became a `ratio`; a `min` on it says how much traffic it needs to mean anything',
  ];
  const alone = isFor(bad, by) ? [] : [oneValue(by)];
  return {
    form: 'ratio',
    bad: slice(text, bad),
    total: slice(text, total),
    operator,
    threshold,
    notes: [...notes, ...alone],
  };
}

function isDivision(expression: Expression): expression is Binary {
  return expression.kind === 'binary' && expression.operator === '/' && constant(expression.right) === null;
}

function isSum(expression: Expression): expression is Aggregation {
  return expression.kind === 'aggregation' && expression.aggregator === 'sum';
}

/** Whether it gives one value for each `by`, and nothing finer. */
function isFor(expression: Expression, by: string): boolean {
  if (expression.kind !== 'aggregation') return false;
  const { mode, labels } = expression.grouping;
  return mode === 'by' && labels.length === 1 && labels[0] === by;
}

/** Whether it gives one value in all, which carries no label. */
function isOneInAll(expression: Expression): boolean {
  if (expression.kind !== 'aggregation' || expression.grouping.mode !== 'by') return false;
  return expression.grouping.labels.length === 0 && !['topk', 'bottomk'].includes(expression.aggregator);
}

function oneForEach(
  text: string,
  expression: Expression,
  { by, worst }: { readonly by: string; readonly worst: 'min' | 'max' },
): { readonly query: string; readonly notes: readonly string[] } {
  const query = slice(text, expression);
  if (isFor(expression, by)) return { query, notes: [] };
  if (
    isOneInAll(expression) ||
    (expression.kind === 'call' && ['vector', 'scalar', 'time'].includes(expression.name))
  )
    return { query, notes: [oneValue(by)] };
  return { query: `${worst} by (${by}) (${query})`, notes: [] };
}

function oneValue(by: string): string {
  return `it gives one value without the label ${by}, which serves one target only`;
}

function asFilter(text: string, expression: Expression, by: string): SplitAlert {
  const compares = expression.kind === 'binary' && expression.bool;
  return {
    form: 'filter',
    query: `count by (${by}) (${text.trim()})`,
    notes: [
      compares
        ? '`bool` returns a value whether it holds or not, so it always fires, as in Prometheus'
        : 'it is no comparison with a number, so whatever it returns is wrong and nothing is ok: it cannot tell that it sees nothing',
    ],
  };
}

function bare(expression: Expression): Expression {
  return expression.kind === 'parentheses' ? bare(expression.expression) : expression;
}

/** As it is written, on one line where that changes nothing. */
function slice(text: string, { span }: Expression): string {
  return text.slice(span.from, span.to).trim();
}
