import type { Labels } from './labels.ts';
import type { Secret } from './secret.ts';

/** A page of metrics that rollbackd reads itself, with every default filled in. */
export interface ScrapePage {
  readonly name: string;
  readonly url: string;
  readonly everyMs: number;
  /** At most `everyMs`. */
  readonly timeoutMs: number;
  /** What every series of the page carries, `job` and `instance` among them. */
  readonly labels: Labels;
  /** Where the page states one of these labels itself: its own word stands, or goes on as `exported_…`. */
  readonly honorLabels: boolean;
  /** Whether timestamps of the page count, or the time of the scrape does. */
  readonly honorTimestamps: boolean;
  readonly headers: Readonly<Record<string, Secret>>;
  /** Of the page, after decompression; more is a scrape that failed. */
  readonly maxBytes: number;
  /** Samples of one scrape; more is a scrape that failed. */
  readonly maxSeries: number;
}

/** What is scraped, and how much of it is kept. */
export interface Scraping {
  readonly retentionMs: number;
  /** Of all pages together. */
  readonly maxSeries: number;
  readonly pages: readonly ScrapePage[];
}

/** A page as people see it: how its last scrape ended. */
export interface PageView {
  readonly name: string;
  /** Without its query, which may hold secrets. */
  readonly url: string;
  /** null before the first scrape ended. */
  readonly last: {
    readonly at: number;
    readonly durationMs: number;
    /** 0 when the scrape failed. */
    readonly samples: number;
    readonly bytes: number;
    /** Why the scrape failed as a whole. */
    readonly problem: string | null;
    /** What was left out of a scrape that succeeded, with the first line it concerns. */
    readonly note: string | null;
  } | null;
}

/** Scraping as people see it. */
export interface ScrapeView {
  /** Whom scraped pages answer for, since when (epoch ms), and why. */
  readonly insteadOf: { readonly source: string; readonly since: number; readonly detail: string } | null;
  readonly pages: readonly PageView[];
}
