import type { HttpAnswer, HttpClient, HttpRequest } from '../../../src/clients/http.ts';
import type { ScrapePage } from '../../../src/domain/scraping.ts';
import { SECOND } from '../../../src/domain/time.ts';
import type { MemoryStore } from '../../../src/promql/memory-store.ts';

/** A page of the shop, scraped every five seconds, unless the test says otherwise. */
export function pageOf(changed: Partial<ScrapePage> = {}): ScrapePage {
  return {
    name: 'shop',
    url: 'http://shop:8080/metrics',
    everyMs: 5 * SECOND,
    timeoutMs: 5 * SECOND,
    labels: { job: 'shop', instance: 'shop:8080' },
    honorLabels: false,
    honorTimestamps: true,
    headers: {},
    maxBytes: 10 * 2 ** 20,
    maxSeries: 20_000,
    ...changed,
  };
}

/** What a store holds: each series with its samples, oldest first, as `value@ms since origin`; `ended` is a mark. */
export function held(store: MemoryStore, origin: number): Record<string, string> {
  const series = store.select([]).map((view): [string, string] => {
    const samples = Array.from({ length: view.length }, (_, position) => {
      const said = view.stale(position) ? 'ended' : `${view.value(position)}`;
      return `${said}@${view.time(position) - origin}`;
    });
    return [nameOf(view.labels), samples.join(' ')];
  });
  return Object.fromEntries(series.sort(byName));
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : 1;
}

function nameOf({ __name__: name, ...labels }: Readonly<Record<string, string>>): string {
  const own = Object.entries(labels).filter(([label]) => label !== 'job' && label !== 'instance');
  return own.length === 0
    ? `${name}`
    : `${name}{${own
        .sort(byName)
        .map(([label, value]) => `${label}=${value}`)
        .join(',')}}`;
}

/** Web pages that the test writes, with a log of who asked for them. */
export class FakePages implements HttpClient {
  readonly asked: HttpRequest[] = [];
  #answer: (request: HttpRequest) => Promise<HttpAnswer> | HttpAnswer = () => textAnswer('');

  /** From now on every request gets this page. */
  answers(answer: string | ((request: HttpRequest) => Promise<HttpAnswer> | HttpAnswer)): void {
    this.#answer = typeof answer === 'string' ? () => textAnswer(answer) : answer;
  }

  request(request: HttpRequest): Promise<HttpAnswer> {
    this.asked.push(request);
    return Promise.try(() => this.#answer(request));
  }
}

/** A page of the text format, unless the test states another type. */
export function textAnswer(body: string, changed: Partial<HttpAnswer> = {}): HttpAnswer {
  const headers = { 'content-type': 'text/plain; version=0.0.4' };
  return { status: 200, headers, body, bytes: Buffer.byteLength(body), utf8: true, ...changed };
}
