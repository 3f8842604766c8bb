import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseQuery } from '../../src/promql/parse.ts';
import { printExpression } from '../../src/promql/print.ts';
import { readCases } from './golden-cases.ts';
import { refusal, withoutSpans } from './structure.ts';

interface Asked {
  readonly query: string;
  readonly error?: { readonly errorType: string; readonly error?: string };
}

/** Some of what a Prometheus 3.5 was asked, and why it refused. */
const few: readonly Asked[] = [
  { query: 'sum by (job) (rate(http_requests_total{status=~"5.."}[5m])) > 0.05' },
  { query: '-temperature_celsius ^ 2' },
  { query: 'temperature_celsius + temperature_celsius offset 5m' },
  { query: 'max_over_time(rate(flappy_total[5m])[30m:1m] @ end() offset 1m)' },
  { query: '{"up", job="node"} # by its name' },
  { query: 'label_replace(up, "a", "$1", "job", "(.*)") * on (a) group_left (b) c' },
  refused('sum(', '1:5: parse error: unclosed left parenthesis'),
  refused('up offset', '1:10: parse error: unexpected end of input in offset, expected number or duration'),
  refused('1 == 2', '1:3: parse error: comparisons between scalars must use BOOL modifier'),
  refused('info(up)', '1:1: parse error: function "info" is not enabled'),
];

/** Refused with other words than Prometheus', who could be told to support it. */
const ownWords: ReadonlySet<string> = new Set([
  '',
  'double_exponential_smoothing(up[5m], 0.5, 0.5)',
  'info(up)',
  'limitk(2, up)',
  'mad_over_time(up[5m])',
  'sort_by_label(up, "job")',
  'up offset (5m)',
  'up[5m * 2]',
]);

// All of them lie beside the repository where it was made, and are not part of it.
const file = '../shared/golden/promql/cases.jsonl.gz';
const all: readonly Asked[] = [...few, ...(existsSync(file) ? readCases(file) : [])];
const asked = [...new Map(all.map((each) => [each.query, each])).values()];
const wrong = asked.filter(isRefused);
const right = asked.filter((each) => !isRefused(each));

test('what Prometheus refused before it evaluated is refused, all else is not', () => {
  expect(wrong.filter(({ query }) => refusal(query) === '').map(({ query }) => query)).toEqual([]);
  expect(right.map(({ query }) => refusal(query)).filter((message) => message !== '')).toEqual([]);
});

test('it is refused with the same words, but for what is never supported', () => {
  const differing = wrong.filter(({ query, error }) => {
    return refusal(query) !== error?.error?.replace('invalid parameter "query": ', 'bad_data: ');
  });

  expect(differing.map(({ query }) => query).filter((query) => !ownWords.has(query))).toEqual([]);
});

test('the normal form of a query means the same and is its own normal form', () => {
  for (const { query } of right) {
    const expression = parseQuery(query);
    const printed = printExpression(expression);
    expect(withoutSpans(parseQuery(printed)), printed).toEqual(withoutSpans(expression));
    expect(printExpression(parseQuery(printed))).toBe(printed);
  }
});

function refused(query: string, error: string): Asked {
  return { query, error: { errorType: 'bad_data', error: `invalid parameter "query": ${error}` } };
}

/** A range query of a matrix or a string parses, and is refused for its type alone. */
function isRefused({ error }: Asked): boolean {
  return error?.errorType === 'bad_data' && !(error.error ?? '').includes('for range query');
}
