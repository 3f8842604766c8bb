import { formatDuration } from '../../domain/time.ts';
import { stretchOf, type Lint, type ParsedQuery } from '../check.ts';
import type { CodedHit } from '../coded-hit.ts';
import { queryCost } from '../cost.ts';
import { selectorsOf } from '../metric-names.ts';
import type { Asking } from './asking.ts';
import { selectorText } from './selector-text.ts';

const mostSeries = 10_000;
const mostSamples = 1_000_000;

/** How much a query really reads: its series, times the samples that each of its ranges holds. */
export async function findCost(asking: Asking, lint: Lint, query: ParsedQuery): Promise<readonly CodedHit[]> {
  const selectors = selectorsOf(query.expression);
  let series = 0;
  for (const selector of selectors) {
    const count = await asking.number(`count(${selectorText(selector)})`);
    if ('failure' in count) return [];
    series += count.value ?? 0;
  }
  const perSeries = queryCost(query.expression, lint.scrapeMs(query.signal)) / Math.max(1, selectors.length);
  const samples = Math.round(series * perSeries);
  if (series <= mostSeries && samples <= mostSamples) return [];
  const every = query.signal.rule === null ? '' : ` every ${formatDuration(query.signal.rule.everyMs)}`;
  return [
    {
      code: 'online/cost',
      at: stretchOf(query, query.expression.span),
      message: `${query.role} reads ${series} series, about ${samples} samples${every}`,
    },
  ];
}
