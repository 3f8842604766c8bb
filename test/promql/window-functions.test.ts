import { describe, expect, test } from 'vitest';
import { windowFunctions } from '../../src/promql/functions/window-functions.ts';
import { signatures } from '../../src/promql/signatures.ts';

/** Applies a function to samples `seconds:value` in the window from 0 to 60 s. */
function over(
  name: string,
  samples: string,
  parameters: readonly number[] = [],
  atMs = 60_000,
): number | null {
  const pairs = samples === '' ? [] : samples.split(' ').map((pair) => pair.split(':').map(numberOf));
  // Longer than the window: what lies behind its length is of another series.
  const times = Float64Array.from([...pairs.map(([seconds = 0]) => seconds * 1000), 61_000]);
  const values = Float64Array.from([...pairs.map(([, value = 0]) => value), 1e9]);
  const apply = windowFunctions[name];
  if (apply === undefined) throw new Error(`no function ${name}`);
  return apply({ times, values, length: pairs.length, fromMs: 0, toMs: 60_000, atMs }, parameters);
}

function numberOf(text: string): number {
  return text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text);
}

test('every function of a range that a query may call is there', () => {
  const called = Object.entries(signatures).filter(([, { takes }]) => takes.includes('matrix'));

  expect(
    called
      .map(([name]) => name)
      .filter((name) => name !== 'absent_over_time')
      .sort(),
  ).toEqual(Object.keys(windowFunctions).sort());
});

describe('rate, increase, delta', () => {
  test('nothing comes of fewer than two samples', () => {
    for (const name of ['rate', 'increase', 'delta', 'irate', 'idelta', 'deriv', 'predict_linear']) {
      expect(over(name, '30:1'), name).toBeNull();
    }
  });

  test('edges near a sample are filled up to the edge', () => {
    expect(over('increase', '15:20 30:30 45:40 60:50')).toBeCloseTo(40, 12);
    expect(over('rate', '15:20 30:30 45:40 60:50')).toBeCloseTo(40 / 60, 12);
    expect(over('delta', '15:20 30:30 45:40 60:50')).toBeCloseTo(40, 12);
  });

  test('near is less than 1.1 spacings: at that distance half a spacing is filled', () => {
    expect(over('delta', '10.999:0 20.999:10 30.999:20 40.999:30 50.999:40')).toBeCloseTo(60, 12);
    expect(over('delta', '11.001:0 21.001:10 31.001:20 41.001:30 51.001:40')).toBeCloseTo(40 + 5 + 8.999, 12);
    expect(over('delta', '20:0 30:10 40:20')).toBeCloseTo(20 + 5 + 5, 12);
  });

  test('a counter is not extrapolated to before it was zero, and that is looked at after halving', () => {
    expect(over('increase', '40:1 50:51 60:101')).toBeCloseTo(101, 12);
    expect(over('increase', '40:100 50:150 60:200')).toBeCloseTo(125, 12);
    expect(over('increase', '40:0 50:50 60:100')).toBeCloseTo(100, 12);
    expect(over('delta', '40:1 50:51 60:101')).toBeCloseTo(125, 12);
  });

  test('a counter that fell started anew; a gauge just fell', () => {
    expect(over('increase', '15:50 30:60 45:2 60:4')).toBeCloseTo((14 * 60) / 45, 12);
    expect(over('increase', '15:90 30:9 45:8 60:100')).toBeCloseTo((109 * 60) / 45, 12);
    expect(over('delta', '15:50 30:60 45:2 60:4')).toBeCloseTo((-46 * 60) / 45, 12);
  });

  test('NaN and infinities run through', () => {
    expect(over('increase', '30:NaN 60:1')).toBeNaN();
    expect(over('rate', '30:1 60:+Inf')).toBe(Infinity);
  });
});

describe('irate, idelta', () => {
  test('only the last two samples count', () => {
    expect(over('irate', '15:1000 30:10 40:25')).toBe(1.5);
    expect(over('idelta', '15:1000 30:10 40:25')).toBe(15);
  });

  test('after a reset a counter has grown by its value', () => {
    expect(over('irate', '30:10 40:5')).toBe(0.5);
    expect(over('idelta', '30:10 40:5')).toBe(-5);
  });
});

