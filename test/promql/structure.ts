import type { Expression, Shift } from '../../src/promql/ast.ts';
import { parseQuery } from '../../src/promql/parse.ts';
import { QueryError } from '../../src/promql/query-error.ts';

/** A query with brackets around everything that belongs together, so that precedence can be read. */
export function structure(query: string): string {
  return bracketed(parseQuery(query));
}

function bracketed(expression: Expression): string {
  switch (expression.kind) {
    case 'number':
      return Object.is(expression.value, -0) ? '-0' : String(expression.value);
    case 'string':
      return JSON.stringify(expression.value);
    case 'selector':
      return `${matchersOf(expression.matchers)}${shiftOf(expression.shift)}`;
    case 'range':
      return `${matchersOf(expression.selector.matchers)}[${String(expression.rangeMs)}]${shiftOf(expression.selector.shift)}`;
    case 'subquery': {
      const range = `[${String(expression.rangeMs)}:${String(expression.stepMs)}]`;
      return `${bracketed(expression.expression)}${range}${shiftOf(expression.shift)}`;
    }
    case 'call':
      return `${expression.name}(${expression.args.map(bracketed).join(', ')})`;
    case 'aggregation': {
      const { mode, labels } = expression.grouping;
      const parameter = expression.parameter === null ? '' : `${bracketed(expression.parameter)}, `;
      return `${expression.aggregator} ${mode}[${labels.join()}](${parameter}${bracketed(expression.expression)})`;
    }
    case 'unary':
      return `[${expression.operator} ${bracketed(expression.expression)}]`;
    case 'binary':
      return `[${bracketed(expression.left)} ${expression.operator} ${bracketed(expression.right)}]`;
    case 'parentheses':
      return `(${bracketed(expression.expression)})`;
  }
}

function matchersOf(matchers: readonly { label: string; operator: string; value: string }[]): string {
  return `{${matchers.map(({ label, operator, value }) => `${label}${operator}${value}`).join()}}`;
}

function shiftOf({ at, offsetMs }: Shift): string {
  const moment = at === null ? '' : `@${typeof at === 'string' ? at : String(at.ms)}`;
  return `${moment}${offsetMs === 0 ? '' : `~${String(offsetMs)}`}`;
}

/** Why a query is refused; an empty text if it is not. */
export function refusal(query: string): string {
  try {
    parseQuery(query);
    return '';
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    return `${error.type}: ${error.message}`;
  }
}

/** An expression without its spans, for comparison; numbers as text, so that NaN equals itself and -0 is not 0. */
export function withoutSpans(expression: Expression): unknown {
  const text = JSON.stringify(expression, (key, value: unknown) => {
    if (key === 'span' || key === 'operatorSpan') return undefined;
    if (typeof value !== 'number') return value;
    return Object.is(value, -0) ? '-0' : String(value);
  });
  return JSON.parse(text);
}
