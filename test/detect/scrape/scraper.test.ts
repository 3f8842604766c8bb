import { expect, test } from 'vitest';
import { Scraper } from '../../../src/detect/scrape/scraper.ts';
import { RollbackError } from '../../../src/domain/errors.ts';
import type { Clock } from '../../../src/domain/ports/clock.ts';
import type { ScrapePage } from '../../../src/domain/scraping.ts';
import { Secret } from '../../../src/domain/secret.ts';
import { SECOND } from '../../../src/domain/time.ts';
import { MemoryStore } from '../../../src/promql/memory-store.ts';
import { SimulatedClock } from '../../fakes/clock.ts';
import { FakePages, held, pageOf, textAnswer } from './scraping.ts';

function bound(clock: SimulatedClock): Pick<Clock, 'now' | 'wall'> {
  return { now: () => clock.now(), wall: () => clock.wall() };
}

/** A scraper at work on a clock that the test moves. */
function scraping(pages: readonly ScrapePage[] = [pageOf()]) {
  const clock = new SimulatedClock();
  const http = new FakePages();
  const store = new MemoryStore({ retentionMs: 3_600_000, maxSeries: 1_000 });
  const scraper = new Scraper({ http, clock, store });
  scraper.configure(pages);
  const stop = new AbortController();
  const origin = clock.now();
  return {
    clock,
    http,
    store,
    scraper,
    /** Begins on the first call. */
    work: () => void scraper.start(stop.signal),
    /** The last word of each series: its value, or that it ended. */
    now: () =>
      Object.fromEntries(
        Object.entries(held(store, origin)).map(([name, said]) => [
          name,
          (said.split(' ').at(-1) ?? '').split('@')[0],
        ]),
      ),
    held: () => held(store, origin),
    last: (name = 'shop') => scraper.views().find((view) => view.name === name)?.last,
  };
}

test('a page is scraped at once and then on its own grid, and reported', async () => {
  const { clock, http, work, now, held } = scraping();
  http.answers('x 5\n');
  work();
  await clock.advance(SECOND);
  expect(now()).toEqual({ x: '5', up: '1', scrape_duration_seconds: '0', scrape_samples_scraped: '1' });
  await clock.advance(30 * SECOND);
  const times = (held()['x'] ?? '').split(' ').map((sample) => Number(sample.split('@')[1]));
  const gaps = times.slice(2).map((at, index) => at - (times[index + 1] ?? 0));
  expect(gaps).toEqual([5_000, 5_000, 5_000, 5_000, 5_000]);
});

test('pages have a place of their own in the interval', async () => {
  const pages = Array.from({ length: 40 }, (_, index) => pageOf({ name: `page-${index}` }));
  const { clock, http, work } = scraping(pages);
  work();
  await clock.advance(15 * SECOND);
  http.asked.length = 0;
  const perSecond: number[] = [];
  for (let second = 0; second < 5; second++) {
    const before = http.asked.length;
    await clock.advance(SECOND);
    perSecond.push(http.asked.length - before);
  }
  expect(http.asked).toHaveLength(40);
  expect(Math.max(...perSecond)).toBeLessThan(16);
});

test('asks for either format, with its secrets, in the time it has', async () => {
  const headers = { authorization: new Secret('Bearer canary') };
  const { clock, http, work } = scraping([pageOf({ headers, timeoutMs: 2_500 })]);
  work();
  await clock.advance(SECOND);
  expect(http.asked[0]).toMatchObject({
    method: 'GET',
    url: 'http://shop:8080/metrics',
    timeoutMs: 2_500,
    maxBytes: 10 * 2 ** 20,
    headers: {
      accept: expect.stringMatching(
        /^application\/openmetrics-text;version=1\.0\.0.*text\/plain;version=0\.0\.4/,
      ),
      authorization: 'Bearer canary',
      'x-prometheus-scrape-timeout-seconds': '2.5',
    },
  });
});

test('a scrape that fails says so: up is 0 and every series of the page ends', async () => {
  const { clock, http, work, now, last } = scraping();
  http.answers('x 5\n');
  work();
  await clock.advance(6 * SECOND);
  http.answers(() => {
    throw new RollbackError('UNREACHABLE', 'GET http://shop:8080/metrics: the connection was refused');
  });
  await clock.advance(5 * SECOND);
  expect(now()).toEqual({ x: 'ended', up: '0', scrape_duration_seconds: '0', scrape_samples_scraped: '0' });
  expect(last()?.problem).toBe('GET http://shop:8080/metrics: the connection was refused');
  http.answers('x 6\n');
  await clock.advance(5 * SECOND);
  expect(now()).toMatchObject({ x: '6', up: '1' });
  expect(last()?.problem).toBe(null);
});

test('what is not a page is a failed scrape with its reason', async () => {
  const { clock, http, work, last, now } = scraping();
  work();
  const problems: unknown[] = [];
  for (const answer of [
    textAnswer('', { status: 503 }),
    textAnswer('x 1\n', { utf8: false }),
    textAnswer('', { headers: { 'content-type': 'application/vnd.google.protobuf; proto=x' } }),
    textAnswer('x 1\n', { headers: { 'content-type': 'application/openmetrics-text; version=1.0.0' } }),
    textAnswer('<html>\n'),
  ]) {
    http.answers(() => answer);
    await clock.advance(6 * SECOND);
    problems.push(last()?.problem);
    expect(now()).toMatchObject({ up: '0' });
  }
  const refused = 'answered with a page that is refused:';
  expect(problems).toEqual(
    [
      'answered 503, expected 200',
      'answered with what is not UTF-8',
      'answered in the binary format, which is not read; let it answer as text',
      `${refused} line 2, column 1: the page ends without # EOF: it may have been cut`,
      `${refused} line 1, column 7: expected a value, got nothing`,
    ].map((problem) => `GET http://shop:8080/metrics ${problem}`),
  );
});

