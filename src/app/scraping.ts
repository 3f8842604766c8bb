import type { HttpClient } from '../clients/http.ts';
import { Scraper } from '../detect/scrape/scraper.ts';
import { TakeOver, type Silence } from '../detect/sources/take-over.ts';
import type { Configuration } from '../domain/configuration.ts';
import type { Answerer } from '../domain/ports/answerer.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { ScrapeView } from '../domain/scraping.ts';
import { formatDuration, HOUR, MINUTE } from '../domain/time.ts';
import { embeddedAnswerer } from '../promql/embedded-answerer.ts';
import { createEngine } from '../promql/engine.ts';
import { promptLimits } from '../promql/evaluate/budget.ts';
import { MemoryStore } from '../promql/memory-store.ts';

/** Samples further ahead than this are not stored: the series would be blind until then. */
const maxAheadMs = MINUTE;
/** No page can be scraped more often than this. */
const shortestMs = 100;

/** Everything of scraping: who reads the pages, where samples go, and who answers from them. */
export interface Scraped {
  readonly scraper: Scraper;
  readonly store: MemoryStore;
  readonly answerer: Answerer;
  /** Answers for Prometheus while that is silent. */
  readonly takeOver: TakeOver;
  /** Whether it does so for rules that say nothing about it. */
  readonly unlessStated: boolean;
  /** Hears of every takeover and of its end, as a message for people. */
  onTakeOver: (change: { readonly type: string; readonly message: string }) => void;
  view(): ScrapeView;
}

/** Builds it. Nothing is scraped before the scraper is started. */
export function scrapedFor(
  { scrape, prometheus: { fallback } = { fallback: null } }: ScrapeSettings,
  {
    http,
    clock,
    prometheus,
  }: { readonly http: HttpClient; readonly clock: Clock; readonly prometheus: Answerer },
): Scraped {
  const limits = storeLimits(scrape);
  const store = new MemoryStore({
    ...limits,
    maxAheadMs,
    maxSamples: Math.ceil(limits.retentionMs / shortestMs) + 1,
  });
  const scraper = new Scraper({ http, clock, store });
  scraper.configure(scrape?.pages ?? []);
  const engine = createEngine({ limits: promptLimits });
  const embedded = embeddedAnswerer({ name: 'scrape', source: store, engine, clock });
  const answerer: Answerer = {
    ...embedded,
    notYet: (lookBackMs, at) => notYet(scraper, lookBackMs, at),
    query: (text, at, signal) => {
      if (at === null) scraper.asked();
      return embedded.query(text, at, signal);
    },
  };
  const takeOver = new TakeOver({
    first: prometheus,
    second: answerer,
    clock,
    changed: (silence, awayMs) => scraped.onTakeOver(changeOf(silence, awayMs)),
  });
  const scraped: Scraped = {
    scraper,
    store,
    answerer,
    takeOver,
    unlessStated: fallback === 'scrape',
    onTakeOver: () => {},
    view: () => {
      const silence = takeOver.silence();
      return {
        insteadOf: silence === null ? null : { source: prometheus.name, ...silence },
        pages: scraper.views(),
      };
    },
  };
  return scraped;
}

/**
 * Memory begins with the daemon. What is computed from part of a window would be too low, and what is absent may be on a
 * page that nobody has read yet.
 */
function notYet(scraper: Scraper, lookBackMs: number, at: number): string | null {
  const readyAt = scraper.readyAt();
  if (readyAt === null) {
    const waiting = scraper.views().filter(({ last }) => last === null);
    return `not scraped yet since the start: ${waiting.map(({ name }) => name).join(', ')}`;
  }
  const covered = Math.max(0, at - readyAt);
  if (lookBackMs <= covered) return null;
  return `scraped for ${formatDuration(covered)} of the ${formatDuration(lookBackMs)} that it looks back`;
}

/** What of a configuration scraping needs. */
export interface ScrapeSettings {
  readonly scrape: Configuration['scrape'];
  readonly prometheus?: Pick<NonNullable<Configuration['prometheus']>, 'fallback'> | undefined;
}

/** How much is kept: what a running daemon cannot change. */
export function storeLimits(scrape: Configuration['scrape']): {
  readonly retentionMs: number;
  readonly maxSeries: number;
} {
  return { retentionMs: scrape?.retentionMs ?? HOUR, maxSeries: scrape?.maxSeries ?? 50_000 };
}

function changeOf(silence: Silence | null, awayMs: number): { type: string; message: string } {
  return silence === null
    ? {
        type: 'fallback.stood_down',
        message: `prometheus answers again after ${formatDuration(awayMs)}; scraped pages are no longer asked in its stead`,
      }
    : {
        type: 'fallback.took_over',
        message: `prometheus does not answer, so scraped pages are asked in its stead: ${silence.detail}`,
      };
}
