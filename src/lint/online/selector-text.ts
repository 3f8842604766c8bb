import type { Matcher, VectorSelector } from '../../promql/ast.ts';
import { printExpression } from '../../promql/print.ts';

/** A selector as PromQL, at the time of asking: without its offset; with these matchers only, where some are given. */
export function selectorText(
  selector: VectorSelector,
  matchers: readonly Matcher[] = selector.matchers,
): string {
  return printExpression({ ...selector, matchers, shift: { offsetMs: 0, at: null } });
}
