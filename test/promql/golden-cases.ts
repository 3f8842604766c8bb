import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { MemoryStore } from '../../src/promql/memory-store.ts';

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

export function readCases(file: string): readonly GoldenCase[] {
  return gunzipSync(readFileSync(file))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as GoldenCase);
}

export function readStore(file: string): MemoryStore {
  return storeOf(JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as readonly GoldenSeries[]);
}

export function storeOf(series: readonly GoldenSeries[]): MemoryStore {
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

/** A number as Prometheus writes it. */
export function numberOf(text: string): number {
  if (text === '+Inf') return Infinity;
  return text === '-Inf' ? -Infinity : Number(text);
}
