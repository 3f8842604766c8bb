import { emptyLabels } from '../../clients/exposition/series-text.ts';
import type { Labels } from '../../domain/labels.ts';

/**
 * The labels of a series with those of its page, by Prometheus' rules.
 *
 * Where both state a label, `honor` lets the series keep its own. Otherwise the page's counts, and the series' own goes
 * on as `exported_NAME`, with as many `exported_` as it takes to be free. An empty label is none, but with `honor` it keeps
 * that of the page away, as pages of federation rely on.
 */
export function mergedLabels(series: Labels, page: Labels, honor: boolean): Labels {
  const merged = emptyLabels();
  for (const [name, value] of Object.entries(series)) if (value !== '') merged[name] = value;
  const displaced: [name: string, value: string][] = [];
  for (const [name, value] of Object.entries(page)) {
    const own = series[name];
    if (value === '' || (own !== undefined && honor)) continue;
    if (own !== undefined && own !== '') displaced.push([name, own]);
    merged[name] = value;
  }
  for (const [name, value] of displaced.sort(shortestFirst)) {
    let free = `exported_${name}`;
    while (merged[free] !== undefined) free = `exported_${free}`;
    merged[free] = value;
  }
  return merged;
}

function shortestFirst([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a.length - b.length || (a < b ? -1 : 1);
}
