import type { SyntaxNode } from '@lezer/common';
import type { Matcher, Span, VectorSelector } from '../ast.ts';
import { quoteText } from '../go-quote.ts';
import { createMatcher } from '../matcher.ts';
import { childrenOf } from './flatten.ts';
import type { SyntaxTree } from './grammar.ts';
import { parseError } from './refusal.ts';
import { valueOfString } from './scan-string.ts';
import type { Token } from './tokens.ts';

/**
 * A selector of series, without a range.
 *
 * @throws QueryError if the name stands twice, a regular expression is invalid, or every matcher takes an absent label
 */
export function buildSelector(tree: SyntaxTree, node: SyntaxNode, span: Span): VectorSelector {
  const written = node.getChild('LabelMatchers');
  const first = tree.tokenAt(node);
  const name = node.getChild('Identifier') === null ? null : first.text;
  const matchers = (written === null ? [] : childrenOf(written)).map((child) =>
    buildMatcher(tree, child, span),
  );
  const named = matchers.filter((matcher) => matcher.label === '__name__');
  const [second] = named;
  if (name !== null && second !== undefined) {
    const names = `${quoteText(name)} or ${quoteText(second.value)}`;
    throw parseError(tree.text, span, `metric name must not be set twice: ${names}`);
  }
  if (name === null && matchers.every((matcher) => matcher.matches(''))) {
    throw parseError(tree.text, span, 'vector selector must contain at least one non-empty matcher');
  }
  if (name !== null) named.push(createMatcher('__name__', '=', name));
  const others = matchers.filter((matcher) => matcher.label !== '__name__');
  return {
    kind: 'selector',
    span,
    name,
    matchers: [...named, ...others],
    shift: { offsetMs: 0, at: null },
  };
}

function buildMatcher(tree: SyntaxTree, node: SyntaxNode, selector: Span): Matcher {
  const first = tree.tokenAt(node);
  if (node.name === 'QuotedLabelName') return createMatcher('__name__', '=', nameOf(first));
  const operator = node.getChild('MatchOp');
  const value = valueOfString(tree.lastTokenOf(node).text);
  try {
    return createMatcher(
      nameOf(first),
      operatorOf(operator === null ? '=' : tree.tokenAt(operator).text),
      value,
    );
  } catch (error) {
    throw parseError(tree.text, { from: first.from, to: selector.to }, (error as Error).message);
  }
}

function nameOf(token: Token): string {
  return token.kind === 'string' ? valueOfString(token.text) : token.text;
}

function operatorOf(text: string): Matcher['operator'] {
  switch (text) {
    case '!=':
    case '=~':
    case '!~':
      return text;
    default:
      return '=';
  }
}
