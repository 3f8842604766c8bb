import { existsSync, readFileSync } from 'node:fs';
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

/** Results of a real Prometheus, and the samples they were computed from. */
export interface GoldenSet {
  readonly name: string;
  /** How far apart numbers may be and still count as equal: either is enough. */
  readonly tolerance: { readonly relative: number; readonly absolute: number };
  readonly read: () => { readonly store: MemoryStore; readonly cases: readonly GoldenCase[] };
}

/** Results of Prometheus 3.5 lie beside the repository where it was made, and are not part of it. */
const besides = '../shared/golden/promql';

/** All golden results that are there: those of the repository always are. */
export function goldenSets(): readonly GoldenSet[] {
  const own: GoldenSet = {
    name: 'Prometheus 2.42',
    // It sums and averages without compensation.
    tolerance: { relative: 1e-9, absolute: 1e-9 },
    read: () => ({
      store: readStoreLines(`${ownFolder}/series.jsonl`),
      cases: readCases(`${ownFolder}/cases.jsonl`),
    }),
  };
  if (!existsSync(besides)) return [own];
  const other: GoldenSet = {
    name: 'Prometheus 3.5',
    tolerance: { relative: 1e-9, absolute: 1e-12 },
    read: () => ({
      store: readStore(`${besides}/series.json.gz`),
      cases: readCases(`${besides}/cases.jsonl.gz`),
    }),
  };
  return [own, other];
}

/** @param file one case a line; compressed if it ends in `.gz` */
export function readCases(file: string): readonly GoldenCase[] {
  return linesOf(file).map((line) => JSON.parse(line) as GoldenCase);
}

/** @param file one array of series, compressed */
function readStore(file: string): MemoryStore {
  return storeOf(JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as readonly GoldenSeries[]);
}

/** @param file one series a line */
function readStoreLines(file: string): MemoryStore {
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
