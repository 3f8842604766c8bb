import { typeOf } from './check.ts';
import type { Expression } from './ast.ts';

/** A part of a query that has a value of its own, as it is written. */
export interface SubExpression {
  readonly text: string;
  /** 0 for the whole. */
  readonly depth: number;
}

/** No query that people write has more parts worth showing. */
const most = 24;

/**
 * The parts of a query that explain its value, the whole first, each before what it is made of. Literals, parentheses
 * and ranges are left out: a range is shown by the function that looks back over it. Each text comes once.
 */
export function subExpressions(query: string, expression: Expression): readonly SubExpression[] {
  const found = new Map<string, SubExpression>();
  const visit = (part: Expression, depth: number): void => {
    const shown = isShown(part);
    if (shown) {
      const text = query.slice(part.span.from, part.span.to).replace(/\s+/g, ' ').trim();
      if (!found.has(text)) found.set(text, { text, depth });
    }
    for (const inner of partsOf(part)) if (found.size < most) visit(inner, shown ? depth + 1 : depth);
  };
  visit(expression, 0);
  return [...found.values()];
}

function isShown(part: Expression): boolean {
  if (part.kind === 'number' || part.kind === 'string' || part.kind === 'parentheses') return false;
  const type = typeOf(part);
  return type === 'vector' || type === 'scalar';
}

/** A subquery and what is inside of it are evaluated at other instants: its parts would not be those of this one. */
function partsOf(part: Expression): readonly Expression[] {
  switch (part.kind) {
    case 'number':
    case 'string':
    case 'selector':
    case 'range':
    case 'subquery':
      return [];
    case 'call':
      return part.args;
    case 'aggregation':
      return part.parameter === null ? [part.expression] : [part.parameter, part.expression];
    case 'unary':
    case 'parentheses':
      return [part.expression];
    case 'binary':
      return [part.left, part.right];
  }
}
