import type { Engine } from '../engine/engine.ts';
import { haltedBecause } from '../engine/situation.ts';
import { rowOf } from '../engine/case.ts';
import type { MetricsState } from '../record/metrics.ts';
import type { Dispatcher } from '../notify/dispatcher.ts';
import type { Backing } from './backups.ts';
import type { Scraped } from './scraping.ts';

/** What the daemon is like now, for a scrape. */
export async function metricsState(
  { core }: Engine,
  dispatcher: Pick<Dispatcher, 'health'>,
  { scraper, store, takeOver }: Pick<Scraped, 'scraper' | 'store' | 'takeOver'>,
  backing: Pick<Backing, 'newest'> | null = null,
): Promise<MetricsState> {
  const { parts, book } = core;
  const now = parts.clock.now();
  const channels = dispatcher.health();
  const pending = await Promise.all([...channels.keys()].map((name) => parts.store.pending(name)));
  const targets = Object.keys(book.configuration.targets);
  return {
    lastEvaluations: parts.detection.lastEvaluations(),
    blind: parts.detection.blind(),
    unknownSeries: parts.detection.unknownSeries(),
    open: book.open().map(rowOf),
    journalSeq: (await parts.store.head()).seq,
    outboxPending: pending.reduce((sum, waiting) => sum + waiting, 0),
    channels,
    // A disk of backups that cannot be read must not take the whole page with it.
    backups: (await backing?.newest().catch(() => [])) ?? [],
    halted: haltedBecause(parts, book) !== null,
    freezes: targets.filter(
      (target) => parts.decider.frozen(target, now, book.controls, book.configuration.freezes) !== null,
    ).length,
    migrations: targets.filter((target) => parts.releases.migrating(target, now) !== null).length,
    scrape: {
      counts: scraper.counts(),
      series: store.seriesCount,
      bytes: store.bytes(),
      tookOver: takeOver.silence() !== null,
    },
  };
}
