import type { Shift } from '../../promql/ast.ts';
import { DAY, formatDuration } from '../../domain/time.ts';
import { parsedQueries, stretchOf, type Check, type Hit } from '../check.ts';
import { walk } from '../walk.ts';

/** How long Prometheus keeps samples unless told otherwise (`--storage.tsdb.retention.time`). */
const retentionMs = 15 * DAY;

/** `offset` and `@` that make no sense in what is read again and again. */
export const offset: Check = {
  gravity: 'warning',
  why: 'A rule is read now, again and again; a query that looks into the future reads nothing, and one that looks at a fixed time reads the same for ever.',
  remedy: 'Look back by a positive offset within what Prometheus keeps.',
  *find(lint): Generator<Hit> {
    for (const query of parsedQueries(lint, ['query', 'bad', 'total', 'fresh']))
      for (const { node } of walk(query.expression)) {
        if (node.kind !== 'selector' && node.kind !== 'subquery') continue;
        const message = oddity(node.shift);
        if (message !== null) yield { at: stretchOf(query, node.span), message };
      }
  },
};

function oddity({ offsetMs, at }: Shift): string | null {
  if (at === 'start' || at === 'end')
    return `@ ${at}() is the time of the reading: it does nothing in a rule`;
  if (at !== null) return `@ ${at.ms / 1000} fixes the time: the rule reads the same for ever`;
  if (offsetMs < 0) return `offset -${formatDuration(-offsetMs)} looks into the future`;
  if (offsetMs > retentionMs)
    return `offset ${formatDuration(offsetMs)} looks back further than Prometheus keeps samples by default (${formatDuration(retentionMs)})`;
  return null;
}
