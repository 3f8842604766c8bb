// Asks a real Prometheus the queries of own-queries.ts and writes down what it answers: `node test/promql/make-cases.ts`.
// Made with Prometheus 2.42; where 2.42 and 3.5 differ, see random-queries.ts, nothing is asked.
import { mkdirSync, writeFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { PrometheusOfSamples, type Asked } from '../e2e/prometheus-of-samples.ts';
import { goldenCase, numberText, ownFolder } from './golden-cases.ts';
import { edgeQueries, ownQueries, ownTimes } from './own-queries.ts';
import { randomQuery, randomSamples } from './random-queries.ts';

const seed = 42;
/** Random queries that have a result; most that have none are left out. */
const randomCases = 60;
const longestQuery = 300;

const [series = []] = fc.sample(randomSamples, { seed, numRuns: 1 });
const prometheus = await PrometheusOfSamples.start(series);
const lines: string[] = [];
try {
  for (const [index, query] of ownQueries.entries()) {
    await ask('own', query, ownTimes.middle);
    // One in four shows what steps do with queries; all of them would only make the file long.
    if (index % 4 === 0) await ask('steps', query, ownTimes.steps);
  }
  for (const query of edgeQueries) {
    await ask('early', query, ownTimes.early);
    await ask('late', query, ownTimes.late);
  }
  const enough = lines.length + randomCases;
  for (const query of fc.sample(randomQuery, { seed, numRuns: randomCases * 10 })) {
    if (lines.length < enough && query.length < longestQuery)
      await ask('random', query, ownTimes.middle, 'found');
  }
  mkdirSync(ownFolder, { recursive: true });
  writeFileSync(`${ownFolder}/cases.jsonl`, `${lines.join('\n')}\n`);
  writeFileSync(`${ownFolder}/series.jsonl`, `${series.map(seriesLine).join('\n')}\n`);
  console.log(`${lines.length} cases over ${series.length} series`);
} finally {
  await prometheus.stop();
}

async function ask(name: string, query: string, asked: Asked, keep: 'all' | 'found' = 'all'): Promise<void> {
  const golden = goldenCase(query, asked, await prometheus.ask(query, asked));
  if (keep === 'found' && JSON.stringify(golden.result?.result ?? []) === '[]') return;
  lines.push(JSON.stringify({ id: `${name}/${lines.length + 1}`, ...golden }));
}

function seriesLine({ labels, times, values }: (typeof series)[number]): string {
  const samples = times.map((ms, index) => [ms, numberText(values[index] ?? 0)]);
  return JSON.stringify({ labels, samples });
}
