import { existsSync } from 'node:fs';
import { createEngine, type Engine } from '../src/promql/engine.ts';
import { MemoryStore } from '../src/promql/memory-store.ts';
import { parseQuery } from '../src/promql/parse.ts';
import type { BenchContext, Benchmark } from './benchmark.ts';
import { corpus } from './promql-corpus.ts';
import { measured, type Measure } from './samples.ts';

const [series, points, everyMs] = [2_000, 240, 15_000];
const [histograms, buckets] = [200, 10];
const lastMs = Date.UTC(2026, 0, 5, 12);
const firstMs = lastMs - (points - 1) * everyMs;

/**
 * What the embedded engine takes for queries over an hour of samples in memory, and for all golden queries beside a real
 * Prometheus that answers them from the same samples.
 */
export const promql: Benchmark = {
  name: 'promql',
  summary: 'embedded PromQL: 2,000 series × 240 points, and the golden queries beside Prometheus',
  missing: () =>
    existsSync('/usr/bin/prometheus') ? null : 'the Debian package prometheus is not installed',
  run: async (context) => [...single(context), ...(await corpus(context))],
};

/** Queries one at a time: syntax trees are there already, as in a daemon, which parses each query once. */
function single({ quick, progress, signal }: BenchContext): Measure[] {
  const store = filled();
  const engine = createEngine();
  const times = quick ? 20 : 200;
  return questions.map(({ measure, query, steps, atMost }) => {
    const ask = asking(engine, store, query, steps);
    const took: number[] = [];
    for (let count = -warmUps; count < times && !signal.aborted; count++) {
      const begun = performance.now();
      ask();
      if (count >= 0) took.push(performance.now() - begun);
    }
    progress(`${measure}: done`);
    return measured({ measure, unit: 'ms' }, took, {
      facts: { query, steps },
      ...(atMost === undefined ? {} : { target: { of: 'median', atMost } }),
    });
  });
}

/** Calls after which V8 has compiled what it compiles. */
const warmUps = 20;

interface Question {
  readonly measure: string;
  readonly query: string;
  /** 1: an instant query; more: a range query that ends where the samples do. */
  readonly steps: number;
  /** Milliseconds, of the median. */
  readonly atMost?: number;
}

const rate = 'sum by (job) (rate(requests_total[5m]))';

const questions: readonly Question[] = [
  { measure: 'rate of 2,000 series × 240 points, summed by job', query: rate, steps: 1, atMost: 5 },
  { measure: 'the same at 240 steps', query: rate, steps: 240 },
  {
    measure: 'a subquery in a subquery over 2,000 series',
    query: 'max(avg_over_time(max_over_time(rate(requests_total[1m])[5m:1m])[10m:1m]))',
    steps: 1,
  },
  {
    measure: 'quantiles of 200 histograms of 10 buckets',
    query: 'histogram_quantile(0.99, rate(latency_bucket[5m]))',
    steps: 1,
  },
];

function asking(engine: Engine, store: MemoryStore, query: string, steps: number): () => void {
  const expression = parseQuery(query);
  const ask = (): number => {
    if (steps > 1)
      return engine.range(expression, store, {
        fromMs: lastMs - (steps - 1) * everyMs,
        toMs: lastMs,
        stepMs: everyMs,
      }).series.length;
    const { value } = engine.instant(expression, store, lastMs);
    return value.type === 'vector' ? value.series.length : 0;
  };
  if (ask() === 0) throw new Error(`${query} has no result`);
  return ask;
}

/** An hour of counters and of histograms, every 15 s. */
function filled(): MemoryStore {
  const store = new MemoryStore({ retentionMs: points * everyMs });
  for (let index = 0; index < series; index++) {
    const labels = { __name__: 'requests_total', job: `job-${index % 20}`, instance: `10.0.0.${index}:8080` };
    fill(store, { ...labels, method: 'GET', code: '200' }, 1 + (index % 97));
  }
  for (let index = 0; index < histograms * buckets; index++) {
    const bucket = index % buckets;
    const le = bucket === buckets - 1 ? '+Inf' : String(0.005 * 2 ** bucket);
    const service = `service-${Math.floor(index / buckets)}`;
    fill(store, { __name__: 'latency_bucket', service, le }, 1 + bucket);
  }
  return store;
}

/** A counter that starts again from zero once in the hour. */
function fill(store: MemoryStore, labels: Readonly<Record<string, string>>, perSecond: number): void {
  const times = Float64Array.from({ length: points }, (_, point) => firstMs + point * everyMs);
  const values = times.map((_, point) => ((point % (points - 50)) + 1) * perSecond * (everyMs / 1_000));
  store.load(labels, times, values);
}