test('a page that quotes its secret does not give it away', async () => {
  const { clock, http, work, last } = scraping([
    pageOf({ headers: { 'x-key': new Secret('canary-canary') } }),
  ]);
  http.answers('x canary-canary\n');
  work();
  await clock.advance(SECOND);
  expect(last()?.problem).toMatch(/expected a value, got "\[secret\]"$/);
});

test('one page at a time: a slow one is scraped again only when it has ended', async () => {
  const { clock, http, work } = scraping();
  const slow = Promise.withResolvers<void>();
  http.answers(async () => {
    await slow.promise;
    return textAnswer('x 1\n');
  });
  work();
  await clock.advance(60 * SECOND);
  expect(http.asked).toHaveLength(1);
  slow.resolve();
  await clock.advance(10 * SECOND);
  expect(http.asked).toHaveLength(3);
});

test.each([
  ['a little late is dated as if it had been on time', 40, 40],
  ['late is dated when it began', 200, 0],
])('a scrape that began %s', async (_, lateMs, before) => {
  const clock = new SimulatedClock();
  const late = { ...bound(clock), after: (ms: number, call: () => void) => clock.after(ms + lateMs, call) };
  const store = new MemoryStore();
  const scraper = new Scraper({ http: new FakePages(), clock: late, store });
  scraper.configure([pageOf()]);
  const stop = new AbortController();
  void scraper.start(stop.signal);
  const scrapedAt: number[] = [];
  for (let step = 0; step < 4_000 && scrapedAt.length < 3; step++) {
    await clock.advance(5);
    const at = scraper.views()[0]?.last?.at;
    if (at !== undefined && at !== scrapedAt.at(-1)) scrapedAt.push(at);
  }
  const [, second = 0, third = 0] = scrapedAt;
  const ago = Math.floor((clock.now() - third) / 5) * 5;
  expect([third - second, ago]).toEqual([5_000, before]);
});

test('a reload keeps what did not change, ends what is gone, and starts what is new', async () => {
  const { clock, http, work, scraper, now, held } = scraping([
    pageOf({ name: 'kept', labels: { job: 'kept', page: 'kept' } }),
    pageOf({ name: 'gone', labels: { job: 'gone', page: 'gone' } }),
  ]);
  http.answers('x 1\n');
  work();
  await clock.advance(6 * SECOND);
  const before = held()['x{page=kept}'] ?? '';
  scraper.configure([
    pageOf({ name: 'kept', labels: { job: 'kept', page: 'kept' } }),
    pageOf({ name: 'new', labels: { job: 'new', page: 'new' } }),
  ]);
  await clock.advance(6 * SECOND);
  expect(now()).toMatchObject({
    'x{page=kept}': '1',
    'up{page=kept}': '1',
    'x{page=gone}': 'ended',
    'up{page=gone}': 'ended',
    'x{page=new}': '1',
    'up{page=new}': '1',
  });
  expect(held()['x{page=kept}']).toMatch(new RegExp(`^${before.replaceAll('+', '\\+')} `));
  expect(held()['x{page=kept}']).not.toContain('ended');
  expect(scraper.views().map(({ name }) => name)).toEqual(['kept', 'new']);
});

test('a page whose secret was rotated starts over', async () => {
  const { clock, http, work, scraper, now } = scraping([pageOf({ headers: { 'x-key': new Secret('old') } })]);
  http.answers('x 1\n');
  work();
  await clock.advance(SECOND);
  scraper.configure([pageOf({ headers: { 'x-key': new Secret('new') } })]);
  expect(now()).toMatchObject({ x: 'ended' });
  await clock.advance(SECOND);
  expect(http.asked.at(-1)?.headers).toMatchObject({ 'x-key': 'new' });
  expect(now()).toMatchObject({ x: '1' });
});

test('scrapes, failures and bytes are counted by page', async () => {
  const { clock, http, work, scraper } = scraping();
  http.answers('x 1\n');
  work();
  await clock.advance(6 * SECOND);
  http.answers('x\n');
  await clock.advance(5 * SECOND);
  const { scrapes = 0, failures, bytes } = scraper.counts().get('shop') ?? {};
  expect(scrapes).toBeGreaterThan(2);
  expect({ failures, bytes }).toEqual({ failures: 1, bytes: (scrapes - 1) * 4 + 2 });
});

test('samples that have outlived the retention go, whether the page is still there or not', async () => {
  const { clock, http, work, scraper, store } = scraping();
  http.answers('x 1\n');
  work();
  await clock.advance(6 * SECOND);
  scraper.configure([]);
  expect(store.seriesCount).toBe(4);
  await clock.advance(3_700 * SECOND);
  expect(store.seriesCount).toBe(0);
});

test('a page that is scraped every second is scraped right before the rule that asks every second', async () => {
  const { clock, http, work, scraper } = scraping([pageOf({ everyMs: 1_000, timeoutMs: 1_000 })]);
  http.answers('x 1\n');
  work();
  const waits: number[] = [];
  for (let round = 0; round < 20; round++) {
    await clock.advance(1_000);
    scraper.asked();
    waits.push(clock.now() - (scraper.views()[0]?.last?.at ?? 0));
  }
  expect(waits.slice(3).every((wait) => wait >= 0 && wait <= 100)).toBe(true);
});
