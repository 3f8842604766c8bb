import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readSeriesName, wordSeries } from '../../src/rehearse/series-name.ts';

describe('the name of a series', () => {
  test.each([
    ['up', { __name__: 'up' }],
    ['up{}', { __name__: 'up' }],
    ['job:rate:5m{ job = "api" , code=\'500\' , }', { __name__: 'job:rate:5m', job: 'api', code: '500' }],
    ['{__name__="up",job="api"}', { __name__: 'up', job: 'api' }],
    ['{"http.requests", "http.route"="/a"}', { __name__: 'http.requests', 'http.route': '/a' }],
    ['up{path=`C:\\x`}', { __name__: 'up', path: 'C:\\x' }],
    ['up{text="a\\"b\\n\\u00e4\\x41"}', { __name__: 'up', text: 'a"b\näA' }],
    ['up{job=""}', { __name__: 'up' }],
  ])('%j has its labels', (text, labels) => {
    expect(readSeriesName(text)).toEqual(labels);
  });

  test.each([
    ['', 0, 'the series has neither a name nor labels'],
    ['up{job=~"a.*"}', 3, 'a series has labels, not matchers: job=~… says not which value'],
    ['up{job="a"', 10, 'expected , or } after a label, got the end'],
    ['up{job="a" code="b"}', 11, 'expected , or } after a label, got code="b"}'],
    ['up{job=}', 7, 'expected a value in quotes, got }'],
    ['up{job="a",job="b"}', 11, 'the label job is written twice'],
    ['up{a}', 4, 'expected = after the name of a label, got }'],
    ['up[5m]', 2, 'expected a series such as up{job="api"}, got [5m]'],
    ['rate(up)', 4, 'expected a series such as up{job="api"}, got (up)'],
  ])('%j is refused, with the place', (text, offset, problem) => {
    expect(readSeriesName(text)).toEqual({ offset, problem });
  });

  test('reads back as it is shown', () => {
    const label = fc.stringMatching(/^[a-z_][a-z0-9_]{0,5}$/);
    const labels = fc.dictionary(label, fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme-ascii' }));
    fc.assert(
      fc.property(labels, (written) => {
        const all = { ...written, __name__: 'up' };
        expect(readSeriesName(wordSeries(all))).toEqual(all);
      }),
      { numRuns: 200 },
    );
  });
});
