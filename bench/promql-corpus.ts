import { Agent, request } from 'node:http';
import { createEngine } from '../src/promql/engine.ts';
import type { MemoryStore } from '../src/promql/memory-store.ts';
import { parseQuery } from '../src/promql/parse.ts';
import { PrometheusOfSamples, type SampledSeries } from '../test/e2e/prometheus-of-samples.ts';
import { goldenSets, type GoldenCase } from '../test/promql/golden-cases.ts';
import type { BenchContext } from './benchmark.ts';
import { measured, type Measure } from './samples.ts';

/**
 * All golden queries that have a result, one after another: by the engine, each parsed again, and by the Prometheus of
 * this machine, over one connection. What that one rejects is left out on both sides.
 */
export async function corpus({ quick, progress, signal }: BenchContext): Promise<Measure[]> {
  // The last set is the largest of those that are there.
  const set = goldenSets().at(-1);
  if (set === undefined) throw new Error('there are no golden results');
  const { store, cases } = set.read();
  const prometheus = await PrometheusOfSamples.start(seriesOf(store));
  const connection = new Connection(prometheus.url);
  try {
    const succeeding = cases.filter(({ result }) => result !== undefined);
    const asked = await accepted(succeeding, connection);
    progress(`${asked.length} of ${cases.length} queries of ${set.name}`);
    const rounds = await compared(asked, { store, connection, rounds: quick ? 2 : 10, progress, signal });
    const facts = {
      answersOf: set.name,
      queries: asked.length,
      failingEverywhere: cases.length - succeeding.length,
      rejectedByThisPrometheus: succeeding.length - asked.length,
      series: store.seriesCount,
    };
    return measuresOf(rounds, facts);
  } finally {
    connection.close();
    await prometheus.stop();
  }
}

/** Milliseconds that all queries together took. */
interface Round {
  readonly engine: number;
  readonly prometheus: number;
  /** As many constants, over the same connection: what asking costs. */
  readonly constants: number;
}

function measuresOf(rounds: readonly Round[], facts: Readonly<Record<string, string | number>>): Measure[] {
  const one = (measure: string, of: (round: Round) => number): Measure =>
    measured({ measure, unit: 'ms' }, rounds.map(of), { facts });
  return [
    one('golden queries, parsed and evaluated', ({ engine }) => engine),
    one('golden queries, asked of Prometheus', ({ prometheus }) => prometheus),
    one('as many constants, asked of Prometheus', ({ constants }) => constants),
    measured(
      { measure: 'golden queries, engine to Prometheus', unit: 'ratio' },
      rounds.map(({ engine, prometheus }) => engine / prometheus),
      { target: { of: 'max', atMost: 3 }, facts },
    ),
  ];
}

function seriesOf(store: MemoryStore): readonly SampledSeries[] {
  return store.select([]).map((view) => {
    const { labels, length } = view;
    const [times, values] = [new Float64Array(length), new Float64Array(length)];
    view.read(0, length, times, values);
    return { labels, times: [...times], values: [...values] };
  });
}

async function accepted(
  cases: readonly GoldenCase[],
  connection: Connection,
): Promise<readonly GoldenCase[]> {
  const kept: GoldenCase[] = [];
  for (const golden of cases) if ((await connection.get(pathOf(golden))) === 200) kept.push(golden);
  if (kept.length < cases.length / 2) throw new Error(`Prometheus accepts ${kept.length} of ${cases.length}`);
  return kept;
}

interface Comparison {
  readonly store: MemoryStore;
  readonly connection: Connection;
  readonly rounds: number;
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
}

async function compared(asked: readonly GoldenCase[], comparison: Comparison): Promise<readonly Round[]> {
  const { store, connection, rounds, progress, signal } = comparison;
  const paths = asked.map(pathOf);
  const constants = paths.map(() => '/api/v1/query?query=1');
  const done: Round[] = [];
  for (let count = 0; count <= rounds && !signal.aborted; count++) {
    const engine = evaluateAll(asked, store);
    const round = {
      engine,
      prometheus: await connection.all(paths),
      constants: await connection.all(constants),
    };
    progress(`engine ${engine.toFixed(0)} ms, Prometheus ${round.prometheus.toFixed(0)} ms`);
    // In the first round V8 compiles.
    if (count > 0) done.push(round);
  }
  return done;
}

function evaluateAll(asked: readonly GoldenCase[], store: MemoryStore): number {
  const engine = createEngine();
  const begun = performance.now();
  for (const { kind, query, time, start, end, step } of asked) {
    const expression = parseQuery(query);
    if (kind === 'instant') engine.instant(expression, store, ms(time));
    else engine.range(expression, store, { fromMs: ms(start), toMs: ms(end), stepMs: ms(step) });
  }
  return performance.now() - begun;
}

function pathOf({ kind, query, time, start, end, step }: GoldenCase): string {
  const asked =
    kind === 'instant'
      ? { query, time: String(time) }
      : { query, start: String(start), end: String(end), step: String(step) };
  return `/api/v1/${kind === 'instant' ? 'query' : 'query_range'}?${new URLSearchParams(asked).toString()}`;
}

function ms(seconds = 0): number {
  return Math.round(seconds * 1_000);
}

/** One connection, kept open. */
class Connection {
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(url: string) {
    this.#url = url;
  }

  /** @returns how long it took until all answers were read, in ms */
  async all(paths: readonly string[]): Promise<number> {
    const begun = performance.now();
    for (const path of paths) {
      const status = await this.get(path);
      if (status !== 200) throw new Error(`GET ${path}: ${status}`);
    }
    return performance.now() - begun;
  }

  /** Reads the whole answer and forgets it. */
  get(path: string): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const asking = request(new URL(path, this.#url), { agent: this.#agent }, (answer) => {
      answer.on('end', () => resolve(answer.statusCode ?? 0)).resume();
    });
    asking.on('error', reject).end();
    return promise;
  }

  close(): void {
    this.#agent.destroy();
  }
}
