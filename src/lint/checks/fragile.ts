import { formatDuration } from '../../domain/time.ts';
import { parsedQueries, stretchOf, type Check, type Hit } from '../check.ts';
import { callsOf, walk } from '../walk.ts';

/** topk() and bottomk() in what is watched over time. */
export const topk: Check = {
  gravity: 'warning',
  why: 'Which series are on top changes from one reading to the next, so a target appears and vanishes and its breach starts over.',
  remedy: 'Use max by (…), or let the level compare all of them.',
  *find(lint): Generator<Hit> {
    for (const query of parsedQueries(lint))
      for (const { node } of walk(query.expression))
        if (node.kind === 'aggregation' && (node.aggregator === 'topk' || node.aggregator === 'bottomk'))
          yield { at: stretchOf(query, node.span), message: `${node.aggregator}() in a rule` };
  },
};

const absence = new Set(['absent', 'absent_over_time']);

/** absent() that believes the first empty answer. */
export const absentFor: Check = {
  gravity: 'warning',
  why: 'Series are absent for a moment whenever Prometheus or the service has just started, or one scrape is late.',
  remedy: 'Let the level hold for at least two scrape intervals.',
  *find(lint): Generator<Hit> {
    for (const query of parsedQueries(lint)) {
      const { rule } = query.signal;
      const [call] = callsOf(query.expression, absence);
      if (rule === null || call === undefined) continue;
      const leastMs = 2 * lint.scrapeMs(query.signal);
      const hasty = rule.levels.find(({ condition }) => 'forMs' in condition && condition.forMs < leastMs);
      if (hasty === undefined || !('forMs' in hasty.condition)) continue;
      yield {
        at: stretchOf(query, call.span),
        message: `${call.name}() with ${hasty.severity} for ${formatDuration(hasty.condition.forMs)}, less than twice the scrape interval (${formatDuration(leastMs / 2)})`,
      };
    }
  },
};
