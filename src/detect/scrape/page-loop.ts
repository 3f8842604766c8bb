import { createHash } from 'node:crypto';
import { wordFlaw } from '../../clients/exposition/flaw.ts';
import { publicUrl, type HttpClient } from '../../clients/http.ts';
import { messageOf } from '../../domain/errors.ts';
import { sleep, type Clock } from '../../domain/ports/clock.ts';
import type { PageView, ScrapePage } from '../../domain/scraping.ts';
import { SECOND } from '../../domain/time.ts';
import type { MemoryStore } from '../../promql/memory-store.ts';
import { nextSlot, slotOf } from '../schedule.ts';
import { fetchPage, withoutSecrets } from './fetch-page.ts';
import { PageSeries } from './page-series.ts';
import type { Phase } from './phase.ts';

/** Every page is scraped for the first time within this many ms of its start, and on its own grid from then on. */
const firstWithinMs = SECOND;

/** A scrape that begins at most this share of its interval late is dated as if it had been on time. */
const onTimeShare = 0.01;

export interface PageLoopParts {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly store: MemoryStore;
  readonly phase: Phase;
  /** Hears how each scrape ended. */
  readonly scraped: (page: ScrapePage, last: NonNullable<PageView['last']>) => void;
}

/** Scrapes one page on its own grid, one scrape at a time, until it is stopped. */
export class PageLoop {
  readonly page: ScrapePage;
  readonly #parts: PageLoopParts;
  readonly #series: PageSeries;
  readonly #stop = new AbortController();
  readonly #up: PageReport;
  #last: PageView['last'] = null;

  constructor(page: ScrapePage, parts: PageLoopParts) {
    this.page = page;
    this.#parts = parts;
    this.#series = new PageSeries(page, parts.store);
    this.#up = new PageReport(page, parts.store);
  }

  view(): PageView {
    return { name: this.page.name, url: publicUrl(this.page.url), last: this.#last };
  }

  /** Ends at once when stopped; a scrape that was under way is forgotten. */
  async run(): Promise<void> {
    const { clock, phase } = this.#parts;
    const { everyMs } = this.page;
    const place = placeOf(this.page);
    const gridAt = clock.now() + 1 + Math.floor(place * everyMs);
    let dueAt = clock.now() + 1 + Math.floor(place * Math.min(everyMs, firstWithinMs));
    for (;;) {
      await sleep(clock, dueAt - clock.now(), this.#stop.signal);
      if (this.#stop.signal.aborted) return;
      const slotAt = slotOf(dueAt, everyMs, clock.now());
      const late = clock.now() - slotAt;
      await this.#scrape(late <= everyMs * onTimeShare ? slotAt : clock.now());
      if (this.#stop.signal.aborted) return;
      const now = clock.now();
      const tookMs = this.#last?.durationMs ?? 0;
      const next = nextSlot(slotAt < gridAt ? gridAt - everyMs : slotAt, everyMs, now);
      dueAt = phase.adjusted(next, { everyMs, tookMs, now });
    }
  }

  /** Ends the loop. Nobody looks at the page any more: its series end, too. */
  stop(): void {
    this.#stop.abort();
    const now = this.#parts.clock.now();
    this.#series.end(now);
    this.#up.end(now);
  }

  async #scrape(at: number): Promise<void> {
    const { clock, http, scraped } = this.#parts;
    const startedAt = clock.now();
    let ended: Omit<NonNullable<PageView['last']>, 'at' | 'durationMs'>;
    try {
      const { body, format, bytes } = await fetchPage(http, this.page, this.#stop.signal);
      if (this.#stop.signal.aborted) return;
      ended = { bytes, ...this.#take(body, format, at) };
    } catch (thrown) {
      if (this.#stop.signal.aborted) return;
      this.#series.end(at);
      ended = { bytes: 0, samples: 0, problem: messageOf(thrown), note: null };
    }
    const durationMs = clock.now() - startedAt;
    const hidden = (text: string | null): string | null =>
      text === null ? null : withoutSecrets(text, this.page);
    this.#last = { ...ended, at, durationMs, problem: hidden(ended.problem), note: hidden(ended.note) };
    this.#up.say(this.#last);
    scraped(this.page, this.#last);
  }

  #take(
    ...taking: Parameters<PageSeries['take']>
  ): Pick<NonNullable<PageView['last']>, 'samples' | 'problem' | 'note'> {
    const taken = this.#series.take(...taking);
    const failed = (why: string) => ({
      samples: 0,
      problem: `GET ${publicUrl(this.page.url)} answered with a page that is refused: ${why}`,
      note: null,
    });
    if (taken === 'too-many-series')
      return failed('scrape.max_series is reached, and it has series beyond it');
    if ('problem' in taken) return failed(wordFlaw(taken));
    const { samples, leftOut } = taken;
    const note =
      leftOut === null ? null : `${leftOut.count} of ${samples} samples left out; ${leftOut.first}`;
    return { samples, problem: null, note };
  }
}

/** What Prometheus, too, says about each scrape, as series with the labels of the page. */
class PageReport {
  readonly #store: MemoryStore;
  readonly #series: Readonly<Record<'up' | 'duration' | 'samples', ScrapePage['labels']>>;
  #said = false;

  constructor({ labels }: ScrapePage, store: MemoryStore) {
    this.#store = store;
    this.#series = {
      up: { ...labels, __name__: 'up' },
      duration: { ...labels, __name__: 'scrape_duration_seconds' },
      samples: { ...labels, __name__: 'scrape_samples_scraped' },
    };
  }

  say({ at, problem, durationMs, samples }: NonNullable<PageView['last']>): void {
    const { up, duration, samples: scraped } = this.#series;
    this.#store.append(up, { atMs: at, value: problem === null ? 1 : 0 });
    this.#store.append(duration, { atMs: at, value: durationMs / SECOND });
    this.#store.append(scraped, { atMs: at, value: samples });
    this.#said = true;
  }

  end(at: number): void {
    if (!this.#said) return;
    for (const labels of Object.values(this.#series))
      this.#store.append(labels, { atMs: at, value: Number.NaN, stale: true });
  }
}

/** Where in its interval a page is scraped, as a share of it: a place of its own that stays the same after every start. */
function placeOf({ name, url }: ScrapePage): number {
  return createHash('sha256').update(`${name}\n${url}`).digest().readUInt32BE() / 2 ** 32;
}
