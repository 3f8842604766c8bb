import { expect, test } from 'vitest';
import { lint, lintRules, mainFile, placed, playbooks, ruleOf } from './linting.ts';

const memory = (levels: string): string => `rules:
  memory:
    every: 15s
    docker: memory
    levels: ${levels}
`;

test('`for` needs two intervals, or none', async () => {
  expect(placed(await lintRules(memory('{ critical: { above: 90%, for: 29s } }')))).toEqual([
    'rule/for-short 5:44 29s',
  ]);
  expect(await lintRules(memory('{ critical: { above: 90%, for: 30s } }'))).toEqual([]);
  expect(await lintRules(memory('{ critical: { above: 90%, for: 0s } }'))).toEqual([]);
  const recover = `${memory('{ critical: { above: 90%, for: 30s } }')}    recover: { below: 80%, for: 5s }\n`;
  expect(placed(await lintRules(recover))).toEqual(['rule/for-short 6:33 5s']);
});

const unreachable = [
  ['docker memory above 100 %', memory('{ critical: { above: 100%, for: 1m } }'), 'lies between 0 and 1'],
  [
    'a rate below 0',
    ruleOf('sum by (service) (rate(e_total[1m]))').replace('above: 5', 'below: 0'),
    'is never below 0',
  ],
  [
    'more than 1 of what is 0 or 1',
    ruleOf('max by (service) (queue > bool 5)').replace('above: 5', 'above: 1'),
    'lies between 0 and 1',
  ],
  [
    'below what the query itself cuts off',
    ruleOf('max by (service) (queue) > 5').replace('above: 5', 'below: 4'),
    'is never below 5',
  ],
] as const;

test.each(unreachable)('a level that never holds is found: %s', async (_, rules, why) => {
  const found = (await lintRules(rules)).filter(({ code }) => code === 'rule/never-holds');
  expect(found.map(({ message }) => message)).toEqual([expect.stringContaining(why) as string]);
});

test('a level that always holds is found, unless the query removes what is well', async () => {
  const always = ruleOf('count by (service) (queue)').replace('above: 5', 'at_least: 1');
  expect((await lintRules(always)).map(({ code, message }) => [code, message])).toEqual([
    ['rule/always-holds', 'critical (at least 1) always holds: the signal is never below 1'],
  ]);
  const removing = ruleOf('max by (service) (queue > 5)')
    .replace('above: 5', 'above: 1')
    .replace('      fresh', '      on_empty: ok\n      fresh');
  expect(await lintRules(removing)).toEqual([]);
});

test('a threshold in times is compared with a baseline, not with the range of the signal', async () => {
  const rules = `rules:
  errors:
    prometheus:
      query: sum by (service) (increase(errors_total[1m]))
      fresh: up
    baseline: { offset: 1d }
    levels: { critical: { above: 3x, for: 1m } }
`;
  expect(await lintRules(rules)).toEqual([]);
});

test('rules that ask the same in other words are duplicates', async () => {
  const rules = `rules:
  one:
    prometheus: { fresh: up, query: 'sum by (service) (queue{a="b"})' }
    levels: { critical: { above: 5, for: 1m } }
  two:
    prometheus:
      fresh: up
      query: |
        (sum by (service) (
          queue{ a = 'b' }))
    levels: { critical: { above: 5, for: 60s } }
  three:
    prometheus: { fresh: up, query: 'sum by (service) (queue{a="b"})' }
    levels: { critical: { above: 6, for: 1m } }
`;
  expect((await lintRules(rules)).map(({ line, message }) => [line, message])).toEqual([
    [5, 'shop/two asks and judges the same as shop/one'],
  ]);
});

test('rules that differ in what they compare with, or in one of several signals, are no duplicates', async () => {
  const query = "{ fresh: up, query: 'max by (service) (queue)' }";
  const times = 'levels: { critical: { above: 3x, for: 1m } }';
  const composed = 'levels: { critical: { for: 1m } }';
  const rules = `rules:
  yesterday: { prometheus: ${query}, baseline: { offset: 1d }, ${times} }
  last-week: { prometheus: ${query}, baseline: { offset: 7d }, ${times} }
  running: { all: [{ prometheus: ${query}, above: 5 }, { docker: running }], ${composed} }
  healthy: { all: [{ prometheus: ${query}, above: 5 }, { docker: healthy }], ${composed} }
  higher: { all: [{ prometheus: ${query}, above: 6 }, { docker: healthy }], ${composed} }
  again: { all: [{ prometheus: ${query}, above: 5 }, { docker: running }], ${composed} }
`;
  const found = await lintRules(rules);
  expect(found.filter(({ code }) => code === 'rule/duplicate').map(({ message }) => message)).toEqual([
    'shop/again asks and judges the same as shop/running',
  ]);
});

