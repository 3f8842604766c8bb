import { expect, test } from 'vitest';
import { checkConfiguration } from '../../src/app/check.ts';
import type { Answerer } from '../../src/domain/ports/answerer.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { prepareLint } from '../../src/lint/lint.ts';
import { findOnline } from '../../src/lint/online/online.ts';
import { mostRequests } from '../../src/lint/online/asking.ts';
import { embeddedAnswerer } from '../../src/promql/embedded-answerer.ts';
import { createEngine } from '../../src/promql/engine.ts';
import { MemoryStore } from '../../src/promql/memory-store.ts';
import { SimulatedClock } from '../fakes/clock.ts';
import { inputOf, playbooks, mainFile, ruleOf, today } from './linting.ts';

type Written = readonly [
  labels: Readonly<Record<string, string>>,
  everyMs: number,
  fromMs: number,
  toMs: number,
  value: number,
];

/** Series that had one value from some time before now until another, as Prometheus would have them. */
function prometheus(series: readonly Written[]): Answerer & { readonly asked: string[] } {
  const store = new MemoryStore();
  for (const [labels, everyMs, fromMs, toMs, value] of series)
    for (let atMs = today - fromMs; atMs <= today - toMs; atMs += everyMs)
      store.append(labels, { atMs, value });
  const asked: string[] = [];
  const answerer = embeddedAnswerer({
    name: 'prometheus',
    source: store,
    engine: createEngine({ defaultStepMs: MINUTE }),
    clock: new SimulatedClock(today),
  });
  return {
    ...answerer,
    asked,
    query: (text, at, signal) => {
      asked.push(text);
      return answerer.query(text, at, signal);
    },
  };
}

/** What is said about the rules of the targets cart and till. */
async function online(
  rules: string,
  answerer: Answerer,
  types: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const files = { 'rollbackd.yaml': mainFile(), 'shop/playbooks.yaml': playbooks, 'shop/rules.yaml': rules };
  const { hits } = await findOnline(prepareLint(await inputOf(files)), {
    answerer,
    types: (metric) => Promise.resolve(types[metric] ?? null),
    signal: new AbortController().signal,
    onAnswer: () => {},
    now: today,
  });
  return hits.map(({ code, message, at, gravity }) => {
    const marked = at.file.text.slice(at.from, at.to);
    return `${code}${gravity === undefined ? '' : ` (${gravity})`} ${marked}: ${message}`;
  });
}

const of = (service: string, more: Readonly<Record<string, string>> = {}) => ({ service, ...more });
const up = (service: string): Written => [{ __name__: 'up', job: 'shop', service }, 15 * SECOND, HOUR, 0, 1];
const queue = (service: string, value: number, more = {}): Written => [
  { __name__: 'queue', ...of(service, more) },
  15 * SECOND,
  HOUR,
  0,
  value,
];
const both = [up('cart'), up('till')];
const rules = ruleOf('sum by (service) (queue)');

test('rules that read both targets, below their thresholds, raise nothing', async () => {
  expect(await online(rules, prometheus([...both, queue('cart', 1), queue('till', 2)]))).toEqual([]);
});

test('a metric that never was, and one that vanished, are told apart', async () => {
  expect(await online(rules, prometheus(both))).toEqual([
    'online/no-series queue: queue does not exist, and did not in the last 7d',
    'online/no-reading sum by (service) (queue): query returns nothing now for cart, till (0 series in all)',
  ]);
  const gone: Written = [{ __name__: 'queue', service: 'cart' }, MINUTE, 4 * HOUR, 3 * HOUR, 1];
  expect((await online(rules, prometheus([...both, gone])))[0]).toBe(
    'online/no-series queue: queue vanished 3h ago (seen within 1d)',
  );
  const long: Written = [{ __name__: 'queue', service: 'cart' }, 10 * MINUTE, 4 * DAY, 3 * DAY, 1];
  expect((await online(rules, prometheus([...both, long])))[0]).toBe(
    'online/no-series queue: queue vanished 3d ago (seen within 7d)',
  );
});

test('a value that no series has is marked, not the whole selector', async () => {
  const asked = ruleOf('sum by (service) (queue{kind="a", pool=~"jobs.*"})');
  const there = [
    queue('cart', 1, { kind: 'a', pool: 'mail' }),
    queue('till', 1, { kind: 'a', pool: 'mail' }),
  ];
  expect(await online(asked, prometheus([...both, ...there]))).toEqual([
    String.raw`online/no-label-value pool=~\"jobs.*\": queue with pool=~"jobs.*" does not exist, and did not in the last 7d`,
    String.raw`online/no-reading sum by (service) (queue{kind=\"a\", pool=~\"jobs.*\"}): query returns nothing now for cart, till (0 series in all)`,
  ]);
});

