import { acceptedFormats, formatOf, type PageFormat } from '../../clients/exposition/format.ts';
import { publicUrl, type HttpClient } from '../../clients/http.ts';
import { withoutQuoted } from '../../clients/quoted-secrets.ts';
import { RollbackError } from '../../domain/errors.ts';
import type { ScrapePage } from '../../domain/scraping.ts';
import { SECOND } from '../../domain/time.ts';

/** A page as it came. */
export interface FetchedPage {
  readonly body: string;
  readonly format: PageFormat;
  /** Of the body, after decompression. */
  readonly bytes: number;
}

/**
 * Asks for a page of metrics, in either format, compressed or not.
 *
 * Rejects with a `RollbackError`: what `HttpClient` rejects with, or `ANSWER_INVALID` for any status but 200, for the
 * binary format, and for what is not UTF-8.
 */
export async function fetchPage(
  http: HttpClient,
  page: ScrapePage,
  signal: AbortSignal,
): Promise<FetchedPage> {
  const { url, timeoutMs, maxBytes } = page;
  const answer = await http.request({
    method: 'GET',
    url,
    headers: {
      accept: acceptedFormats,
      'x-prometheus-scrape-timeout-seconds': `${timeoutMs / SECOND}`,
      ...revealed(page),
    },
    timeoutMs,
    maxBytes,
    signal,
  });
  const refuse = (why: string): RollbackError =>
    new RollbackError('ANSWER_INVALID', `GET ${publicUrl(url)} answered ${why}`);
  if (answer.status !== 200) throw refuse(`${answer.status}, expected 200`);
  const format = formatOf(answer.headers['content-type']);
  if (format === null) throw refuse('in the binary format, which is not read; let it answer as text');
  if (!answer.utf8) throw refuse('with what is not UTF-8');
  return { body: answer.body, format, bytes: answer.bytes };
}

/** A message about a page, which may quote it, without the secrets that the page was asked with. */
export function withoutSecrets(message: string, page: ScrapePage): string {
  return withoutQuoted(message, Object.values(revealed(page)));
}

function revealed({ headers }: ScrapePage): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, secret]) => [name, secret.reveal()]));
}
