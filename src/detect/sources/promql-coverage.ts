import type { Answerer } from '../../domain/ports/answerer.ts';
import { neededCoverage } from '../../promql/coverage.ts';
import { parseQuery } from '../../promql/parse.ts';
import type { PromqlSignal } from './promql-options.ts';

const known = new WeakMap<PromqlSignal, number>();

/** Why whoever is asked does not know enough of the time before `at`, epoch ms, to answer a signal; null when it does. */
export function notYet(answerer: Answerer, options: PromqlSignal, at: number): string | null {
  return answerer.notYet?.(neededBy(options), at) ?? null;
}

function neededBy(options: PromqlSignal): number {
  const before = known.get(options);
  if (before !== undefined) return before;
  const { ask } = options;
  const needed = coverageOf('query' in ask ? [ask.query] : [ask.bad, ask.total]);
  known.set(options, needed);
  return needed;
}

/** Queries that only a newer Prometheus can read are not answered at all by whoever has not always been there. */
function coverageOf(queries: readonly string[]): number {
  try {
    return neededCoverage(...queries.map((text) => parseQuery(text)));
  } catch {
    return 0;
  }
}
