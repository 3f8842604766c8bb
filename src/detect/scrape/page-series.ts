import { quoted, type PageFlaw } from '../../clients/exposition/flaw.ts';
import type { PageFormat } from '../../clients/exposition/format.ts';
import { scanPage } from '../../clients/exposition/scan-page.ts';
import { isFlaw, readSeries } from '../../clients/exposition/series-text.ts';
import type { Labels } from '../../domain/labels.ts';
import type { ScrapePage } from '../../domain/scraping.ts';
import type { Appended, MemoryStore } from '../../promql/memory-store.ts';
import { mergedLabels } from './honor-labels.ts';

/** A series of a page, by the text that the page writes it as. */
interface Known {
  readonly labels: Labels;
  /** The scrape in which it was last there. */
  round: number;
  /** The time of its last sample; null when none was stored since it last ended. */
  lastAt: number | null;
  /** The page stated that time itself. */
  dated: boolean;
}

interface Sample {
  readonly known: Known;
  readonly value: number;
  readonly at: number;
  readonly dated: boolean;
  readonly line: number;
}

/** What was stored of a page. */
export interface Taken {
  readonly samples: number;
  /** Samples that the page states and that were not stored; `first` is the reason of the first one. */
  readonly leftOut: { readonly count: number; readonly first: string } | null;
}

/**
 * The series of one page: from text to labels, once for each text, and which of them are there now.
 *
 * A page is stored whole or not at all. Series that a page no longer has end with a mark of staleness, and so do all of
 * them when a scrape fails: no old value passes for one of now.
 */
export class PageSeries {
  readonly #page: ScrapePage;
  readonly #store: MemoryStore;
  #known = new Map<string, Known>();
  #round = 0;

  constructor(page: ScrapePage, store: MemoryStore) {
    this.#page = page;
    this.#store = store;
  }

  /**
   * Takes in what a page says at an instant, epoch ms.
   *
   * @returns why nothing was stored, if so: every series has ended then
   */
  take(body: string, format: PageFormat, at: number): Taken | PageFlaw | 'too-many-series' {
    this.#round += 1;
    const fresh = new Map<string, Known>();
    const samples = this.#read(body, format, { at, fresh });
    if ('problem' in samples) {
      this.end(at);
      return samples;
    }
    const taken = this.#append(samples, at, fresh);
    for (const [text, known] of fresh) this.#known.set(text, known);
    if (taken === null) this.end(at + 1);
    else this.#endVanished(at);
    return taken ?? 'too-many-series';
  }

  /** Every series ends. */
  end(at: number): void {
    for (const known of this.#known.values()) this.#endOne(known, at);
    this.#known = new Map();
  }

  #read(
    body: string,
    format: PageFormat,
    { at, fresh }: { readonly at: number; readonly fresh: Map<string, Known> },
  ): readonly Sample[] | PageFlaw {
    const { labels: ofPage, honorLabels, honorTimestamps, maxSeries } = this.#page;
    const samples: Sample[] = [];
    const flaw = scanPage(body, format, (text, value, timestamp, line) => {
      if (samples.length === maxSeries) return { at: 0, problem: `more than ${maxSeries} samples` };
      let known = this.#known.get(text) ?? fresh.get(text);
      if (known === undefined) {
        const kept = detached(text);
        const labels = readSeries(kept);
        if (isFlaw(labels)) return labels;
        known = { labels: mergedLabels(labels, ofPage, honorLabels), round: 0, lastAt: null, dated: false };
        fresh.set(kept, known);
      }
      const dated = honorTimestamps && timestamp !== null;
      samples.push({ known, value, at: dated ? timestamp : at, dated, line });
      return null;
    });
    return flaw ?? samples;
  }

  /** null when there is no room for all of the series; those that were opened for it are gone again then. */
  #append(samples: readonly Sample[], now: number, fresh: Map<string, Known>): Taken | null {
    const opened = new Set<Known>();
    let count = 0;
    let first = '';
    for (const { known, value, at, dated, line } of samples) {
      known.round = this.#round;
      const before = this.#store.seriesCount;
      const appended = this.#store.append(known.labels, { atMs: at, value }, now);
      if (this.#store.seriesCount > before) opened.add(known);
      if (appended === 'too-many-series') {
        this.#withdraw(opened, fresh);
        return null;
      }
      if (appended === 'stored') [known.lastAt, known.dated] = [at, dated];
      else if (count++ === 0) first = `line ${line}: ${wordLeftOut(appended, known, { at, now })}`;
      // What it says now is not known, and what it said before is not what it says now.
      if (appended === 'too-far-ahead') this.#endOne(known, now);
    }
    return { samples: samples.length, leftOut: count === 0 ? null : { count, first } };
  }

  #withdraw(opened: ReadonlySet<Known>, fresh: Map<string, Known>): void {
    for (const { labels } of opened) this.#store.forget(labels);
    for (const [text, known] of fresh) if (opened.has(known)) fresh.delete(text);
  }

  #endVanished(at: number): void {
    for (const [text, known] of this.#known) {
      if (known.round === this.#round) continue;
      this.#endOne(known, at);
      this.#known.delete(text);
    }
  }

  /** A series that the page dates ends right after its last sample: the next one may be dated before now, too. */
  #endOne(known: Known, at: number): void {
    const { labels, lastAt, dated } = known;
    if (lastAt === null) return;
    this.#store.append(labels, { atMs: dated ? lastAt + 1 : at, value: Number.NaN, stale: true });
    known.lastAt = null;
  }
}

function wordLeftOut(
  appended: Exclude<Appended, 'stored' | 'too-many-series'>,
  { labels, lastAt }: Known,
  { at, now }: { readonly at: number; readonly now: number },
): string {
  const name = quoted(labels['__name__'] ?? '');
  switch (appended) {
    case 'duplicate':
      return `${name} has another value at the same time already, which counts`;
    case 'out-of-order':
      return `${name} is dated before its last sample${lastAt === null ? '' : ` by ${lastAt - at} ms`}`;
    case 'too-far-ahead':
      return `${name} is dated ${at - now} ms in the future`;
  }
}

/** The same text without the page it was cut from, which it would keep in memory. */
function detached(text: string): string {
  return Buffer.from(text).toString();
}
