import type { Rule } from '../../domain/rule.ts';
import type { Expression } from '../../promql/ast.ts';
import { parsedQueries, stretchOf, type Check, type Hit, type Lint, type ParsedQuery } from '../check.ts';
import { flowsOf, mayCarry, type Flow } from '../label-flow.ts';
import { labelNamesFor, targetsOf } from '../assumptions.ts';
import { branches } from '../walk.ts';

/** Aggregations that lose the labels by which series are mapped to targets. */
export const targetLabels: Check = {
  gravity: 'error',
  why: 'One query serves all targets: a series belongs to the target whose labels it carries, and without them to nobody, or to all alike.',
  remedy: 'Aggregate by the labels of the targets, e.g. sum by (service) (…).',
  *find(lint): Generator<Hit> {
    for (const { query, rule, branch, flow } of resultsOf(lint)) {
      if (rule.scope === 'host') continue;
      const names = labelNamesFor(lint, rule.pack);
      const lost = names.filter((set) => !set.every((label) => mayCarry(flow, label)));
      if (lost.length === 0) continue;
      const missing = [...new Set(lost.flat())].filter((label) => !mayCarry(flow, label)).join(', ');
      const unlabelled = !flow.open && flow.labels.size === 0;
      const targets = targetsOf(lint, rule.pack).length;
      // A single value without labels is that of the only target there is.
      if (unlabelled && targets === 1 && lint.main !== null) continue;
      const known = lint.main !== null && lost.length === names.length;
      yield {
        at: stretchOf(query, branch.span),
        message: `${query.role} loses the label ${missing} of ${unlabelled ? 'every target: its one value belongs to no target' : 'the targets: its series belong to nobody'}`,
        ...(known ? {} : { gravity: 'warning' as const }),
      };
    }
  },
};

/** Results with more than one series a target. */
export const severalSeries: Check = {
  gravity: 'warning',
  why: 'Two series of one target are an error, not a reading: the rule would have to guess which of them counts.',
  remedy:
    'Aggregate to the labels of the targets: max by (service) (…) for the worst, sum by (service) (…) for all together.',
  *find(lint): Generator<Hit> {
    for (const { query, rule, branch, flow } of resultsOf(lint)) {
      const identity = rule.scope === 'host' ? [] : labelNamesFor(lint, rule.pack).flat();
      if (flow.open) {
        yield {
          at: stretchOf(query, branch.span),
          message: `${query.role} is not aggregated: a target with several series (instances, pools…) has no reading`,
          gravity: 'info',
        };
        continue;
      }
      const more = [...flow.labels].filter((label) => !identity.includes(label) && !flow.fixed.has(label));
      if (more.length > 0)
        yield {
          at: stretchOf(query, branch.span),
          message: `${query.role} keeps ${more.join(', ')}: several series for one ${rule.scope}`,
        };
    }
  },
};

interface Result {
  readonly query: ParsedQuery;
  readonly rule: Rule;
  /** A side of `or`, or the whole query. */
  readonly branch: Expression;
  readonly flow: Flow;
}

function* resultsOf(lint: Lint): Generator<Result> {
  for (const query of parsedQueries(lint)) {
    const { rule } = query.signal;
    if (rule === null) continue;
    for (const branch of branches(query.expression)) {
      const [flow] = flowsOf(branch);
      if (flow !== undefined) yield { query, rule, branch, flow };
    }
  }
}
