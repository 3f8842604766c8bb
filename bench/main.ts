// `npm run bench -- [NAME…] [--quick]`: measures, prints JSON lines, and appends them to bench/results.jsonl.
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { alertmanager } from './alertmanager.ts';
import { backtest } from './backtest.ts';
import type { Benchmark } from './benchmark.ts';
import { cache } from './cache.ts';
import { clicks } from './clicks.ts';
import { dump } from './dump.ts';
import { docker } from './docker.ts';
import { eventStreams } from './event-streams.ts';
import { load, machine } from './machine.ts';
import { promql } from './promql.ts';
import { reaction } from './reaction.ts';
import type { Measure } from './samples.ts';
import { scrape } from './scrape.ts';
import { stack } from './stack.ts';
import { start } from './start.ts';
import { store } from './store.ts';
import { watching } from './watching.ts';
import { writeGate } from './write-gate.ts';

const benchmarks: readonly Benchmark[] = [
  reaction,
  store,
  start,
  docker,
  cache,
  dump,
  stack,
  alertmanager,
  watching,
  scrape,
  backtest,
  promql,
  eventStreams,
  clicks,
  writeGate,
];
const results = join(import.meta.dirname, 'results.jsonl');

// What a broken benchmark left behind must not keep the run alive.
process.exit(await main(process.argv.slice(2)));

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { quick: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const unknown = positionals.filter((name) => !benchmarks.some((one) => one.name === name));
  if (values.help || unknown.length > 0) {
    for (const name of unknown) say(`there is no benchmark ${name}`);
    for (const { name, summary } of benchmarks) say(`${name.padEnd(13)} ${summary}`);
    return unknown.length > 0 ? 2 : 0;
  }
  const chosen = benchmarks.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const interrupted = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort());
  let broken = 0;
  for (const benchmark of chosen) {
    if (interrupted.signal.aborted) return 1;
    if (!(await measure(benchmark, values.quick, interrupted.signal))) broken += 1;
  }
  return broken === 0 ? 0 : 1;
}

/** @returns whether it could be measured; a missed target is a result, not a failure */
async function measure(benchmark: Benchmark, quick: boolean, signal: AbortSignal): Promise<boolean> {
  const { name } = benchmark;
  const missing = benchmark.missing?.() ?? null;
  if (missing !== null) {
    say(`${name}: left out, ${missing}`);
    return true;
  }
  const folder = mkdtempSync(join(tmpdir(), `rollbackd-bench-${name}-`));
  const [at, loadBefore] = [new Date().toISOString(), load()];
  say(`${name}: ${benchmark.summary}${quick ? ' (quick)' : ''}`);
  try {
    const progress = (line: string): void => say(`${name}: ${line}`);
    const measures = await benchmark.run({ quick, folder, progress, signal });
    const circumstances = { at, quick, machine: machine(loadBefore) };
    for (const result of measures) {
      const line = JSON.stringify({ bench: name, ...result, ...circumstances });
      appendFileSync(results, `${line}\n`);
      console.log(line);
      say(`${name}: ${told(result)}`);
    }
    return true;
  } catch (error) {
    say(`${name}: broke: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function told({ measure, unit, median, p99, repetitions, target, met }: Measure): string {
  const numbers =
    repetitions === 1 ? `${median} ${unit}` : `median ${median}, p99 ${p99} ${unit} (${repetitions})`;
  const verdict =
    target === undefined
      ? ''
      : `; target ${target.of} ≤ ${target.atMost}: ${met === true ? 'met' : 'MISSED'}`;
  return `${measure}: ${numbers}${verdict}`;
}

function say(line: string): void {
  console.error(line);
}
