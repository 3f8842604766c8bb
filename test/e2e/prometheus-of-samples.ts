import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { numberText } from '../promql/golden-cases.ts';
import { freePort } from './ports.ts';
import { until } from './until.ts';

/** Samples of one series, oldest first. */
export interface SampledSeries {
  readonly labels: Readonly<Record<string, string>>;
  /** Epoch ms. */
  readonly times: readonly number[];
  readonly values: readonly number[];
}

/** When a query is asked, in epoch ms: once, or at every step. */
export type Asked =
  { readonly atMs: number } | { readonly fromMs: number; readonly toMs: number; readonly stepMs: number };

/** The body of an answer of Prometheus. */
export interface PrometheusAnswer {
  readonly status: 'success' | 'error';
  readonly data?: { readonly resultType: string; readonly result: unknown };
  readonly errorType?: string;
  readonly error?: string;
}

/** A real Prometheus that scrapes nothing and answers from the samples it was given. */
export class PrometheusOfSamples {
  readonly url: string;
  readonly #folder: string;
  readonly #child: ChildProcess;

  private constructor(url: string, folder: string, child: ChildProcess) {
    this.url = url;
    this.#folder = folder;
    this.#child = child;
  }

  static async start(series: readonly SampledSeries[]): Promise<PrometheusOfSamples> {
    const folder = mkdtempSync(join(tmpdir(), 'rd-samples-'));
    const data = join(folder, 'data');
    const config = join(folder, 'prometheus.yml');
    writeFileSync(config, '{}');
    writeFileSync(join(folder, 'samples.om'), openMetrics(series));
    const create = ['tsdb', 'create-blocks-from', 'openmetrics', join(folder, 'samples.om'), data];
    execFileSync('promtool', create, { stdio: ['ignore', 'ignore', 'pipe'] });
    const host = `127.0.0.1:${await freePort()}`;
    const args = [
      `--config.file=${config}`,
      `--storage.tsdb.path=${data}`,
      '--storage.tsdb.retention.time=100y',
      `--web.listen-address=${host}`,
      '--log.level=error',
    ];
    const child = spawn('prometheus', args, { stdio: 'ignore' });
    const prometheus = new PrometheusOfSamples(`http://${host}`, folder, child);
    await prometheus.#ready();
    return prometheus;
  }

  async ask(query: string, asked: Asked): Promise<PrometheusAnswer> {
    const [path, times] =
      'atMs' in asked
        ? ['query', { time: seconds(asked.atMs) }]
        : [
            'query_range',
            { start: seconds(asked.fromMs), end: seconds(asked.toMs), step: seconds(asked.stepMs) },
          ];
    const body = new URLSearchParams({ query, ...times });
    const answer = await fetch(`${this.url}/api/v1/${path}`, { method: 'POST', body });
    return (await answer.json()) as PrometheusAnswer;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const gone = new Promise((resolve) => this.#child.once('exit', resolve));
      this.#child.kill('SIGKILL');
      await gone;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #ready(): Promise<void> {
    const answers = async (): Promise<boolean> =>
      fetch(`${this.url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
    await until('Prometheus is ready', answers);
  }
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3);
}

/** Samples as OpenMetrics text: each metric in one piece, without types. */
function openMetrics(series: readonly SampledSeries[]): string {
  const byName = Map.groupBy(series, ({ labels }) => labels['__name__'] ?? '');
  const lines: string[] = [];
  for (const all of byName.values()) {
    for (const { labels, times, values } of all) {
      const written = seriesText(labels);
      for (const [index, ms] of times.entries())
        lines.push(`${written} ${numberText(values[index] ?? 0)} ${seconds(ms)}`);
    }
  }
  return `${lines.join('\n')}\n# EOF\n`;
}

function seriesText({ __name__ = '', ...labels }: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `${__name__}{${pairs.join(',')}}`;
}
