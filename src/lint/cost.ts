import { MINUTE } from '../domain/time.ts';
import type { Expression } from '../promql/ast.ts';
import { children } from './walk.ts';

/**
 * How many samples one evaluation reads for each series it selects, as the queries are written: range over scrape
 * interval, times the steps of the subqueries around it.
 */
export function queryCost(node: Expression, scrapeMs: number): number {
  switch (node.kind) {
    case 'selector':
      return 1;
    case 'range':
      return Math.max(1, node.rangeMs / scrapeMs);
    case 'subquery':
      return (
        Math.max(1, node.rangeMs / Math.max(1, node.stepMs ?? MINUTE)) * queryCost(node.expression, scrapeMs)
      );
    case 'number':
    case 'string':
    case 'call':
    case 'aggregation':
    case 'unary':
    case 'binary':
    case 'parentheses':
      return children(node).reduce((sum, child) => sum + queryCost(child, scrapeMs), 0);
  }
}

/** What readings every `everyMs` make of the samples of one. */
export function samplesAMinute(samples: number, everyMs: number): number {
  return (samples * MINUTE) / Math.max(1, everyMs);
}
