import { expect, test } from 'vitest';
import { lintRules, placed } from './linting.ts';

/** The same query in every style that YAML has; in each, the gauge is marked where it stands. */
const styles: Readonly<Record<string, { readonly yaml: string; readonly at: string }>> = {
  plain: { yaml: 'query: sum by (service) (rate(memory{a="b"}[5m]))', at: '4:37 memory{a="b"}' },
  'plain over several lines': {
    yaml: 'query: sum by (service)\n        (rate(\n          memory[5m]))',
    at: '6:11 memory',
  },
  'single quotes': {
    yaml: `query: 'sum by (service) (rate(memory{a="it''s",b=''c''}[5m]))'`,
    at: `4:38 memory{a="it''s",b=''c''}`,
  },
  'double quotes with escapes': {
    yaml: String.raw`query: "sum by (service) (rate(m\x65mory{a=\"b\"}[5m]))"`,
    at: String.raw`4:38 m\x65mory{a=\"b\"}`,
  },
  'double quotes over several lines': {
    yaml: 'query: "sum by (service) \\\n        (rate(\\u006demory\n        [5m]))"',
    at: '5:15 \\u006demory',
  },
  literal: {
    yaml: 'query: |\n        sum by (service) (\n          rate(memory[5m]) # per second\n        )',
    at: '6:16 memory',
  },
  'literal with an indent of its own': {
    yaml: 'query: |2-\n          sum by (service) (\n            rate(memory[5m]))',
    at: '6:18 memory',
  },
  folded: {
    yaml: 'query: >-\n        sum by (service) (\n\n          rate(memory\n        [5m]))',
    at: '7:16 memory',
  },
  'flow map': { yaml: `{ query: 'sum by (service) (rate(memory[5m]))' }`, at: '4:40 memory' },
  'in characters of two units': {
    yaml: `query: sum by (service) (rate(memory{a="\u{1f600}"}[5m]))`,
    at: '4:37 memory{a="\u{1f600}"}',
  },
};

test.each(Object.entries(styles))('a place in a query is exact: %s', async (_, { yaml, at }) => {
  const rules = `rules:
  memory:
    prometheus:
      ${yaml}
    levels: { critical: { above: 5, for: 1m } }
`;
  expect(placed(await lintRules(rules))).toEqual([`promql/rate-gauge ${at}`, 'rule/no-fresh 3:5 prometheus']);
});

test('a query that ends too early is marked at its end', async () => {
  const rules = (yaml: string): string => `rules:
  memory:
    prometheus: { fresh: up, ${yaml} }
    levels: { critical: { above: 5, for: 1m } }
`;
  const [quoted] = await lintRules(rules('query: "sum(x"'));
  expect([quoted?.code, quoted?.line, quoted?.column]).toEqual(['promql/syntax', 3, 43]);
  const block = `rules:
  memory:
    prometheus:
      fresh: up
      query: |
        sum(x

    levels: { critical: { above: 5, for: 1m } }
`;
  const [literal] = await lintRules(block);
  expect([literal?.code, literal?.line, literal?.column]).toEqual(['promql/syntax', 6, 14]);
});

test('files with line ends of Windows have the same places', async () => {
  const rules =
    'rules:\r\n  m:\r\n    prometheus:\r\n      query: |\r\n        sum by (service) (\r\n          rate(memory[5m]))\r\n    levels: { critical: { above: 5, for: 1m } }\r\n';
  const [first] = await lintRules(rules);
  expect(placed(first === undefined ? [] : [first])).toEqual(['promql/rate-gauge 6:16 memory']);
  expect(first?.excerpt).toBe('          rate(memory[5m]))');
});
