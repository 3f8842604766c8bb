import type { Configuration } from '../domain/configuration.ts';
import { formatDuration } from '../domain/time.ts';
import { placedParts } from './composed.ts';
import type { Place } from './place.ts';
import type { PlacedRule } from './rules.ts';
import type { PlacedTarget } from './targets.ts';

const nothingToScrape = 'needs a page: scrape: { pages: … } in the main file, or metrics: URL of a target';

/** Checks what reads scraped pages, rules in use and `fallback`: whether there are any, and kept for long enough. */
export function checkScraped(
  main: Place,
  placed: { readonly targets: readonly PlacedTarget[]; readonly rules: readonly PlacedRule[] },
  { scrape, prometheus }: Pick<Configuration, 'scrape' | 'prometheus'>,
): void {
  const inherited = prometheus?.fallback === 'scrape';
  if (inherited && scrape === null) main.at('prometheus').at('fallback').problem(nothingToScrape);
  const used = new Set(placed.targets.flatMap(({ target }) => target.packs));
  for (const { rule, place } of placed.rules) {
    if (!used.has(rule.pack)) continue;
    for (const { at, source } of placedParts(place, rule)) {
      const own = at.at(source.kind);
      const fallback = source.kind === 'prometheus' ? own.at('fallback').value : undefined;
      if (scrape === null && source.kind === 'scrape') own.problem(nothingToScrape, 'key');
      if (scrape === null && fallback === 'scrape') own.at('fallback').problem(nothingToScrape);
      const reads =
        source.kind === 'scrape' ||
        fallback === 'scrape' ||
        (source.kind === 'prometheus' && fallback === undefined && inherited);
      if (scrape !== null && source.kind === 'scrape') checkBaseline(place.at('baseline'), rule, scrape);
      if (scrape !== null && reads && rule.windowMs > scrape.retentionMs)
        own.problem(
          `looks back ${formatDuration(rule.windowMs)}, but scrape.retention keeps ${formatDuration(scrape.retentionMs)}`,
          'key',
        );
    }
  }
}

/** Baselines of what Prometheus answers are asked of Prometheus alone, whatever it falls back to. */
function checkBaseline(
  place: Place,
  { baseline, windowMs }: PlacedRule['rule'],
  { retentionMs }: NonNullable<Configuration['scrape']>,
): void {
  if (baseline === undefined) return;
  const backMs = windowMs + ('offsetMs' in baseline ? baseline.offsetMs : baseline.windowMs);
  if (windowMs > retentionMs || backMs <= retentionMs) return;
  place.problem(
    `looks back ${formatDuration(backMs)}, but scrape.retention keeps ${formatDuration(retentionMs)}; there would never be anything to compare with`,
    'key',
  );
}
