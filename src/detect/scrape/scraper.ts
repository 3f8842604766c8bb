import type { HttpClient } from '../../clients/http.ts';
import { canonical } from '../../domain/json.ts';
import { sleep, type Clock } from '../../domain/ports/clock.ts';
import type { PageView, ScrapePage } from '../../domain/scraping.ts';
import type { MemoryStore } from '../../promql/memory-store.ts';
import { PageLoop, type PageLoopParts } from './page-loop.ts';
import { Phase } from './phase.ts';

export interface ScraperOptions {
  readonly http: HttpClient;
  readonly clock: Clock;
  /** Where samples go. It outlives every change of the pages. */
  readonly store: MemoryStore;
}

/** What was scraped since the start, by page. */
export interface ScrapeCounts {
  scrapes: number;
  failures: number;
  bytes: number;
}

/** How often samples that have outlived the retention are dropped. */
const sweepMs = 30_000;

/**
 * Reads the pages that are configured, and no others, into a store: one loop a page, none of which waits for another.
 */
export class Scraper {
  readonly #options: ScraperOptions;
  readonly #phase = new Phase();
  readonly #counts = new Map<string, ScrapeCounts>();
  #loops = new Map<string, PageLoop>();
  /** The loops that run, while the scraper does. */
  #running: Set<Promise<void>> | null = null;
  #readyAt: number | null = null;

  constructor(options: ScraperOptions) {
    this.#options = options;
  }

  /** Takes up pages. The loop of one that did not change goes on; the series of one that is gone end. */
  configure(pages: readonly ScrapePage[]): void {
    const loops = new Map<string, PageLoop>();
    const started: PageLoop[] = [];
    for (const page of pages) {
      const known = this.#loops.get(page.name);
      const unchanged = known !== undefined && identity(known.page) === identity(page);
      const loop = unchanged ? known : new PageLoop(page, this.#parts());
      loops.set(page.name, loop);
      if (!unchanged) started.push(loop);
    }
    for (const [name, loop] of this.#loops) {
      if (loops.get(name) !== loop) loop.stop();
      if (!loops.has(name)) this.#counts.delete(name);
    }
    this.#loops = loops;
    for (const loop of started) this.#launch(loop);
  }

  /** Scrapes until the signal aborts. */
  async start(signal: AbortSignal): Promise<void> {
    const { clock, store } = this.#options;
    const running = new Set<Promise<void>>();
    this.#running = running;
    for (const loop of this.#loops.values()) this.#launch(loop);
    this.#noteReady();
    while (!signal.aborted) {
      await sleep(clock, sweepMs, signal);
      store.sweep(clock.now());
    }
    this.#running = null;
    for (const loop of this.#loops.values()) loop.stop();
    await Promise.all(running);
  }

  /** Somebody reads what was scraped, now. */
  asked(): void {
    this.#phase.read(this.#options.clock.now());
  }

  /** Since when every page has been scraped at least once, whatever came of it, epoch ms; null while one has not. */
  readyAt(): number | null {
    return this.#readyAt;
  }

  /** How the last scrape of each page ended. */
  views(): readonly PageView[] {
    return [...this.#loops.values()].map((loop) => loop.view());
  }

  counts(): ReadonlyMap<string, Readonly<ScrapeCounts>> {
    return this.#counts;
  }

  #launch(loop: PageLoop): void {
    const running = this.#running;
    if (running === null) return;
    const run = loop.run().finally(() => running.delete(run));
    running.add(run);
  }

  /** Once is enough: a page that is taken up later keeps nobody waiting. */
  #noteReady(): void {
    if (this.#readyAt !== null || this.views().some(({ last }) => last === null)) return;
    this.#readyAt = this.#options.clock.now();
  }

  #parts(): PageLoopParts {
    const { http, clock, store } = this.#options;
    return {
      http,
      clock,
      store,
      phase: this.#phase,
      scraped: (page, { problem, bytes }) => {
        const counts = this.#counts.get(page.name) ?? { scrapes: 0, failures: 0, bytes: 0 };
        counts.scrapes += 1;
        counts.failures += problem === null ? 0 : 1;
        counts.bytes += bytes;
        this.#counts.set(page.name, counts);
        this.#noteReady();
      },
    };
  }
}

/** Equal for pages that are scraped alike. Secrets count by their value: one that was rotated is another. */
function identity({ headers, ...page }: ScrapePage): string {
  const revealed = Object.entries(headers).map(([name, secret]) => [name, secret.reveal()]);
  return canonical({ ...page, headers: revealed });
}
