import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEngine } from '../../src/promql/engine.ts';
import { MemoryStore } from '../../src/promql/memory-store.ts';
import { difference } from '../promql/compare-golden.ts';
import { goldenCase } from '../promql/golden-cases.ts';
import { randomQuery, randomSamples, randomTimes } from '../promql/random-queries.ts';
import { PrometheusOfSamples } from './prometheus-of-samples.ts';

/** `PROMQL_FUZZ_SEED=…` repeats a run, `PROMQL_FUZZ_QUERIES=…` makes it longer. */
const seed = Number(process.env['PROMQL_FUZZ_SEED'] ?? Date.now() % 1_000_000_000);
const queries = Number(process.env['PROMQL_FUZZ_QUERIES'] ?? 1_500);

/** Sums and means are rounded in another order by Prometheus 2.42; what differs more differs by meaning. */
const tolerance = { relative: 1e-6, absolute: 1e-6 };

const store = new MemoryStore();
let prometheus: PrometheusOfSamples;

beforeAll(async () => {
  const [series = []] = fc.sample(randomSamples, { seed, numRuns: 1 });
  for (const { labels, times, values } of series) store.load(labels, times, values);
  prometheus = await PrometheusOfSamples.start(series);
});

afterAll(() => prometheus.stop());

test(`a real Prometheus agrees on random queries over random series (seed ${seed})`, async () => {
  const engine = createEngine();
  const agrees = fc.asyncProperty(randomQuery, randomTimes, async (query, asked) => {
    const golden = goldenCase(query, asked, await prometheus.ask(query, asked));
    expect(difference(golden, engine, store, tolerance)).toBeNull();
  });
  await fc.assert(agrees, { seed, numRuns: queries });
});
