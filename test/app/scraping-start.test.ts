import { expect, onTestFinished, test } from 'vitest';
import { scrapedFor } from '../../src/app/scraping.ts';
import { promqlSource } from '../../src/detect/sources/promql.ts';
import type { AskedPast } from '../../src/domain/ports/source.ts';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { FakePages, pageOf, textAnswer } from '../detect/scrape/scraping.ts';
import { read, subjects } from '../detect/sources/reading.ts';
import { SimulatedClock } from '../fakes/clock.ts';

const nobody = {
  name: 'prometheus',
  query: () => Promise.reject(new Error('nobody asks it')),
  queryRange: () => Promise.reject(new Error('nobody asks it')),
};

/** A daemon that has just started: a page with ten requests a second, read every five seconds. */
function started() {
  const clock = new SimulatedClock();
  const http = new FakePages();
  const begun = clock.now() - HOUR;
  http.answers(() => textAnswer(`requests_total ${(clock.now() - begun) / 100}\nerrors_total 7\n`));
  const page = pageOf({ labels: { service: 'shop' } });
  const scrape = { retentionMs: HOUR, maxSeries: 100, pages: [page] };
  const { scraper, answerer } = scrapedFor({ scrape }, { http, clock, prometheus: nobody });
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const source = promqlSource({ kind: 'scrape', answerer, clock });
  return {
    clock,
    source,
    scrape: () => void scraper.start(stop.signal),
    see: async (query: string) => (await read(source, { query }, subjects(['shop'])))['shop'],
  };
}

test('before every page was read once, nothing is known: what is absent may be on one of them', async () => {
  const { see, scrape, clock } = started();
  expect(await see('absent(queue)')).toBe('insufficient: not scraped yet since the start: shop');
  scrape();
  expect(await see('requests_total')).toBe('insufficient: not scraped yet since the start: shop');
  await clock.advance(2 * SECOND);
  expect(await see('errors_total')).toBe('7: 7');
});

test('a rate is no verdict before the pages were read for as long as it looks back: it would be too low', async () => {
  const { see, scrape, clock } = started();
  scrape();
  await clock.advance(20 * SECOND);
  expect(await see('rate(requests_total[1m])')).toMatch(/^insufficient: scraped for 19s of the 1m that it/);
  await clock.advance(41 * SECOND);
  expect(await see('rate(requests_total[1m])')).toBe('10: 10');
});

test('where it cancels out, it is one from the start', async () => {
  const { see, scrape, clock } = started();
  scrape();
  await clock.advance(20 * SECOND);
  expect(await see('rate(errors_total[1m]) / rate(requests_total[1m])')).toBe('0: 0');
});

test('nor is a rate a baseline while its own window began before the daemon did', async () => {
  const { source, scrape, clock } = started();
  scrape();
  await clock.advance(2 * MINUTE + 30 * SECOND);
  const options = source.options.parse({ query: 'rate(requests_total[1m])' });
  const of = subjects(['shop']);
  const never = new AbortController().signal;
  const asked: AskedPast = { baseline: { offsetMs: 2 * MINUTE }, readings: new Map(), everyMs: 5 * SECOND };
  expect([...((await source.baselines?.(options, asked, of, never)) ?? [])]).toEqual([
    ['shop', { why: 'insufficient', detail: '2m ago: scraped for 29s of the 1m that it looks back' }],
  ]);
});
