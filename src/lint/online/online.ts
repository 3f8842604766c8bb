import { parsedQueries, type Explained, type Lint } from '../check.ts';
import type { CodedHit } from '../coded-hit.ts';
import { selectorsOf } from '../metric-names.ts';
import { Asking, type OnlineOptions } from './asking.ts';
import { findCost } from './cost.ts';
import { findMissing } from './existence.ts';
import { findInReadings } from './readings.ts';
import { findShortRanges } from './scrapes.ts';
import { findWrongTypes } from './types.ts';

/** What a live Prometheus is asked about, by code. */
export const onlineCodes = {
  'online/no-series': {
    gravity: 'warning',
    why: 'A rule over a metric that nobody exposes has no data, for ever, and looks like one that is fine.',
    remedy: 'Correct the name, or have the service scraped.',
  },
  'online/no-label-value': {
    gravity: 'warning',
    why: 'No series has this value of the label, so the selector is empty although the metric is there.',
    remedy: 'Look at the values that the metric has, e.g. with count by (label) (metric).',
  },
  'online/metric-type': {
    gravity: 'warning',
    why: 'The exporter itself says what the metric is, and this function takes the other kind.',
    remedy: 'rate() and increase() for counters, delta() and deriv() for gauges.',
  },
  'online/range-short': {
    gravity: 'warning',
    why: 'Samples come more rarely than the range needs, so it often holds fewer than two of them.',
    remedy: 'Widen the range to four times the real interval, or scrape more often.',
  },
  'online/several-series': {
    gravity: 'error',
    why: 'Two series of one target are an error, not a reading: the rule is blind there now.',
    remedy: 'Aggregate to the labels of the targets, e.g. max by (service) (…).',
  },
  'online/no-reading': {
    gravity: 'warning',
    why: 'The rule reads nothing for this target now, so it would not see it break.',
    remedy: 'Compare the labels of the series with those of the target.',
  },
  'online/breaching': {
    gravity: 'warning',
    why: 'A rule that breaches at its first reading stays unarmed until it has been ok once; mostly its threshold is wrong.',
    remedy: 'Look at the values of the last weeks before the rule is armed: rollbackd backtest.',
  },
  'online/cost': {
    gravity: 'warning',
    why: 'All these samples are read again at each reading of the rule.',
    remedy: 'Select less, read less often, or let a recording rule compute it.',
  },
  'online/unanswered': {
    gravity: 'info',
    why: 'The check could not be made, so it says neither that the rule is right nor that it is wrong.',
    remedy: 'Make Prometheus answer, and check again.',
  },
} as const satisfies Record<string, Explained>;

/** What a live Prometheus says about the rules. It never rejects: what is not answered is a finding. */
export async function findOnline(
  lint: Lint,
  options: OnlineOptions & { readonly now: number },
): Promise<{ readonly hits: readonly CodedHit[]; readonly requests: number }> {
  const asking = new Asking(options);
  const queries = [...parsedQueries(lint, ['query', 'bad', 'total', 'fresh'])].filter(
    ({ signal }) => signal.kind === 'prometheus',
  );
  const found = await Promise.all([
    ...queries.flatMap((query) =>
      selectorsOf(query.expression).map((selector) => findMissing(asking, query, selector, options.now)),
    ),
    ...queries.map((query) => findWrongTypes(asking, query)),
    ...queries.map((query) => findShortRanges(asking, query)),
    ...queries.map((query) => findCost(asking, lint, query)),
    ...lint.rules.map((linted) => findInReadings(asking, lint, linted)),
  ]);
  return { hits: withoutRepeats(found.flat()), requests: asking.requests };
}

const mostUnanswered = 5;

/** One failure says as much as a hundred of them. */
function withoutRepeats(hits: readonly CodedHit[]): readonly CodedHit[] {
  let unanswered = 0;
  return hits.filter(({ code }) => {
    if (code !== 'online/unanswered') return true;
    unanswered += 1;
    return unanswered <= mostUnanswered;
  });
}
