import { comparisons, setOperators } from './ast.ts';
import type { Aggregation, Binary, Call, Expression, Span, ValueType } from './ast.ts';
import { parseError } from './parse/refusal.ts';
import { signatures } from './signatures.ts';

const documented: Readonly<Record<ValueType, string>> = {
  scalar: 'scalar',
  vector: 'instant vector',
  matrix: 'range vector',
  string: 'string',
};

/** What an expression evaluates to. */
export function typeOf(expression: Expression): ValueType {
  switch (expression.kind) {
    case 'number':
      return 'scalar';
    case 'string':
      return 'string';
    case 'selector':
    case 'aggregation':
      return 'vector';
    case 'range':
    case 'subquery':
      return 'matrix';
    case 'call':
      return signatures[expression.name]?.gives ?? 'vector';
    case 'unary':
    case 'parentheses':
      return typeOf(expression.expression);
    case 'binary':
      return typeOf(expression.left) === 'scalar' && typeOf(expression.right) === 'scalar'
        ? 'scalar'
        : 'vector';
  }
}

/**
 * Refuses an expression whose types do not fit, as Prometheus does before it evaluates. The innermost, leftmost fault is
 * named.
 *
 * @param text the query, for the position in the message
 * @throws QueryError
 */
export function checkTypes(text: string, expression: Expression): void {
  const check = (inner: Expression): ValueType => {
    switch (inner.kind) {
      case 'number':
      case 'string':
      case 'selector':
      case 'range':
        break;
      case 'parentheses':
        check(inner.expression);
        break;
      case 'unary':
        checkUnary(text, inner.span, check(inner.expression));
        break;
      case 'subquery':
        checkSubquery(text, inner.span, check(inner.expression));
        break;
      case 'call':
        checkCount(text, inner);
        inner.args.forEach((argument, index) => {
          checkArgument(text, inner, index, argument.span, check(argument));
        });
        break;
      case 'aggregation':
        check(inner.expression);
        if (inner.parameter !== null) check(inner.parameter);
        checkAggregation(text, inner);
        break;
      case 'binary':
        checkBinary(text, inner, check(inner.left), check(inner.right));
        break;
    }
    return typeOf(inner);
  };
  check(expression);
}

function checkUnary(text: string, span: Span, type: ValueType): void {
  if (type === 'scalar' || type === 'vector') return;
  const got = `got "${documented[type]}"`;
  throw parseError(
    text,
    span,
    `unary expression only allowed on expressions of type scalar or instant vector, ${got}`,
  );
}

function checkSubquery(text: string, span: Span, type: ValueType): void {
  if (type === 'vector') return;
  throw parseError(text, span, `subquery is only allowed on instant vector, got ${type} instead`);
}

function checkCount(text: string, call: Call): void {
  const signature = signatures[call.name];
  if (signature === undefined) throw parseError(text, call.span, `unknown function with name "${call.name}"`);
  const { takes, optional } = signature;
  const got = call.args.length;
  const least = optional === 0 ? takes.length : takes.length - 1;
  const most = optional === 'any' ? Infinity : takes.length;
  if (got >= least && got <= most) return;
  const bound = optional === 0 ? '' : got < least ? 'at least ' : 'at most ';
  const count = got < least ? least : most;
  const message = `expected ${bound}${String(count)} argument(s) in call to "${call.name}", got ${String(got)}`;
  throw parseError(text, call.span, message);
}

function checkArgument(text: string, call: Call, index: number, span: Span, type: ValueType): void {
  const takes = signatures[call.name]?.takes ?? [];
  const wanted = takes[index] ?? takes.at(-1) ?? 'vector';
  expectType(text, span, type, wanted, `call to function "${call.name}"`);
}

function checkAggregation(text: string, aggregation: Aggregation): void {
  const { expression, parameter } = aggregation;
  expectType(text, expression.span, typeOf(expression), 'vector', 'aggregation expression');
  if (parameter === null) return;
  const wanted = aggregation.aggregator === 'count_values' ? 'string' : 'scalar';
  expectType(text, parameter.span, typeOf(parameter), wanted, 'aggregation parameter');
}

function expectType(text: string, span: Span, got: ValueType, wanted: ValueType, where: string): void {
  if (got === wanted) return;
  throw parseError(text, span, `expected type ${documented[wanted]} in ${where}, got ${documented[got]}`);
}

function checkBinary(text: string, binary: Binary, left: ValueType, right: ValueType): void {
  const { operator, operatorSpan, matching, span } = binary;
  const compares = comparisons.some((comparison) => comparison === operator);
  const isSet = setOperators.some((set) => set === operator);
  if (binary.bool && !compares)
    throw parseError(text, operatorSpan, 'bool modifier can only be used on comparison operators');
  if (compares && !binary.bool && left === 'scalar' && right === 'scalar')
    throw parseError(text, operatorSpan, 'comparisons between scalars must use BOOL modifier');
  const twice =
    matching?.mode === 'on' ? matching.labels.find((label) => matching.include.includes(label)) : undefined;
  if (twice !== undefined)
    throw parseError(text, operatorSpan, `label "${twice}" must not occur in ON and GROUP clause at once`);
  for (const side of [binary.left, binary.right]) {
    const type = side === binary.left ? left : right;
    if (type !== 'scalar' && type !== 'vector')
      throw parseError(
        text,
        side.span,
        'binary expression must contain only scalar and instant vector types',
      );
  }
  if (isSet && matching !== null && matching.cardinality !== 'many-to-many')
    throw parseError(text, span, `no grouping allowed for "${operator}" operation`);
  if (isSet && (left === 'scalar' || right === 'scalar'))
    throw parseError(text, span, `set operator "${operator}" not allowed in binary scalar expression`);
}
