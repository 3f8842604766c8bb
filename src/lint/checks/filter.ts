import type { Binary, Expression } from '../../promql/ast.ts';
import { parsedQueries, stretchOf, textOf, type Check, type Hit } from '../check.ts';
import { isScalar } from '../walk.ts';

const keepsElements = new Set([
  'abs',
  'ceil',
  'clamp',
  'clamp_max',
  'clamp_min',
  'floor',
  'label_join',
  'label_replace',
  'round',
  'sgn',
  'sort',
  'sort_desc',
]);

/** Queries that return nothing while all is well. */
export const filter: Check = {
  gravity: 'warning',
  why: 'A comparison inside of a query removes the series for which it does not hold, and a rule that reads nothing is unknown, not ok.',
  remedy:
    'Leave the comparison to the levels, write `> bool` where 0 or 1 is meant, or say on_empty: ok if nothing means that all is well.',
  *find(lint): Generator<Hit> {
    for (const query of parsedQueries(lint, ['query', 'total'])) {
      if (query.signal.emptyIsOk) continue;
      for (const node of filtersIn(query.expression))
        yield {
          at: stretchOf(query, node.span),
          message: `${textOf(query, node.span)} returns nothing while it does not hold`,
        };
    }
  },
};

/** What empties the result of a query while all is well; none where the result has another part that stays. */
export function filtersIn(node: Expression): readonly Expression[] {
  switch (node.kind) {
    case 'parentheses':
    case 'unary':
    case 'aggregation':
      return filtersIn(node.expression);
    case 'call': {
      if (node.name === 'absent' || node.name === 'absent_over_time') return [node];
      const [first] = node.args;
      return keepsElements.has(node.name) && first !== undefined ? filtersIn(first) : [];
    }
    case 'binary':
      return filtersOfBinary(node);
    case 'number':
    case 'string':
    case 'selector':
    case 'range':
    case 'subquery':
      return [];
  }
}

function filtersOfBinary(node: Binary): readonly Expression[] {
  const { operator, left, right, bool } = node;
  const scalars = { left: isScalar(left), right: isScalar(right) };
  switch (operator) {
    case '==':
    case '!=':
    case '>':
    case '<':
    case '>=':
    case '<=':
      return bool || (scalars.left && scalars.right) ? [] : [node];
    case 'or': {
      const [first, second] = [filtersIn(left), filtersIn(right)];
      return first.length > 0 && second.length > 0 ? [...first, ...second] : [];
    }
    case 'and':
    case 'unless': {
      const inner = filtersIn(left);
      return inner.length > 0 ? inner : [node];
    }
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
    case '^':
    case 'atan2':
      // Between two vectors a comparison mostly guards a division; with a number it filters the result.
      if (scalars.left) return filtersIn(right);
      return scalars.right ? filtersIn(left) : [];
  }
}
