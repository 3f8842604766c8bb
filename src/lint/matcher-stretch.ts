import type { Matcher, VectorSelector } from '../promql/ast.ts';
import { stretchOf, type Query } from './check.ts';
import type { Stretch } from './source-file.ts';

/**
 * Where a matcher stands. It has no span of its own: it is looked for in the text of its selector, the second of two
 * alike second; the whole selector where it is not found.
 */
export function matcherStretch(query: Query, { span, matchers }: VectorSelector, matcher: Matcher): Stretch {
  const alike = matchers.filter(
    ({ label, operator }) => label === matcher.label && operator === matcher.operator,
  );
  const label = matcher.label.replaceAll(/\W/g, '\\$&');
  const pattern = `(?<!\\w)"?${label}"?\\s*${matcher.operator}\\s*("(?:\\\\.|[^"\\\\])*"|'(?:\\\\.|[^'\\\\])*'|\`[^\`]*\`)`;
  const text = query.placed.text.slice(span.from, span.to);
  const found = [...text.matchAll(new RegExp(pattern, 'g'))][alike.indexOf(matcher)];
  if (found === undefined) return stretchOf(query, span);
  const from = span.from + found.index;
  return stretchOf(query, { from, to: from + found[0].length });
}

/** `status=~"5.."`. */
export function matcherText({ label, operator, value }: Matcher): string {
  return `${label}${operator}${JSON.stringify(value)}`;
}
