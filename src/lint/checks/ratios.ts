import type { Binary, Expression } from '../../promql/ast.ts';
import { parsedOf, parsedQueries, stretchOf, textOf, type Check, type Hit, type Signal } from '../check.ts';
import { counterFunctions, metricOf, selectorsOf } from '../metric-names.ts';
import { bare, callsOf, isScalar, walk } from '../walk.ts';
import { valueRange } from '../value-range.ts';

/** A share of events, divided by hand. */
export const manualRatio: Check = {
  gravity: 'warning',
  why: 'Where nothing went wrong the numerator has no series and the quotient is unknown instead of 0, and with little traffic one failure is a catastrophe.',
  remedy: 'Write ratio: { bad, total, min }: an absent bad is 0, and below min nothing is judged.',
  *find(lint): Generator<Hit> {
    for (const query of parsedQueries(lint, ['query'])) {
      const division = divisionIn(query.expression);
      if (division === null || !isShare(division)) continue;
      yield {
        at: stretchOf(query, division.span),
        message: `${textOf(query, division.span)} is a share, divided by hand`,
      };
    }
  },
};

/** `a / b`, also as `100 * (a / b)` and `1 - a / b`. */
function divisionIn(node: Expression): Binary | null {
  const inner = bare(node);
  if (inner.kind !== 'binary') return null;
  if (isScalar(inner.left)) return divisionIn(inner.right);
  if (isScalar(inner.right)) return divisionIn(inner.left);
  return inner.operator === '/' ? inner : null;
}

/** Both sides count events; `_sum` over `_count` is a mean, no share. */
function isShare({ left, right }: Binary): boolean {
  const counts = [left, right].every((side) => [...callsOf(side, counterFunctions)].length > 0);
  const sums = selectorsOf(left).some((selector) => metricOf(selector)?.endsWith('_sum') === true);
  return counts && !sums;
}

/** A ratio that one event may decide. */
export const noMin: Check = {
  gravity: 'warning',
  why: 'Without a least amount of traffic one failed request at night is an error rate of 100 %.',
  remedy: 'Add min: the least total a second (as total counts it) at which a share says anything.',
  *find({ signals }): Generator<Hit> {
    for (const { min, rule, file, path } of signals)
      if (min === 0 && rule !== null)
        yield { at: file.key([...path, 'ratio']), message: 'the ratio has no min' };
  },
};

/** Whether nobody looks at the age of the samples. */
export const noFresh: Check = {
  gravity: 'info',
  why: 'A range still holds samples when the exporter has just gone, and some exporters repeat their last value for ever; fresh makes old samples unknown.',
  remedy: 'Add fresh: a selector of series that are always there, e.g. up{job="…"}.',
  *find({ signals }): Generator<Hit> {
    for (const signal of signals) {
      const { maxAgeMs, rule, file, path, kind, emptyIsOk } = signal;
      if (maxAgeMs !== null || rule === null || readsUpAlone(signal)) continue;
      const at = file.key(path);
      if (emptyIsOk && !isAboutAbsence(signal))
        yield {
          at,
          message: `${kind} has on_empty: ok and no fresh: it is ok, too, while nothing is exported`,
          gravity: 'warning',
        };
      else yield { at, message: `${kind} has no fresh: old samples are believed` };
    }
  },
};

/** `absent(x)` returns something just when nothing is exported. */
function isAboutAbsence({ queries }: Signal): boolean {
  return queries.flatMap(parsedOf).some(({ expression }) => !callsOf(expression, absences).next().done);
}

const absences = new Set(['absent', 'absent_over_time']);

/** Prometheus itself writes `up`, as long as it scrapes. */
function readsUpAlone({ queries }: Signal): boolean {
  const selectors = queries.flatMap(parsedOf).flatMap(({ expression }) => selectorsOf(expression));
  return selectors.length > 0 && selectors.every((selector) => metricOf(selector) === 'up');
}

/** `sum(a / b)`. */
export const divisionInAggregate: Check = {
  gravity: 'warning',
  why: 'One series whose divisor is 0 gives NaN or infinity, and the aggregate of all the others with it.',
  remedy: 'Guard the divisor, a / (b > 0), or aggregate both sides before dividing.',
  *find(lint): Generator<Hit> {
    for (const query of parsedQueries(lint))
      for (const { node, parents } of walk(query.expression)) {
        if (node.kind !== 'binary' || (node.operator !== '/' && node.operator !== '%')) continue;
        const around = parents.findLast(({ kind }) => kind === 'aggregation');
        if (around?.kind !== 'aggregation' || ['count', 'group'].includes(around.aggregator)) continue;
        if (isNeverZero(node.right)) continue;
        yield {
          at: stretchOf(query, node.right.span),
          message: `${around.aggregator}() over a division by ${textOf(query, node.right.span)}, which may be 0`,
        };
      }
  },
};

function isNeverZero(node: Expression): boolean {
  const inner = bare(node);
  const zero = inner.kind === 'binary' && inner.operator === '!=' && !inner.bool ? bare(inner.right) : null;
  if (zero?.kind === 'number' && zero.value === 0) return true;
  const { low, high } = valueRange(inner);
  return low > 0 || high < 0;
}
