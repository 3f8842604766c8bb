import { expect, test } from 'vitest';
import { lintRules, placed, ruleOf } from './linting.ts';

/** By code: a query that is found fault with, the part that is marked, and queries that are left alone. */
const cases = [
  {
    code: 'promql/syntax',
    bad: 'sum by (service) (rate(errors_total))',
    marked: 'errors_total',
    good: [],
  },
  {
    code: 'promql/unsupported',
    bad: 'sum by (service) (double_exponential_smoothing(queue[5m], 0.5, 0.5))',
    marked: 'double_exponential_smoothing(queue[5m], 0.5, 0.5)',
    good: ['sum by (service) (max_over_time(queue[5m]))', 'sum('],
  },
  {
    code: 'promql/result-type',
    bad: 'errors_total[5m]',
    marked: 'errors_total[5m]',
    good: ['sum by (service) (max_over_time(queue[5m]))'],
  },
  { code: 'promql/constant', bad: '1 + 2', marked: '1 + 2', good: ['sum by (service) (queue) + 2'] },
  {
    code: 'promql/filter',
    bad: 'sum by (service) (queue > 5)',
    marked: 'queue > 5',
    good: [
      'sum by (service) (queue > bool 5)',
      'sum by (service) (busy / (size > 0))',
      'sum by (service) (queue > 5) or sum by (service) (queue * 0)',
    ],
  },
  { code: 'promql/filter', bad: 'absent(up{service="a"})', marked: 'absent(up{service="a"})', good: [] },
  {
    code: 'promql/filter',
    bad: 'sum by (service) (queue and on (service) ready)',
    marked: 'queue and on (service) ready',
    good: [],
  },
  {
    code: 'promql/target-labels',
    bad: 'sum by (method) (queue)',
    marked: 'sum by (method) (queue)',
    good: ['sum by (service) (queue)', 'sum without (instance) (queue)'],
  },
  {
    code: 'promql/target-labels',
    bad: 'max by (service) (queue) or sum(depth)',
    marked: 'sum(depth)',
    good: ['max by (service) (queue) or sum by (service) (depth)'],
  },
  {
    code: 'promql/target-labels',
    bad: 'sum without (service) (queue)',
    marked: 'sum without (service) (queue)',
    good: ['sum by (service) (label_replace(sum by (group) (lag), "service", "$1", "group", "(.+)"))'],
  },
  {
    code: 'promql/several-series',
    bad: 'sum by (service, method) (queue)',
    marked: 'sum by (service, method) (queue)',
    good: ['sum by (service, method) (queue{method="GET"})', 'sum by (service) (queue)'],
  },
  { code: 'promql/several-series', bad: 'queue', marked: 'queue', good: [] },
  {
    code: 'promql/rate-gauge',
    bad: 'sum by (service) (rate(memory_bytes{a="b"}[5m]))',
    marked: 'memory_bytes{a="b"}',
    good: [
      'sum by (service) (rate(requests_total[5m]))',
      'sum by (service) (increase(latency_seconds_sum[5m]))',
      'sum by (service) (rate(job:errors:sum[5m]))',
      'sum by (service) (rate({job="a"}[5m]))',
    ],
  },
  {
    code: 'promql/delta-counter',
    bad: 'sum by (service) (delta(requests_total[5m]))',
    marked: 'requests_total',
    good: ['sum by (service) (delta(memory_bytes[5m]))'],
  },
  {
    code: 'promql/rate-of-aggregate',
    bad: 'max by (service) (rate(sum by (service) (requests_total)[5m:1m]))',
    marked: 'sum by (service) (requests_total)',
    good: ['sum by (service) (rate(requests_total[5m]))'],
  },
  {
    code: 'promql/raw-counter',
    bad: 'sum by (service) (requests_total)',
    marked: 'requests_total',
    good: ['count by (service) (requests_total)', 'sum by (service) (increase(requests_total[5m]))'],
  },
  {
    code: 'promql/range-short',
    bad: 'sum by (service) (rate(requests_total[20s]))',
    marked: 'requests_total[20s]',
    good: ['sum by (service) (rate(requests_total[30s]))', 'sum by (service) (max_over_time(queue[20s]))'],
  },
  {
    code: 'promql/range-short',
    bad: 'max by (service) (rate(requests_total[5m:4m]))',
    marked: 'requests_total[5m:4m]',
    good: ['max by (service) (rate(requests_total[5m:1m]))'],
  },
  {
    code: 'promql/manual-ratio',
    bad: '100 * (sum by (service) (rate(bad_total[5m])) / sum by (service) (rate(all_total[5m])))',
    marked: 'sum by (service) (rate(bad_total[5m])) / sum by (service) (rate(all_total[5m]))',
    good: [
      'sum by (service) (rate(t_seconds_sum[5m])) / sum by (service) (rate(t_seconds_count[5m]))',
      'sum by (service) (busy) / sum by (service) (size)',
    ],
  },
  {
    code: 'promql/division-in-aggregate',
    bad: 'sum by (service) (busy / size)',
    marked: 'size',
    good: [
      'sum by (service) (busy / (size > 0))',
      'sum by (service) (busy / (size != 0))',
      'sum by (service) (busy / 1024)',
      'sum by (service) (busy / clamp_min(size, 1))',
      'sum by (service) (busy) / sum by (service) (size)',
      'count by (service) (busy / size)',
    ],
  },
  {
    code: 'promql/never-matches',
    bad: 'sum by (service, zone) (busy) / sum by (service) (size)',
    marked: 'sum by (service, zone) (busy) / sum by (service) (size)',
    good: [
      'sum by (service, zone) (busy) / on (service) group_left () sum by (service) (size)',
      'sum by (service) (busy) / sum by (service) (size)',
      'sum by (service, zone) (busy) or sum by (service) (size)',
      'sum by (service) (busy) / ignoring (zone) sum by (service, zone) (size)',
    ],
  },
  {
    code: 'promql/never-matches',
    bad: 'busy{state="a"} / busy{state="b"}',
    marked: 'busy{state="a"} / busy{state="b"}',
    good: ['busy{state="a"} / ignoring (state) busy{state="b"}', 'busy{state="a"} / busy{state="a"}'],
  },
  {
    code: 'promql/never-matches',
    bad: 'sum by (service) (busy) / on (service, pool) size',
    marked: 'sum by (service) (busy) / on (service, pool) size',
    good: ['sum by (service) (busy) / on (service) size'],
  },
  {
    code: 'promql/impossible-selector',
    bad: 'sum by (service) (queue{a="x", a="y"})',
    marked: 'queue{a="x", a="y"}',
    good: ['sum by (service) (queue{a!="x", a!="y"})', 'sum by (service) (queue{a="xy", a=~"x.*"})'],
  },
  {
    code: 'promql/impossible-selector',
    bad: 'sum by (service) (queue{a="x", a!~"x|y"})',
    marked: 'queue{a="x", a!~"x|y"}',
    good: [],
  },
  {
    code: 'promql/histogram-le',
    bad: 'histogram_quantile(0.9, sum by (service) (rate(t_bucket[5m])))',
    marked: 'sum by (service) (rate(t_bucket[5m]))',
    good: ['histogram_quantile(0.9, sum by (service, le) (rate(t_bucket[5m])))'],
  },
  {
    code: 'promql/quantile-range',
    bad: 'histogram_quantile(95, sum by (service, le) (rate(t_bucket[5m])))',
    marked: '95',
    good: ['quantile by (service) (0.95, queue)'],
  },
  {
    code: 'promql/topk',
    bad: 'topk(1, sum by (service) (queue))',
    marked: 'topk(1, sum by (service) (queue))',
    good: ['max by (service) (queue)'],
  },
  {
    code: 'promql/regex-literal',
    bad: 'sum by (service) (queue{a=~"x.", b=~"plain"})',
    marked: 'b=~"plain"',
    good: ['sum by (service) (queue{a=~"x|y"})', 'sum by (service) (queue{a="x"})'],
  },
  {
    code: 'promql/regex-anchors',
    bad: 'sum by (service) (queue{a=~"^x.*"})',
    marked: 'a=~"^x.*"',
    good: ['sum by (service) (queue{a=~".*x.*"})', 'sum by (service) (queue{a=~"x\\\\$"})'],
  },
  {
    code: 'promql/regex-everything',
    bad: 'sum by (service) (queue{a=~".*"})',
    marked: 'a=~".*"',
    good: ['sum by (service) (queue{a=~".+"})'],
  },
  ...['5..', '/api/.*', 'get|put', '[0-9]+'].map((value) => ({
    code: 'promql/regex-as-text',
    bad: `sum by (service) (queue{a="${value}"})`,
    marked: `a="${value}"`,
    good: [
      `sum by (service) (queue{a=~"${value}"})`,
      'sum by (service) (queue{a="10.0.0.1:9100", b!="[::1]:9100", c="/var/lib/x.y", d=""})',
    ],
  })),
  {
    code: 'promql/offset',
    bad: 'sum by (service) (queue offset -5m)',
    marked: 'queue offset -5m',
    good: ['sum by (service) (queue offset 1d)'],
  },
  {
    code: 'promql/offset',
    bad: 'sum by (service) (queue @ 1767614400)',
    marked: 'queue @ 1767614400',
    good: [],
  },
  {
    code: 'promql/offset',
    bad: 'sum by (service) (queue @ end())',
    marked: 'queue @ end()',
    good: [],
  },
  {
    code: 'promql/offset',
    bad: 'sum by (service) (queue offset 30d)',
    marked: 'queue offset 30d',
    good: [],
  },
  {
    code: 'promql/subquery-cost',
    bad: 'sum by (service) (max_over_time(queue[1d:1m]))',
    marked: 'queue[1d:1m]',
    good: ['sum by (service) (max_over_time(queue[1h:1m]))'],
  },
  {
    code: 'promql/cost',
    bad: 'sum by (service) (rate(requests_total[1d]))',
    marked: 'requests_total[1d]',
    good: ['sum by (service) (rate(requests_total[1h]))'],
  },
] as const;

