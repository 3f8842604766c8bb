import { z } from 'zod';
import type { Labels } from '../domain/labels.ts';
import type { ScrapePage, Scraping } from '../domain/scraping.ts';
import { formatQuantity } from '../domain/quantity.ts';
import { formatDuration, HOUR, SECOND } from '../domain/time.ts';
import { readHeaders } from './connections.ts';
import type { Place } from './place.ts';
import type { ReadingContext } from './reading-context.ts';
import { httpUrl, interval, isName, labelName, labelValue, nameProblem, size, someTime } from './scalars.ts';
import type { PlacedTarget } from './targets.ts';

/** What pages fall back to. */
export interface ScrapeDefaults {
  readonly everyMs: number;
  /** null: as long as the interval, at most ten seconds. */
  readonly timeoutMs: number | null;
}

/** `scrape:` as far as it stands in its own section; targets may add pages of their own. */
export interface ScrapeSection {
  readonly scraping: Scraping;
  readonly defaults: ScrapeDefaults;
}

/** About what a series costs beside its samples, in bytes, and what a sample does. */
const [bytesPerSeries, bytesPerSample] = [1_100, 16];
/** Above this, what the caps allow is worth a warning. */
const worthWarningBytes = 2 ** 30;
const longestTimeoutMs = 10 * SECOND;

const pageLabel = labelName.refine(
  (name) => !name.startsWith('__'),
  'names that begin with __ are kept for metrics themselves',
);
const count = z.int().min(1).max(10_000_000);
/** The keys of `scrape`. */
export const scrapeShape = {
  every: interval.optional().describe('How often pages are read; 15s unless stated'),
  timeout: someTime.optional().describe('Of one page; the interval, at most 10s, unless stated'),
  retention: someTime.optional().describe('How far back queries can look; 1h unless stated'),
  max_series: count.optional().describe('Of all pages together; 50000 unless stated'),
  pages: z.unknown().optional().describe('Pages of metrics by name, beside those of targets with metrics:'),
};

/** The keys of a page. */
export const pageShape = {
  url: httpUrl.describe('Where the page is'),
  labels: z.record(pageLabel, labelValue).optional().describe('Given to all of its series'),
  every: interval.optional().describe('How often it is read; as stated for all unless stated'),
  timeout: someTime.optional().describe('As stated for all unless stated'),
  honor_labels: z
    .boolean()
    .optional()
    .describe('Whether labels of the page win over those given here; false unless stated'),
  honor_timestamps: z.boolean().optional().describe('Whether instants of the page count; true unless stated'),
  headers: z.unknown().optional().describe('Name to secret'),
  max_body: size({ max: 256 * 2 ** 20 })
    .optional()
    .describe('A larger page is refused; 10MiB unless stated'),
  max_series: count.optional().describe('A page with more is refused; 10000 unless stated'),
};

/** `scrape:`, the pages of metrics that are read without a Prometheus. */
export async function readScraping(place: Place, context: ReadingContext): Promise<ScrapeSection> {
  const fields = place.value === undefined ? {} : place.fields(scrapeShape);
  const defaults = { everyMs: fields.every ?? 15 * SECOND, timeoutMs: fields.timeout ?? null };
  if (defaults.timeoutMs !== null) checkTimeout(place, defaults.timeoutMs, defaults.everyMs);
  const pages: ScrapePage[] = [];
  for (const [name, at] of place.at('pages').entries('pages by name')) {
    if (!isName(name)) at.problem(nameProblem, 'key');
    pages.push(await readPage(at, { name, defaults }, context));
  }
  const retentionMs = fields.retention ?? HOUR;
  return { scraping: { retentionMs, maxSeries: fields.max_series ?? 50_000, pages }, defaults };
}

/** With the pages of targets that say `metrics:`; null when there is nothing to scrape. */
export function withTargetPages(
  place: Place,
  { scraping, defaults }: ScrapeSection,
  targets: readonly PlacedTarget[],
): Scraping | null {
  const pages = [...scraping.pages];
  for (const { target, place: at, metrics } of targets) {
    if (metrics === null) continue;
    if (pages.some(({ name }) => name === target.name))
      at.at('metrics').problem(`scrape.pages has a page named ${target.name} already`);
    pages.push(pageOf({ name: target.name, url: metrics, labels: target.labels }, defaults));
  }
  const all = { ...scraping, pages };
  warnOfMemory(place, all);
  return pages.length === 0 ? null : all;
}

async function readPage(
  place: Place,
  { name, defaults }: { readonly name: string; readonly defaults: ScrapeDefaults },
  context: ReadingContext,
): Promise<ScrapePage> {
  const fields = place.fields(pageShape);
  const headers = await readHeaders(place.at('headers'), context);
  const everyMs = fields.every ?? defaults.everyMs;
  if (fields.timeout !== undefined) checkTimeout(place, fields.timeout, everyMs);
  const timeoutMs = fields.timeout ?? defaults.timeoutMs;
  const page = pageOf({ name, url: fields.url ?? '', labels: fields.labels ?? {} }, { everyMs, timeoutMs });
  return {
    ...page,
    honorLabels: fields.honor_labels ?? false,
    honorTimestamps: fields.honor_timestamps ?? true,
    headers,
    maxBytes: fields.max_body ?? page.maxBytes,
    maxSeries: fields.max_series ?? page.maxSeries,
  };
}

function pageOf(
  { name, url, labels }: { readonly name: string; readonly url: string; readonly labels: Labels },
  { everyMs, timeoutMs }: ScrapeDefaults,
): ScrapePage {
  return {
    name,
    url,
    everyMs,
    timeoutMs: Math.min(timeoutMs ?? longestTimeoutMs, everyMs),
    // As Prometheus has it, so that a rule finds a page by the same labels.
    labels: { job: name, instance: URL.parse(url)?.host ?? '', ...labels },
    honorLabels: false,
    honorTimestamps: true,
    headers: {},
    maxBytes: 10 * 2 ** 20,
    maxSeries: 10_000,
  };
}

function checkTimeout(place: Place, timeoutMs: number, everyMs: number): void {
  if (timeoutMs > everyMs)
    place.at('timeout').problem(`must not be longer than the interval, which is ${formatDuration(everyMs)}`);
}

/** The caps bound the memory whatever the pages hold; whether the machine has as much is for people to say. */
function warnOfMemory(place: Place, { retentionMs, maxSeries, pages }: Scraping): void {
  let [series, bytes] = [0, 0];
  for (const page of [...pages].sort((a, b) => a.everyMs - b.everyMs)) {
    const more = Math.min(page.maxSeries, maxSeries - series);
    const samples = Math.ceil(retentionMs / page.everyMs) + 1;
    series += more;
    bytes += more * (bytesPerSeries + samples * bytesPerSample);
  }
  if (bytes > worthWarningBytes)
    place.warning(
      `may come to ${formatQuantity(bytes, 'bytes')} of memory if its pages use up their max_series for ${formatDuration(retentionMs)}; lower max_series or retention, or scrape less often`,
      'scrape/memory',
      'key',
    );
}
