import type { Engine } from '../../src/promql/engine.ts';
import { parseQuery } from '../../src/promql/parse.ts';
import { QueryError } from '../../src/promql/query-error.ts';
import type { SeriesSource } from '../../src/promql/series-store.ts';
import type { GoldenCase, GoldenResult, GoldenSet } from './golden-cases.ts';
import { numberOf } from './golden-cases.ts';

/** An answer in the form in which answers are compared: points of series by the labels of each. */
type Answer =
  | { readonly type: 'vector' | 'matrix'; readonly series: readonly Points[] }
  | { readonly type: 'scalar'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'error'; readonly error: string; readonly message: string };

interface Points {
  readonly labels: string;
  readonly times: readonly number[];
  readonly values: readonly number[];
}

interface Comparison {
  /** Whether the order of elements counts. */
  readonly ordered: boolean;
  readonly close: (a: number, b: number) => boolean;
}

/** How the engine's answer differs from the golden one; null if it does not. */
export function difference(
  golden: Omit<GoldenCase, 'id'>,
  engine: Engine,
  source: SeriesSource,
  tolerance: GoldenSet['tolerance'],
): string | null {
  const expected = golden.result === undefined ? null : goldenAnswer(golden.result);
  const actual = ask(golden, engine, source);
  if (expected === null) return errorDifference(golden, actual);
  return answerDifference(expected, actual, { ordered: isSorted(golden), close: closeWithin(tolerance) });
}

function ask(golden: Omit<GoldenCase, 'id'>, engine: Engine, source: SeriesSource): Answer {
  try {
    const expression = parseQuery(golden.query);
    if (golden.kind === 'instant') {
      const { value } = engine.instant(expression, source, ms(golden.time));
      if (value.type === 'scalar' || value.type === 'string') return value;
      if (value.type === 'matrix') return { type: 'matrix', series: value.series.map(pointsOf) };
      const series = value.series.map((each) => ({
        labels: labelsText(each.labels),
        times: [ms(golden.time)],
        values: [each.value],
      }));
      return { type: 'vector', series };
    }
    const range = { fromMs: ms(golden.start), toMs: ms(golden.end), stepMs: ms(golden.step) };
    return { type: 'matrix', series: engine.range(expression, source, range).series.map(pointsOf) };
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    return { type: 'error', error: error.type, message: error.message };
  }
}

function pointsOf(series: {
  readonly labels: Readonly<Record<string, string>>;
  readonly times: Float64Array;
  readonly values: Float64Array;
}): Points {
  return { labels: labelsText(series.labels), times: [...series.times], values: [...series.values] };
}

function goldenAnswer({ resultType, result }: GoldenResult): Answer {
  if (resultType === 'scalar' || resultType === 'string') {
    const [, text] = result as readonly [number, string];
    return resultType === 'scalar'
      ? { type: 'scalar', value: numberOf(text) }
      : { type: 'string', value: text };
  }
  const rows = result as Exclude<GoldenResult['result'], readonly [number, string]>;
  const series = rows.map((row) => {
    const points = row.values ?? (row.value === undefined ? [] : [row.value]);
    return {
      labels: labelsText(row.metric),
      times: points.map(([seconds]) => ms(seconds)),
      values: points.map(([, text]) => numberOf(text)),
    };
  });
  return { type: resultType, series };
}

function errorDifference(golden: Omit<GoldenCase, 'id'>, actual: Answer): string | null {
  if (actual.type === 'error' && actual.error === golden.error?.errorType) return null;
  return `expected ${JSON.stringify(golden.error)}, got ${short(actual)}`;
}

function answerDifference(expected: Answer, actual: Answer, comparison: Comparison): string | null {
  const { ordered, close } = comparison;
  if (expected.type === 'error' || actual.type !== expected.type)
    return `expected ${short(expected)}, got ${short(actual)}`;
  if (expected.type === 'string')
    return actual.type === 'string' && actual.value === expected.value ? null : 'another text';
  if (expected.type === 'scalar')
    return actual.type === 'scalar' && close(expected.value, actual.value)
      ? null
      : `expected ${expected.value}, got ${short(actual)}`;
  if (actual.type !== 'vector' && actual.type !== 'matrix') return 'another type';
  return (
    seriesDifference(expected.series, actual.series, close) ??
    (ordered ? orderDifference(expected.series, actual.series, close) : null)
  );
}

function seriesDifference(
  expected: readonly Points[],
  actual: readonly Points[],
  close: Comparison['close'],
): string | null {
  const byLabels = new Map(actual.map((points) => [points.labels, points]));
  if (byLabels.size !== actual.length) return 'the same labels twice';
  for (const points of expected) {
    const found = byLabels.get(points.labels);
    if (found === undefined) return `no series ${points.labels}, but ${[...byLabels.keys()].join(' ')}`;
    const differs = pointsDifference(points, found, close);
    if (differs !== null) return `${points.labels}: ${differs}`;
    byLabels.delete(points.labels);
  }
  const [more] = byLabels.keys();
  return more === undefined ? null : `one series too many: ${more}`;
}

function pointsDifference(expected: Points, actual: Points, close: Comparison['close']): string | null {
  for (const [index, time] of expected.times.entries()) {
    if (actual.times[index] !== time)
      return `point ${index} of ${expected.times.length} is at ${actual.times[index]}, expected ${time}`;
    const wanted = expected.values[index] ?? 0;
    const got = actual.values[index] ?? 0;
    if (!close(wanted, got)) return `${got} at ${time}, expected ${wanted}`;
  }
  if (actual.times.length === expected.times.length) return null;
  return `${actual.times.length} points, expected ${expected.times.length}`;
}

/** Equal values may come in any order, so the order of values is what counts. */
function orderDifference(
  expected: readonly Points[],
  actual: readonly Points[],
  close: Comparison['close'],
): string | null {
  const same = expected.every((points, at) => close(points.values[0] ?? 0, actual[at]?.values[0] ?? 0));
  return same ? null : 'another order';
}

function isSorted(golden: Omit<GoldenCase, 'id'>): boolean {
  return golden.kind === 'instant' && /^\s*sort(?:_desc)?\s*\(/.test(golden.query);
}

/** NaN equals NaN, infinities equal themselves. */
function closeWithin({ relative, absolute }: GoldenSet['tolerance']): Comparison['close'] {
  return (a, b) => {
    if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true;
    const apart = Math.abs(a - b);
    if (!Number.isFinite(apart)) return false;
    return apart <= absolute || apart <= relative * Math.max(Math.abs(a), Math.abs(b));
  };
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const names = Object.keys(labels).sort();
  return `{${names.map((name) => `${name}=${JSON.stringify(labels[name])}`).join(',')}}`;
}

function short(answer: Answer): string {
  const text = JSON.stringify(answer);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

function ms(seconds: number | undefined): number {
  return Math.round((seconds ?? 0) * 1000);
}