test('one value without labels is that of the only target, and of none of several', async () => {
  const files = (targets: readonly string[]) => ({
    'rollbackd.yaml': mainFile(targets),
    'shop/playbooks.yaml': playbooks,
    'shop/rules.yaml': ruleOf('sum(queue)'),
  });
  expect(await lint(files(['cart']))).toEqual([]);
  expect(
    (await lint(files(['cart', 'till']))).map(({ code, gravity, message }) => [code, gravity, message]),
  ).toEqual([
    [
      'promql/target-labels',
      'error',
      'query loses the label service of every target: its one value belongs to no target',
    ],
  ]);
  expect((await lintRules(ruleOf('sum(queue)'))).map(({ code, gravity }) => [code, gravity])).toEqual([
    ['promql/target-labels', 'warning'],
  ]);
});

test('the labels of the targets are those that the main file gives them', async () => {
  const files = {
    'rollbackd.yaml': mainFile(['cart']).replace(
      'container: cart',
      'container: cart, labels: { app: cart, zone: a }',
    ),
    'shop/playbooks.yaml': playbooks,
  };
  const found = await lint({ ...files, 'shop/rules.yaml': ruleOf('sum by (service) (queue)') });
  expect(found.map(({ code, message }) => [code, message])).toEqual([
    ['promql/target-labels', 'query loses the label app, zone of the targets: its series belong to nobody'],
    ['promql/several-series', 'query keeps service: several series for one target'],
  ]);
  expect(await lint({ ...files, 'shop/rules.yaml': ruleOf('sum by (app, zone) (queue)') })).toEqual([]);
});

test('a rule that reads a host has one value, whatever its labels', async () => {
  const rules = ruleOf('sum(queue)').replace('    every', '    scope: host\n    every');
  expect(await lintRules(rules)).toEqual([]);
  const several = ruleOf('sum by (disk) (queue)').replace('    every', '    scope: host\n    every');
  expect((await lintRules(several)).map(({ message }) => message)).toEqual([
    'query keeps disk: several series for one host',
  ]);
});

test('what is scraped by rollbackd itself is judged by its own interval', async () => {
  const files = (every: string) => ({
    'rollbackd.yaml': `${mainFile(['cart'])}scrape: { pages: { cart: { url: 'http://cart:8080/metrics', every: ${every} } } }\n`,
    'shop/playbooks.yaml': playbooks,
    'shop/rules.yaml': ruleOf('sum by (service) (rate(errors_total[20s]))').replace('prometheus:', 'scrape:'),
  });
  expect(await lint(files('10s'))).toEqual([]);
  expect((await lint(files('30s'))).map(({ message }) => message)).toEqual([
    'rate() over 20s, less than twice the scrape interval (30s)',
  ]);
});

test('the checks of a playbook are looked at, too', async () => {
  const found = await lint({
    'rollbackd.yaml': mainFile(['cart']),
    'shop/rules.yaml': memory('{ critical: { above: 90%, for: 30s } }'),
    'shop/playbooks.yaml': `${playbooks}    verify:
      settle: 5s
      functionality:
        within: 1m
        checks:
          - { prometheus: { query: 'sum(rate(memory_bytes[1m]))' }, below: 5 }
`,
  });
  expect(placed(found)).toEqual(['promql/rate-gauge 10:46 memory_bytes']);
});

test('each signal of a rule that is composed of several is looked at', async () => {
  const rules = `rules:
  both:
    all:
      - { prometheus: { query: 'sum by (service) (rate(memory_bytes[1m]))', fresh: up }, above: 5 }
      - { docker: memory, above: 90% }
    levels: { critical: { for: 1m } }
`;
  expect(placed(await lintRules(rules))).toEqual(['promql/rate-gauge 4:56 memory_bytes']);
});

test('a pack alone is judged by the labels that its tests give to their targets', async () => {
  const rules = ruleOf('max by (job) (queue_length)');
  const codes = async (tests: string): Promise<readonly string[]> =>
    (await lintRules(rules, { 'shop/tests/a.yaml': tests })).map(({ code }) => code);
  expect(await codes('# errors\ntargets: { api: { labels: { job: api } } }')).toEqual([]);
  expect(await codes('# errors\ntargets: { api: { labels: { job: 5 } } }')).toContain('promql/target-labels');
  expect(await codes('# errors\n{')).toContain('promql/target-labels');
});

test('what is ok when nothing comes back needs fresh more than others; up and what is absent need none', async () => {
  const without = async (query: string, more = ''): Promise<readonly string[]> =>
    (await lintRules(ruleOf(query).replace(/      fresh: .*\n/, more)))
      .filter(({ code }) => code === 'rule/no-fresh')
      .map(({ gravity, message }) => `${gravity}: ${message}`);
  const ok = '      on_empty: ok\n';
  expect(await without('sum by (service) (queue) > 5', ok)).toEqual([
    'warning: prometheus has on_empty: ok and no fresh: it is ok, too, while nothing is exported',
  ]);
  expect(await without('absent(queue{service="shop"})', ok)).toEqual([
    'info: prometheus has no fresh: old samples are believed',
  ]);
  expect(await without('sum by (service) (queue)')).toEqual([
    'info: prometheus has no fresh: old samples are believed',
  ]);
  expect(await without('sum by (service) (up{job="shop"})')).toEqual([]);
});
