import type { RangeSeries, Series } from '../domain/labels.ts';
import type { InstantResult, RangeResult } from '../domain/ports/answerer.ts';
import { SECOND } from '../domain/time.ts';

/** What Prometheus' HTTP API said, before its data is read. */
export interface Answer {
  readonly status?: unknown;
  /** One line. */
  readonly error?: string;
  readonly warnings?: readonly unknown[];
  readonly data?: unknown;
}

/** The JSON around every answer of the API; null if it is none. */
export function parseAnswer(body: string): Answer | null {
  try {
    const parsed: unknown = JSON.parse(body);
    if (parsed === null || typeof parsed !== 'object') return null;
    const { error, warnings, ...rest } = parsed as Record<string, unknown>;
    return {
      ...rest,
      ...(typeof error === 'string' ? { error: excerpt(error) } : {}),
      // What should be a list and is not is still a warning.
      ...(warnings === undefined || warnings === null ? {} : { warnings: [warnings].flat() }),
    };
  } catch {
    return null;
  }
}

/** The result of an instant query; null if the data is none. */
export function instantResult({ data, warnings: warned }: Answer): InstantResult | null {
  const { resultType, result } = shapeOf(data);
  const warnings = (warned ?? []).map(String);
  if (resultType === 'matrix' || resultType === 'string') return { type: resultType, warnings };
  if (!Array.isArray(result)) return null;
  if (resultType === 'scalar') {
    const value = sampleOf(result)?.value;
    return value === undefined ? null : { type: 'scalar', value, warnings };
  }
  if (resultType !== 'vector') return null;
  const series = allOf(result, instantSeries);
  return series === null ? null : { type: 'vector', series, warnings };
}

/** The result of a range query; null if the data is none. */
export function rangeResult({ data, warnings }: Answer): RangeResult | null {
  const { resultType, result } = shapeOf(data);
  if (resultType !== 'matrix' || !Array.isArray(result)) return null;
  const series = allOf(result, rangeSeries);
  return series === null ? null : { series, warnings: (warnings ?? []).map(String) };
}

function shapeOf(data: unknown): { readonly resultType?: unknown; readonly result?: unknown } {
  return data === null || typeof data !== 'object' ? {} : data;
}

/** Every element read, or null when one of them cannot be. */
function allOf<One>(elements: readonly unknown[], read: (element: object) => One | null): One[] | null {
  const all: One[] = [];
  for (const element of elements) {
    const one = element === null || typeof element !== 'object' ? null : read(element);
    if (one === null) return null;
    all.push(one);
  }
  return all;
}

function instantSeries({ metric, value }: { metric?: unknown; value?: unknown }): Series | null {
  if (metric === null || typeof metric !== 'object' || !Array.isArray(value)) return null;
  const sample = sampleOf(value);
  return sample === null ? null : { labels: metric as Series['labels'], value: sample.value };
}

function rangeSeries({ metric, values }: { metric?: unknown; values?: unknown }): RangeSeries | null {
  if (metric === null || typeof metric !== 'object' || !Array.isArray(values)) return null;
  const [times, numbers] = [new Float64Array(values.length), new Float64Array(values.length)];
  for (const [index, pair] of values.entries()) {
    const sample = Array.isArray(pair) ? sampleOf(pair) : null;
    if (sample === null || typeof sample.time !== 'number') return null;
    times[index] = Math.round(sample.time * SECOND);
    numbers[index] = sample.value;
  }
  return { labels: metric as RangeSeries['labels'], times, values: numbers };
}

/** `[1767614400.123, "0.5"]`; the value is text so that it may be `NaN` or `+Inf`. */
function sampleOf(pair: readonly unknown[]): { readonly time: unknown; readonly value: number } | null {
  const [time, text] = pair;
  if (pair.length !== 2 || typeof text !== 'string' || text === '') return null;
  if (text === 'NaN') return { time, value: Number.NaN };
  if (text === '+Inf' || text === '-Inf') return { time, value: text === '+Inf' ? Infinity : -Infinity };
  const value = Number(text);
  return Number.isNaN(value) ? null : { time, value };
}

/** The beginning of a text on one line, for messages. */
export function excerpt(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  if (line === '') return 'an empty body';
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
