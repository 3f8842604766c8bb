import { emptyLabels } from '../../clients/exposition/series-text.ts';
import type { Labels } from '../../domain/labels.ts';

/**
 * The labels of a series with those of its page, by Prometheus' rules.
 *
 * Where both state a label, `honor` lets the series keep its own. Otherwise the page's counts, and the series' own goes
 * on as `exported_NAME`, with as many `exported_` as it takes to be free.
 */
export function mergedLabels(series: Labels, page: Labels, honor: boolean): Labels {
  const merged = Object.assign(emptyLabels(), series);
  const displaced: [name: string, value: string][] = [];
  for (const [name, value] of Object.entries(page)) {
    const own = series[name];
    if (own !== undefined && honor) continue;
    if (own !== undefined) displaced.push([name, own]);
    merged[name] = value;
  }
  for (const [name, value] of displaced.sort(([a], [b]) => (a < b ? -1 : 1))) {
    let free = `exported_${name}`;
    while (merged[free] !== undefined) free = `exported_${free}`;
    merged[free] = value;
  }
  return merged;
}
