import { describe, expect, test } from 'vitest';
import { readReadings, type WrittenReading } from '../../src/rehearse/reading-notation.ts';

const pass: WrittenReading = { kind: 'probe', passed: true };
const fail: WrittenReading = { kind: 'probe', passed: false };
const nothing: WrittenReading = { kind: 'unknown', why: 'no_data' };
const error: WrittenReading = { kind: 'unknown', why: 'error' };

function value(number: number, text: string): WrittenReading {
  return { kind: 'value', value: number, text };
}

describe('readings', () => {
  test.each([
    ['pass fail', [pass, fail]],
    ['pass x2 fail', [pass, pass, fail]],
    ['passx2 fail x1', [pass, pass, fail]],
    [
      '0.5x2 97% _x2 error x1',
      [value(0.5, '0.5'), value(0.5, '0.5'), value(0.97, '97%'), nothing, nothing, error],
    ],
    ['512MiB 1500ms', [value(2 ** 29, '512MiB'), value(1.5, '1500ms')]],
    [
      'no_data insufficient never_seen',
      [nothing, { kind: 'unknown', why: 'insufficient' }, { kind: 'unknown', why: 'never_seen' }],
    ],
    ['1e3 -2', [value(1000, '1e3'), value(-2, '-2')]],
    ['pass x0 fail', [fail]],
    ['', []],
  ] as const)('%j stand N times in all', (text, readings) => {
    expect(readReadings(text)).toEqual(readings);
  });

  test.each([
    ['pass maybe', 5, 'expected readings such as pass x10, fail, 97%, 0.5 x3, _ or error, got maybe'],
    ['x3', 0, 'xN repeats what stands before it, and nothing does'],
    ['pass x2 x3', 8, 'xN repeats what stands before it, and nothing does'],
    ['pass x999999999', 5, 'more than 100000 readings; write fewer'],
  ])('%j are refused, with the place', (text, offset, problem) => {
    expect(readReadings(text)).toEqual({ offset, problem });
  });
});
