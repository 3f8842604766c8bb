import { wordFlaw } from '../../clients/exposition/flaw.ts';
import { readPage } from '../../clients/exposition/read-page.ts';
import type { HttpClient } from '../../clients/http.ts';
import { formatQuantity } from '../../domain/quantity.ts';
import type { ScrapePage } from '../../domain/scraping.ts';
import { fetchPage, withoutSecrets } from './fetch-page.ts';

/** Reads a page once, as a scrape does, without storing anything. Rejects with what is wrong with it. */
export async function examinePage(http: HttpClient, page: ScrapePage, signal: AbortSignal): Promise<string> {
  const { body, format, bytes } = await fetchPage(http, page, signal);
  const read = readPage(body, format);
  if ('problem' in read) throw new Error(withoutSecrets(wordFlaw(read), page));
  if (read.length > page.maxSeries)
    throw new Error(`${read.length} samples, of which it may have ${page.maxSeries}`);
  const name = format === 'openmetrics' ? 'OpenMetrics' : 'text';
  return `${read.length} samples as ${name}, ${formatQuantity(bytes, 'bytes')}`;
}