test('failures that never happened are no finding that matters', async () => {
  const ratio = `rules:
  errors:
    prometheus:
      ratio:
        bad: sum by (service) (rate(requests_total{status="500"}[1m]))
        total: sum by (service) (rate(requests_total[1m]))
        min: 0.1
      fresh: up
    levels: { critical: { above: 50%, for: 1m } }
`;
  const requests = (service: string): Written => [
    { __name__: 'requests_total', status: '200', service },
    15 * SECOND,
    HOUR,
    0,
    7,
  ];
  expect(await online(ratio, prometheus([...both, requests('cart'), requests('till')]))).toEqual([
    'online/no-label-value (info) status="500": requests_total with status="500" does not exist, and did not in the last 7d',
  ]);
});

test('what the exporter says of a type counts', async () => {
  const asked = ruleOf('sum by (service) (rate(orders_total[1m]))');
  const orders = (service: string): Written => [
    { __name__: 'orders_total', service },
    15 * SECOND,
    HOUR,
    0,
    3,
  ];
  const series = prometheus([...both, orders('cart'), orders('till')]);
  expect(await online(asked, series, { orders_total: 'counter' })).toEqual([]);
  expect(await online(asked, series, { orders_total: 'gauge' })).toEqual([
    'online/metric-type orders_total: rate() over orders_total, which its exporter calls a gauge',
  ]);
  const buckets = ruleOf('sum by (service) (delta(latency_seconds_count[1m]))');
  const count = (service: string): Written => [
    { __name__: 'latency_seconds_count', service },
    15 * SECOND,
    HOUR,
    0,
    3,
  ];
  expect(
    await online(buckets, prometheus([...both, count('cart'), count('till')]), {
      latency_seconds: 'histogram',
    }),
  ).toEqual([
    'online/metric-type latency_seconds_count: delta() over latency_seconds_count, which its exporter calls a counter',
  ]);
});

test('ranges are held against how often samples really come', async () => {
  const asked = ruleOf('sum by (service) (rate(orders_total[1m]))');
  const orders = (service: string): Written => [{ __name__: 'orders_total', service }, MINUTE, HOUR, 0, 3];
  expect((await online(asked, prometheus([...both, orders('cart'), orders('till')])))[0]).toBe(
    'online/range-short orders_total[1m]: rate() over 1m; a sample comes about every 1m',
  );
});

test('a series that is young says nothing about how often samples come', async () => {
  const asked = ruleOf('sum by (service) (rate(orders_total[1m]))');
  const young = (service: string): Written => [
    { __name__: 'orders_total', service },
    15 * SECOND,
    MINUTE,
    0,
    3,
  ];
  expect(await online(asked, prometheus([...both, young('cart'), young('till')]))).toEqual([]);
});

test('several series of one target, none of another, and a breach are told by target', async () => {
  const asked = ruleOf('queue');
  const series = prometheus([...both, queue('cart', 1, { i: '1' }), queue('cart', 2, { i: '2' })]);
  expect(await online(asked, series)).toEqual([
    'online/several-series queue: query returns several series now for cart',
    'online/no-reading queue: query returns nothing now for till (2 series in all)',
  ]);
  expect(await online(rules, prometheus([...both, queue('cart', 9), queue('till', 1)]))).toEqual([
    'online/breaching 5: critical (above 5) holds now for cart',
  ]);
});

test('queries that read very much are told', async () => {
  const answerer: Answerer = {
    ...prometheus(both),
    query: (text) => {
      if (text === 'count(queue)') return Promise.resolve({ type: 'scalar', value: 20_000, warnings: [] });
      const series = ['cart', 'till'].map((service) => ({ labels: { service }, value: 1 }));
      return Promise.resolve({ type: 'vector', series, warnings: [] });
    },
  };
  expect(await online(rules, answerer)).toEqual([
    'online/cost sum by (service) (queue): query reads 20000 series, about 20000 samples every 15s',
  ]);
});

test('what is not answered is an info, and few of them are enough', async () => {
  const answerer: Answerer = { ...prometheus([]), query: () => Promise.reject(new Error('refused')) };
  const many = Array.from({ length: 10 }, (_, index) =>
    ruleOf(`sum by (service) (q${index})`).replace('rules:\n', '').replace('errors', `rule-${index}`),
  );
  const found = await online(`rules:\n${many.join('')}`, answerer);
  expect(found).toHaveLength(5);
  expect(found[0]).toBe('online/unanswered q0: cannot tell whether q0 exists: refused');
});

test('the number of requests has a limit', async () => {
  const many = Array.from({ length: 500 }, (_, index) =>
    ruleOf(`sum by (service) (q${index})`).replace('rules:\n', '').replace('errors', `rule-${index}`),
  );
  const answerer = prometheus(both);
  await online(`rules:\n${many.join('')}`, answerer);
  expect(answerer.asked.length).toBe(mostRequests);
});

test('without a Prometheus nobody can be asked', async () => {
  const asking = checkConfiguration({
    path: 'rules/layra',
    clock: new SimulatedClock(today),
    environment: {},
    online: { signal: new AbortController().signal, onAnswer: () => {} },
  });
  await expect(asking).rejects.toThrow(
    'check: --online asks the Prometheus of the main file, and there is none',
  );
});
