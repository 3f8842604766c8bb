import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readSeriesValues } from '../../src/rehearse/series-notation.ts';

describe('the values of a series', () => {
  test.each([
    ['1 2 3', [1, 2, 3]],
    ['0+10x5', [0, 10, 20, 30, 40, 50]],
    ['1-2x4', [1, -1, -3, -5, -7]],
    ['3x4', [3, 3, 3, 3, 3]],
    ['-2x1 -2+1x2', [-2, -2, -2, -1, 0]],
    ['_ 1 _x3', ['missing', 1, 'missing', 'missing', 'missing']],
    ['1 stale', [1, 'stale']],
    ['Inf -Inf +Inf NaN nan', [Infinity, -Infinity, Infinity, NaN, NaN]],
    ['1e3 .5 1_000 2.', [1000, 0.5, 1000, 2]],
    ['0x3', [0, 0, 0, 0]],
    ['1e1x1', [10, 10]],
    ['1x0', [1]],
    ['_x0', []],
    ['  1\n\t2  ', [1, 2]],
    ['', []],
  ])('%j is what promtool makes of it', (text, samples) => {
    expect(readSeriesValues(text)).toEqual(samples);
  });

  test('are added up one by one, so that the roundings are those of promtool', () => {
    expect(readSeriesValues('0+0.1x3')).toEqual([0, 0.1, 0.2, 0.1 + 0.1 + 0.1]);
  });

  test.each([
    ['1 two 3', 2, 'expected values such as 1, 0+10x5, 1-2x4, 3x4, _, _x3 or stale, got two'],
    ['0+10', 0, 'expected values such as 1, 0+10x5, 1-2x4, 3x4, _, _x3 or stale, got 0+10'],
    ['stalex3', 0, 'expected values such as 1, 0+10x5, 1-2x4, 3x4, _, _x3 or stale, got stalex3'],
    [
      '1 {{schema:0 sum:1 count:1}}x3',
      2,
      'native histograms are not supported; write a classic one, bucket by bucket',
    ],
    ['1 0x99999999', 2, 'more than 100000 samples; write a shorter series'],
    ['_x99999999999999999999', 0, 'more than 100000 samples; write a shorter series'],
  ])('%j is refused, with the place', (text, offset, problem) => {
    expect(readSeriesValues(text)).toEqual({ offset, problem });
  });

  test('a long number that is none is refused at once', () => {
    expect(readSeriesValues(`${'1'.repeat(300_000)}z`)).toMatchObject({ offset: 0 });
  });

  test('any text is read or refused at a place inside of it, and never expands without bound', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'0123456789+-x_ .esatl{}NInf'.split('')) }),
        (text) => {
          const read = readSeriesValues(text);
          if ('problem' in read) expect(read.offset).toBeLessThan(text.length);
          else expect(read.length).toBeLessThanOrEqual(100_000);
        },
      ),
      { numRuns: 300 },
    );
  });
});