test.each(cases)('$code: $bad', async ({ code, bad, marked, good }) => {
  const line = 5;
  const found = placed(await lintRules(ruleOf(bad))).filter((text) => text.startsWith(code));
  const column =
    `      query: "`.length + 1 + JSON.stringify(bad).slice(1).indexOf(JSON.stringify(marked).slice(1, -1));

  expect(found).toEqual([`${code} ${line}:${column} ${JSON.stringify(marked).slice(1, -1)}`]);
  for (const query of good)
    expect({
      query,
      found: (await lintRules(ruleOf(query))).filter((finding) => finding.code === code),
    }).toEqual({
      query,
      found: [],
    });
});

test('a filter query may say that nothing is fine', async () => {
  const rules = ruleOf('sum by (service) (queue > 5)').replace(
    '      fresh',
    '      on_empty: ok\n      fresh',
  );
  expect(await lintRules(rules)).toEqual([]);
});

test('absent() needs a level that outlasts two scrapes', async () => {
  const rules = (forMs: string): string => `rules:
  gone:
    prometheus: { query: 'absent(up{service="a"})', on_empty: ok, fresh: up }
    levels: { critical: { above: 0, for: ${forMs} } }
`;
  expect((await lintRules(rules('0s'))).map(({ code, message }) => `${code} ${message}`)).toEqual([
    'promql/absent-for absent() with critical for 0ms, less than twice the scrape interval (15s)',
  ]);
  expect(await lintRules(rules('30s'))).toEqual([]);
});

test('fresh has to be a selector', async () => {
  const rules = ruleOf('sum by (service) (queue)').replace('up{job="shop"}', 'sum(up)');
  expect(placed(await lintRules(rules))).toEqual(['promql/result-type 6:14 sum(up)']);
});
