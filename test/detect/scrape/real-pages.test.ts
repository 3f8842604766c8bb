import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/app/clock.ts';
import { httpClient } from '../../../src/clients/http.ts';
import { Scraper } from '../../../src/detect/scrape/scraper.ts';
import type { ScrapePage } from '../../../src/domain/scraping.ts';
import { embeddedAnswerer } from '../../../src/promql/embedded-answerer.ts';
import { createEngine } from '../../../src/promql/engine.ts';
import { MemoryStore } from '../../../src/promql/memory-store.ts';
import { connecting, serving, type Handler } from '../../clients/loopback.ts';
import { pageOf } from './scraping.ts';

/** Scrapes a real server every 100 ms, and asks PromQL of what came. */
async function scraping(handler: Handler | string, changed: Partial<ScrapePage> = {}) {
  const url = typeof handler === 'string' ? handler : (await serving(handler)).url;
  const clock = systemClock();
  const store = new MemoryStore({ retentionMs: 60_000, maxSeries: 50_000, maxAheadMs: 60_000 });
  const scraper = new Scraper({ http: httpClient({ clock }), clock, store });
  scraper.configure([pageOf({ url: `${url}/metrics`, everyMs: 100, timeoutMs: 100, ...changed })]);
  const stop = new AbortController();
  const ended = scraper.start(stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await ended;
  });
  const answerer = embeddedAnswerer({ name: 'scrape', source: store, engine: createEngine(), clock });
  return {
    store,
    url,
    value: async (query: string) => {
      const result = await answerer.query(query, null, stop.signal);
      return result.type === 'vector' ? result.series.map(({ value }) => value) : result.type;
    },
    problem: () => scraper.views()[0]?.last?.problem,
  };
}

test('a page is a query’s business as soon as it was read', async () => {
  let count = 0;
  const { value, problem } = await scraping((_, response) => {
    count += 10;
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
    response.end(`# TYPE served counter\nserved_total{code="200"} ${count}\nserved_total{code="500"} 0\n`);
  });
  await expect.poll(() => value('sum(rate(served_total[1s])) > 50')).toHaveLength(1);
  expect(await value('up')).toEqual([1]);
  expect(await value('scrape_samples_scraped')).toEqual([2]);
  expect(problem()).toBe(null);
});

test('OpenMetrics is asked for first, and a compressed page is read', async () => {
  const { value } = await scraping((request, response) => {
    const wants = request.headers.accept?.split(',')[0] ?? '';
    const type = wants.startsWith('application/openmetrics-text;version=1.0.0') ? wants : 'text/plain';
    response.writeHead(200, { 'content-type': type, 'content-encoding': 'gzip' });
    response.end(gzipSync('# TYPE x counter\nx_total 5 # {trace_id="a"} 1\n# EOF\n'));
  });
  await expect.poll(() => value('x_total')).toEqual([5]);
});

test('a page of 100 MB is cut off at its cap, and so is one that was compressed to nothing', async () => {
  const line = `${'# nothing'.padEnd(1_023)}\n`;
  let sent = 0;
  const endless = await scraping(
    (_, response) => {
      const more = (): void => {
        while (sent < 100 * 2 ** 20) {
          sent += line.length;
          if (!response.write(line)) return void response.once('drain', more);
        }
        response.end();
      };
      more();
    },
    { maxBytes: 2 ** 20, everyMs: 2_000, timeoutMs: 2_000 },
  );
  await expect
    .poll(endless.problem, { timeout: 5_000 })
    .toBe(`GET ${endless.url}/metrics: the answer is too large (more than 1048576 bytes)`);
  expect(sent).toBeLessThan(40 * 2 ** 20);

  const bomb = gzipSync(Buffer.alloc(50 * 2 ** 20, 35));
  const packed = await scraping(
    (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
    { maxBytes: 2 ** 20, everyMs: 2_000, timeoutMs: 2_000 },
  );
  await expect
    .poll(packed.problem, { timeout: 5_000 })
    .toBe(`GET ${packed.url}/metrics: the answer is too large (more than 1048576 bytes)`);
});

test('a million label values are refused at the cap on samples, with the line', async () => {
  const page = Array.from({ length: 1_000_000 }, (_, index) => `x{id="${index}"} 1\n`).join('');
  const { problem, url, store } = await scraping((_, response) => response.end(page), {
    maxBytes: 64 * 2 ** 20,
    everyMs: 5_000,
    timeoutMs: 5_000,
    maxSeries: 10_000,
  });
  await expect
    .poll(problem, { timeout: 5_000 })
    .toBe(
      `GET ${url}/metrics answered with a page that is refused: line 10001, column 1: more than 10000 samples`,
    );
  expect(store.seriesCount).toBe(3);
});

test('a page that is late, moved, cut, or on an address that nobody may call, is a failed scrape', async () => {
  const late = await scraping(() => {});
  await expect.poll(late.problem).toBe(`GET ${late.url}/metrics: no complete answer in time (after 100ms)`);
  const moved = await scraping((_, response) => response.writeHead(302, { location: '/other' }).end());
  await expect.poll(moved.problem).toBe(`GET ${moved.url}/metrics answered 302, expected 200`);
  const cut = await scraping(
    await connecting((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nx 1\n')),
  );
  await expect.poll(cut.problem).toBe(`GET ${cut.url}/metrics: the connection was cut (ECONNRESET)`);
  const local = await scraping('http://169.254.169.254', { url: 'http://169.254.169.254/metrics' });
  await expect
    .poll(local.problem)
    .toBe('GET http://169.254.169.254/metrics: the address may not be called (link-local address)');
  for (const { value } of [late, moved, cut, local]) expect(await value('up')).toEqual([0]);
});

test('what is not UTF-8 is refused rather than read as something else', async () => {
  const { problem, url } = await scraping((_, response) =>
    response.end(Buffer.concat([Buffer.from('x{a="'), Buffer.from([0xff, 0xfe]), Buffer.from('"} 1\n')])),
  );
  await expect.poll(problem).toBe(`GET ${url}/metrics answered with what is not UTF-8`);
});
