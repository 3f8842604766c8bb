import { expect, test } from 'vitest';
import { HOUR, SECOND } from '../../src/domain/time.ts';
import { configured, shop, verdictOn, type Files } from './configuring.ts';

/** A shop whose main file says this of scraping, and whose target says that. */
function scraping(section: string, ofTarget = '', more: Files = {}): Files {
  const main = shop['rollbackd.yaml'] ?? '';
  return { ...shop, 'rollbackd.yaml': `${main}${ofTarget}${section}`, ...more };
}

test('a page has its defaults, and the labels that Prometheus would give it', async () => {
  const { scrape } = await configured(
    scraping('scrape: { pages: { db: { url: http://db:9187/metrics?collect=all } } }\n'),
  );
  expect(scrape).toEqual({
    retentionMs: HOUR,
    maxSeries: 50_000,
    pages: [
      {
        name: 'db',
        url: 'http://db:9187/metrics?collect=all',
        everyMs: 15 * SECOND,
        timeoutMs: 10 * SECOND,
        labels: { job: 'db', instance: 'db:9187' },
        honorLabels: false,
        honorTimestamps: true,
        headers: {},
        maxBytes: 10 * 2 ** 20,
        maxSeries: 10_000,
      },
    ],
  });
});

test('each key of a page means what it says, and the section stands for what a page leaves out', async () => {
  const { scrape } = await configured(
    scraping(`scrape:
  every: 4s
  timeout: 3s
  retention: 30m
  max_series: 7000
  pages:
    plain: { url: http://a:1/metrics }
    odd:
      url: http://b:2/metrics
      every: 2s
      timeout: 500ms
      labels: { job: shops, zone: eu }
      honor_labels: true
      honor_timestamps: false
      headers: { Authorization: { env: TOKEN } }
      max_body: 1MiB
      max_series: 5
`),
  );
  expect(scrape).toMatchObject({ retentionMs: 30 * 60 * SECOND, maxSeries: 7_000 });
  const [plain, odd] = scrape?.pages ?? [];
  expect(plain).toMatchObject({ everyMs: 4_000, timeoutMs: 3_000 });
  expect(odd).toMatchObject({
    everyMs: 2_000,
    timeoutMs: 500,
    labels: { job: 'shops', instance: 'b:2', zone: 'eu' },
    honorLabels: true,
    honorTimestamps: false,
    maxBytes: 2 ** 20,
    maxSeries: 5,
  });
  expect(odd?.headers['Authorization']?.reveal()).toBe('a-long-enough-token');
});

test('a target that says where its metrics are is a page with its labels', async () => {
  const { scrape } = await configured(scraping('', '    metrics: ${target.address}/metrics\n'));
  expect(scrape?.pages).toMatchObject([
    {
      name: 'shop',
      url: 'http://shop:8080/metrics',
      labels: { job: 'shop', instance: 'shop:8080', service: 'shop' },
    },
  ]);
});

test('without a page nothing is scraped', async () => {
  expect((await configured(shop)).scrape).toBe(null);
  expect((await configured(scraping('scrape: { every: 1s }\n'))).scrape).toBe(null);
});

test('prometheus may fall back to what is scraped', async () => {
  const main = (shop['rollbackd.yaml'] ?? '').replace('9090 }', '9090, fallback: scrape }');
  const files = { ...shop, 'rollbackd.yaml': `${main}    metrics: http://shop:8080/metrics\n` };
  expect((await configured(files)).prometheus?.fallback).toBe('scrape');
  expect((await configured(shop)).prometheus?.fallback).toBe(null);
});

test('a rule may look back as far as is kept, whichever way it comes to scraped pages', async () => {
  const levels = 'levels: { critical: { above: 1, for: 1m } }';
  const rules = `rules:
  long: { scrape: { query: 'rate(errors[10m])' }, ${levels} }
  short: { scrape: { query: 'rate(errors[5m])' }, ${levels} }
  inherits: { prometheus: { query: 'rate(errors[10m])' }, ${levels} }
  by-prometheus-alone: { prometheus: { query: 'rate(errors[10m])', fallback: none }, ${levels} }
`;
  const main = (shop['rollbackd.yaml'] ?? '').replace('9090 }', '9090, fallback: scrape }');
  expect(
    await verdictOn({
      ...shop,
      'rollbackd.yaml': `${main}    metrics: http://shop:8080/metrics\nscrape: { retention: 5m }\n`,
      'packs/shop/rules.yaml': rules,
    }),
  ).toBe(
    'packs/shop/rules.yaml:2:11  rules.long.scrape          looks back 10m, but scrape.retention keeps 5m\n' +
      'packs/shop/rules.yaml:4:15  rules.inherits.prometheus  looks back 10m, but scrape.retention keeps 5m',
  );
});

test('a baseline lies within what is kept', async () => {
  const levels = 'levels: { critical: { above: 3x, for: 1m } }';
  const rules = `rules:
  yesterday: { scrape: { query: 'rate(errors[5m])' }, baseline: { offset: 1d }, ${levels} }
  before: { scrape: { query: 'rate(errors[5m])' }, baseline: { before: deploy, window: 30m }, ${levels} }
  hour-before: { scrape: { query: 'rate(errors[5m])' }, baseline: { before: deploy, window: 1h }, ${levels} }
  by-prometheus: { prometheus: { query: 'rate(errors[5m])' }, baseline: { offset: 1d }, ${levels} }
`;
  const main = `${shop['rollbackd.yaml'] ?? ''}    metrics: http://shop:8080/metrics\n`;
  expect(await verdictOn({ ...shop, 'rollbackd.yaml': main, 'packs/shop/rules.yaml': rules })).toBe(
    'packs/shop/rules.yaml:2:55  rules.yesterday.baseline    looks back 1d5m, but scrape.retention keeps 1h; ' +
      'there would never be anything to compare with\n' +
      'packs/shop/rules.yaml:4:57  rules.hour-before.baseline  looks back 1h5m, but scrape.retention keeps 1h; ' +
      'there would never be anything to compare with',
  );
});

test('PromQL holds no templates, whoever answers it', async () => {
  const files = scraping('', '    metrics: http://shop:8080/metrics\n', {
    'packs/shop/rules.yaml':
      'rules: { errors: { scrape: { query: "errors{service=\'${target.name}\'}" }, levels: { critical: { above: 1, for: 1m } } } }\n',
  });
  expect(await verdictOn(files)).toBe(
    'packs/shop/rules.yaml:1:37  rules.errors.scrape.query  templates are not allowed inside PromQL',
  );
});
