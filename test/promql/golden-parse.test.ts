import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseQuery } from '../../src/promql/parse.ts';
import { printExpression } from '../../src/promql/print.ts';
import { readCases } from './golden-cases.ts';
import type { GoldenCase } from './golden-cases.ts';
import { refusal, withoutSpans } from './structure.ts';

const file = '../shared/golden/promql/cases.jsonl.gz';

// Queries that a real Prometheus 3.5 took or refused, where they lie beside the repository; the other tests of this
// folder need nothing.
describe.runIf(existsSync(file))('queries that a Prometheus 3.5 was asked', () => {
  const cases = existsSync(file)
    ? [...new Map(readCases(file).map((each) => [each.query, each])).values()]
    : [];
  const refused = cases.filter(isRefused);
  const taken = cases.filter((each) => !isRefused(each));

  test('those it refused before it evaluated them are refused, all others are not', () => {
    expect(refused.length).toBeGreaterThan(150);
    expect(refused.filter(({ query }) => refusal(query) === '').map(({ query }) => query)).toEqual([]);
    expect(taken.map(({ query }) => refusal(query)).filter((message) => message !== '')).toEqual([]);
  });

  test('they are refused with the same words, but for what we never support', () => {
    const differing = refused.filter(({ query, error }) => {
      const theirs = error?.error?.replace('invalid parameter "query": ', 'bad_data: ');
      return refusal(query) !== theirs;
    });

    expect(differing.map(({ query }) => query).sort()).toEqual([
      '',
      'double_exponential_smoothing(up[5m], 0.5, 0.5)',
      'info(up)',
      'limitk(2, up)',
      'mad_over_time(up[5m])',
      'sort_by_label(up, "job")',
      'up offset (5m)',
      'up[5m * 2]',
    ]);
  });

  test('their normal form means the same and is its own normal form', () => {
    for (const { query } of taken) {
      const expression = parseQuery(query);
      const printed = printExpression(expression);
      expect(withoutSpans(parseQuery(printed)), printed).toEqual(withoutSpans(expression));
      expect(printExpression(parseQuery(printed))).toBe(printed);
    }
  });
});

/** A range query of a matrix or a string parses, and is refused for its type alone. */
function isRefused({ error }: GoldenCase): boolean {
  return error?.errorType === 'bad_data' && !(error.error ?? '').includes('for range query');
}
