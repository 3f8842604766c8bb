import type { Expression } from '../../promql/ast.ts';
import { parsedQueries, stretchOf, type Check, type Hit } from '../check.ts';
import {
  counterFunctions,
  gaugeFunctions,
  isRecorded,
  looksLikeCounter,
  metricOf,
  selectorsOf,
} from '../metric-names.ts';
import { bare, callsOf, walk } from '../walk.ts';

/** rate() and its kin over what does not look like a counter. */
export const rateGauge: Check = {
  gravity: 'warning',
  why: 'rate(), irate(), increase() and resets() take every fall of the value for a restart of a counter; on a gauge the result means nothing.',
  remedy:
    'Use deriv(), delta() or avg_over_time() for a gauge; if it is a counter with an odd name, silence this with that reason.',
  *find(lint): Generator<Hit> {
    for (const query of parsedQueries(lint))
      for (const call of callsOf(query.expression, counterFunctions))
        for (const selector of call.args.flatMap(rangedSelectors)) {
          const name = metricOf(selector);
          if (name === null || looksLikeCounter(name) || isRecorded(name)) continue;
          yield {
            at: stretchOf(query, selector.span),
            message: `${call.name}() over ${name}, which does not look like a counter (_total, _count, _sum, _bucket)`,
          };
        }
  },
};

/** delta() and its kin over what looks like a counter. */
export const deltaCounter: Check = {
  gravity: 'warning',
  why: 'delta(), idelta(), deriv() and predict_linear() do not know that a counter starts again at 0, so each restart looks like a huge fall.',
  remedy: 'Use increase() or rate() for a counter.',
  *find(lint): Generator<Hit> {
    for (const query of parsedQueries(lint))
      for (const call of callsOf(query.expression, gaugeFunctions))
        for (const selector of call.args.flatMap(rangedSelectors)) {
          const name = metricOf(selector);
          if (name === null || !looksLikeCounter(name)) continue;
          yield {
            at: stretchOf(query, selector.span),
            message: `${call.name}() over ${name}, which looks like a counter`,
          };
        }
  },
};

/** `rate(sum(x)[5m:])`. */
export const rateOfAggregate: Check = {
  gravity: 'warning',
  why: 'When one of several counters starts again, their sum falls a little, and rate() takes the whole sum for new.',
  remedy: 'Turn it round: sum(rate(x[5m])).',
  *find(lint): Generator<Hit> {
    for (const query of parsedQueries(lint))
      for (const call of callsOf(query.expression, counterFunctions))
        for (const arg of call.args.map(bare)) {
          if (arg.kind !== 'subquery') continue;
          const inner = [...walk(arg.expression)].find(({ node }) => node.kind === 'aggregation')?.node;
          if (inner?.kind !== 'aggregation') continue;
          yield {
            at: stretchOf(query, inner.span),
            message: `${call.name}() of ${inner.aggregator}()`,
          };
        }
  },
};

const countsSeries = new Set(['count', 'group', 'count_values']);
const looksAtTime = new Set(['absent', 'timestamp']);

/** A counter that is compared as it stands. */
export const rawCounter: Check = {
  gravity: 'warning',
  why: 'A counter says how much there has been since its process started: it only grows, and falls to 0 at each restart.',
  remedy: 'Put rate() or increase() around it.',
  *find(lint): Generator<Hit> {
    for (const query of parsedQueries(lint))
      for (const { node, parents } of walk(query.expression)) {
        if (node.kind !== 'selector' || parents.some(isFine)) continue;
        const name = metricOf(node);
        if (name !== null && /_(total|bucket)$/.test(name))
          yield { at: stretchOf(query, node.span), message: `the counter ${name} is read as it stands` };
      }
  },
};

function isFine(node: Expression): boolean {
  if (node.kind === 'aggregation') return countsSeries.has(node.aggregator);
  // What only says whether a series is there does not look at its value.
  if (node.kind === 'binary') return node.operator === 'and' || node.operator === 'unless';
  return (
    node.kind === 'range' || node.kind === 'subquery' || (node.kind === 'call' && looksAtTime.has(node.name))
  );
}

function rangedSelectors(node: Expression) {
  const arg = bare(node);
  return arg.kind === 'range' ? selectorsOf(arg) : [];
}
