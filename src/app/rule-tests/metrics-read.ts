import { partsOf } from '../../domain/composition.ts';
import type { Labels } from '../../domain/labels.ts';
import type { Rule } from '../../domain/rule.ts';
import type { PromqlSignal } from '../../detect/sources/promql-options.ts';
import { metricOf, selectorsOf } from '../../lint/metric-names.ts';
import { parseQuery } from '../../promql/parse.ts';
import { QueryError } from '../../promql/query-error.ts';

/**
 * Whether any of some queries may read a series, judged by the name of its metric alone: a label may well be written so
 * that a query passes over the series. What is no PromQL, or names no metric, may read anything.
 */
export function readBy(queries: readonly string[]): (series: Labels) => boolean {
  const names = new Set(queries.flatMap(metricsIn));
  return ({ __name__: name }) => names.has(null) || names.has(name ?? '');
}

/** Every query of rules that ask PromQL. */
export function queriesOf(rules: readonly Rule[]): readonly string[] {
  return rules
    .flatMap((rule) => partsOf(rule))
    .flatMap(({ source: { kind, options } }) => {
      if (kind !== 'prometheus' && kind !== 'scrape') return [];
      const { ask, fresh } = options as PromqlSignal;
      return [
        ...('query' in ask ? [ask.query] : [ask.bad, ask.total]),
        ...(fresh === null ? [] : [fresh.selector]),
      ];
    });
}

function metricsIn(query: string): readonly (string | null)[] {
  try {
    return selectorsOf(parseQuery(query)).map(metricOf);
  } catch (thrown) {
    if (thrown instanceof QueryError) return [null];
    throw thrown;
  }
}
