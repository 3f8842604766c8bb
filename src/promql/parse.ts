import type { Expression } from './ast.ts';
import { checkTypes } from './check.ts';
import { buildExpression } from './parse/build.ts';
import { parseStructure } from './parse/grammar.ts';
import { parseError } from './parse/refusal.ts';
import { scan } from './parse/scan.ts';
import type { Token } from './parse/tokens.ts';

/** A longer query is refused. */
export const maximalQueryLength = 65_536;

/**
 * Signs, operators, ranges and modifiers of one query: a tree is as deep as a chain of them is long. With a hundred nested
 * parentheses, this is what the grammar's parser takes before it gives up and cuts its stack.
 */
export const maximalOperators = 350;

/**
 * Reads a query of PromQL as Prometheus 3.5 without feature flags does, and checks its types.
 *
 * @throws QueryError of type `bad_data`; its message is Prometheus' with line and column, its span the place
 */
export function parseQuery(text: string): Expression {
  if (text.length > maximalQueryLength) {
    const lengths = `${String(text.length)} characters, at most ${String(maximalQueryLength)}`;
    throw parseError(text, { from: 0, to: text.length }, `query of ${lengths}`);
  }
  if (!text.isWellFormed()) throw parseError(text, { from: 0, to: text.length }, 'invalid UTF-8 rune');
  const tokens = scan(text);
  refuseTooMany(text, tokens);
  const tree = parseStructure(text, tokens);
  const expression = buildExpression(tree, tree.root);
  checkTypes(text, expression);
  return expression;
}

function refuseTooMany(text: string, tokens: readonly Token[]): void {
  const nesting = tokens.filter(
    ({ kind, text: word }) => kind === 'operator' || kind === 'keyword' || word === '[' || word === '@',
  );
  const first = nesting[maximalOperators];
  if (first === undefined) return;
  throw parseError(text, first, `more than ${String(maximalOperators)} operators and modifiers in one query`);
}
