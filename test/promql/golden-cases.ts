import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { MemoryStore } from '../../src/promql/memory-store.ts';
import type { Asked, PrometheusAnswer } from '../e2e/prometheus-of-samples.ts';

/** What Prometheus answered to one query. */
export interface GoldenCase {
  readonly id: string;
  readonly kind: 'instant' | 'range';
  readonly query: string;
  /** Unix seconds. */
  readonly time?: number;
  readonly start?: number;
  readonly end?: number;
  readonly step?: number;
  readonly result?: GoldenResult;
  readonly error?: { readonly errorType: string; readonly error?: string };
}

type Point = readonly [seconds: number, value: string];

export interface GoldenResult {
  readonly resultType: 'vector' | 'matrix' | 'scalar' | 'string';
  readonly result:
    | Point
    | readonly {
        readonly metric: Readonly<Record<string, string>>;
        readonly value?: Point;
        readonly values?: readonly Point[];
      }[];
}

interface GoldenSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly (readonly [ms: number, value: string])[];
}

/** Golden results that belong to the repository: series and answers, one a line. */
export const ownFolder = 'test/promql/prometheus-2.42';

/** @param file one case a line; compressed if it ends in `.gz` */
export function readCases(file: string): readonly GoldenCase[] {
  return linesOf(file).map((line) => JSON.parse(line) as GoldenCase);
}

/** @param file one array of series, compressed */
export function readStore(file: string): MemoryStore {
  return storeOf(JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as readonly GoldenSeries[]);
}

/** @param file one series a line */
export function readStoreLines(file: string): MemoryStore {
  return storeOf(linesOf(file).map((line) => JSON.parse(line) as GoldenSeries));
}

function linesOf(file: string): readonly string[] {
  const bytes = readFileSync(file);
  const text = file.endsWith('.gz') ? gunzipSync(bytes).toString('utf8') : bytes.toString('utf8');
  return text.split('\n').filter((line) => line !== '');
}

function storeOf(series: readonly GoldenSeries[]): MemoryStore {
  const store = new MemoryStore();
  for (const { labels, samples } of series) {
    store.load(
      labels,
      samples.map(([ms]) => ms),
      samples.map(([, value]) => numberOf(value)),
    );
  }
  return store;
}

/** What a Prometheus just answered, in the form of a golden case. */
export function goldenCase(query: string, asked: Asked, answer: PrometheusAnswer): Omit<GoldenCase, 'id'> {
  const { status, data, errorType = '', error = '' } = answer;
  const times =
    'atMs' in asked
      ? { kind: 'instant' as const, time: asked.atMs / 1_000 }
      : {
          kind: 'range' as const,
          start: asked.fromMs / 1_000,
          end: asked.toMs / 1_000,
          step: asked.stepMs / 1_000,
        };
  if (status === 'error') return { query, ...times, error: { errorType, error } };
  return { query, ...times, result: data as GoldenResult };
}

/** A number as Prometheus writes it. */
export function numberOf(text: string): number {
  if (text === '+Inf') return Infinity;
  return text === '-Inf' ? -Infinity : Number(text);
}

/** A number as Prometheus reads it. */
export function numberText(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}