describe('changes, resets', () => {
  test('a change is any other value, NaN once; a reset is a smaller one', () => {
    expect(over('changes', '10:1 20:1 30:NaN 40:NaN 50:2 60:1')).toBe(3);
    expect(over('resets', '10:1 20:1 30:NaN 40:NaN 50:2 60:1')).toBe(1);
    expect(over('changes', '10:1')).toBe(0);
    expect(over('resets', '10:1')).toBe(0);
    expect(over('resets', '')).toBeNull();
  });
});

describe('deriv, predict_linear', () => {
  test('a line is found again', () => {
    expect(over('deriv', '10:5 20:7 50:13')).toBeCloseTo(0.2, 12);
    expect(over('predict_linear', '10:5 20:7 50:13', [40])).toBeCloseTo(23, 12);
  });

  test('a prediction counts from the instant of the evaluation, not from the end of the window', () => {
    expect(over('predict_linear', '10:5 20:7 50:13', [40], 360_000)).toBeCloseTo(83, 9);
  });

  test('a constant has no slope, and stays; an infinite one has none at all', () => {
    expect(over('deriv', '10:0.1 20:0.1 50:0.1')).toBe(0);
    expect(over('predict_linear', '10:0.1 20:0.1 50:0.1', [1e9])).toBe(0.1);
    expect(over('deriv', '10:+Inf 20:+Inf')).toBeNaN();
  });

  test('the least squares of scattered values', () => {
    expect(over('deriv', '10:1 20:3 30:2')).toBeCloseTo(0.05, 12);
    expect(over('predict_linear', '10:1 20:3 30:2', [0])).toBeCloseTo(4, 12);
  });
});

describe('over time', () => {
  test('sums keep small values between large ones', () => {
    expect(over('sum_over_time', '10:1e100 20:1 30:-1e100')).toBe(1);
    expect(over('avg_over_time', '10:1e100 20:1 30:-1e100 40:2')).toBe(0.75);
  });

  test('a sum may overflow; a mean does not', () => {
    expect(over('sum_over_time', '10:1.7e308 20:1.7e308 30:-1.7e308')).toBe(Infinity);
    expect(over('avg_over_time', '10:1.7e308 20:1.7e308 30:1.7e308')).toBeCloseTo(1.7e308, -300);
    expect(over('avg_over_time', '10:-1.7e308 20:-1.7e308')).toBe(-1.7e308);
    expect(over('avg_over_time', '10:+Inf 20:1')).toBe(Infinity);
    expect(over('avg_over_time', '10:+Inf 20:-Inf')).toBeNaN();
    expect(over('sum_over_time', '10:1 20:NaN')).toBeNaN();
  });

  test('the smallest and the largest value are NaN only if all are', () => {
    expect(over('min_over_time', '10:NaN 20:2 30:1 40:NaN')).toBe(1);
    expect(over('max_over_time', '10:NaN 20:2 30:1 40:NaN')).toBe(2);
    expect(over('min_over_time', '10:NaN')).toBeNaN();
    expect(over('max_over_time', '10:-Inf 20:NaN')).toBe(-Infinity);
  });

  test('counting counts NaN, too', () => {
    expect(over('count_over_time', '10:NaN 20:2')).toBe(2);
    expect(over('present_over_time', '10:NaN')).toBe(1);
    expect(over('last_over_time', '10:1 20:NaN')).toBeNaN();
    expect(over('last_over_time', '10:NaN 20:4')).toBe(4);
  });

  test('the variance is of all values, also of large ones near each other', () => {
    expect(over('stdvar_over_time', '10:2 20:4 30:4 40:4 50:5 60:9')).toBeCloseTo(41 / 9, 12);
    expect(over('stdvar_over_time', '10:1e9 20:1000000001 30:1000000002')).toBeCloseTo(2 / 3, 12);
    expect(over('stddev_over_time', '10:1 20:3')).toBe(1);
    expect(over('stddev_over_time', '10:7')).toBe(0);
    expect(over('stdvar_over_time', '10:1 20:+Inf')).toBeNaN();
  });

  test('a quantile lies between two values', () => {
    expect(over('quantile_over_time', '10:4 20:1 30:2', [0.75])).toBe(3);
    expect(over('quantile_over_time', '10:4', [0.1])).toBe(4);
    expect(over('quantile_over_time', '10:4', [NaN])).toBeNaN();
  });

  test('nothing comes of no samples', () => {
    for (const name of Object.keys(windowFunctions)) expect(over(name, '', [0.5]), name).toBeNull();
  });
});
