import { fork } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { stringify } from 'yaml';
import { systemClock } from '../src/app/clock.ts';
import { httpClient } from '../src/clients/http.ts';
import { Scraper } from '../src/detect/scrape/scraper.ts';
import type { ScrapePage } from '../src/domain/scraping.ts';
import { MemoryStore } from '../src/promql/memory-store.ts';
import type { BenchContext, Benchmark } from './benchmark.ts';
import { DaemonProcess } from './daemon-process.ts';
import { freePort, run, untilReady } from './programs.ts';
import { measured, type Measure } from './samples.ts';

const prometheus = '/usr/bin/prometheus';
const [pages, seriesPerPage, everyMs] = [200, 1_000, 5_000];
const retentionMs = 120_000;
const forMs = 2_000;

/**
 * What scraping costs: 200 pages of 1,000 series every 5 s, served by another process. Then how soon it sees: a gauge
 * goes over its threshold, and a rule of rollbackd that scrapes the page every second and an alert of Prometheus that
 * does the same, both with `for: 2s`, are complete.
 */
export const scrape: Benchmark = {
  name: 'scrape',
  summary: 'cost of 200 pages × 1,000 series every 5 s; fault → rule complete, beside Prometheus',
  missing: () => (existsSync(prometheus) ? null : 'the Debian package prometheus is not installed'),
  async run(context) {
    return [...(await cost(context)), ...(await detection(context))];
  },
};

async function cost({ quick, progress, signal }: BenchContext): Promise<Measure[]> {
  const { server, port } = await servePages();
  const clock = systemClock();
  const store = new MemoryStore({ retentionMs, maxSeries: 250_000 });
  const before = memoryMiB();
  const scraper = new Scraper({ http: httpClient({ clock }), clock, store });
  scraper.configure(Array.from({ length: pages }, (_, index) => pageOf(index, port)));
  const stop = new AbortController();
  const ended = scraper.start(stop.signal);
  try {
    // The first rounds read every series for the first time, and fill the rings.
    await pause(quick ? 3 * everyMs : retentionMs + 2 * everyMs);
    const cpu: number[] = [];
    for (let round = 0; round < (quick ? 3 : 12) && !signal.aborted; round++) {
      const [used, begun] = [process.cpuUsage(), performance.now()];
      await pause(everyMs);
      const { user, system } = process.cpuUsage(used);
      cpu.push((100 * (user + system)) / 1_000 / (performance.now() - begun));
      progress(`round ${round + 1}: ${cpu.at(-1)?.toFixed(1)} % of one core, ${store.seriesCount} series`);
    }
    const failed = scraper.views().filter(({ last }) => last === null || last.problem !== null);
    if (failed.length > 0)
      throw new Error(`${failed.length} pages were not scraped: ${failed[0]?.last?.problem}`);
    const [taken, computed] = [memoryMiB() - before, store.bytes() / 2 ** 20];
    const facts = { pages, seriesPerPage, every: '5s', retention: '2m', series: store.seriesCount };
    return [
      measured({ measure: 'scraping, CPU', unit: 'percent of one core' }, cpu, {
        target: { of: 'median', atMost: 33.3 },
        facts,
      }),
      measured({ measure: 'scraping, memory of the series', unit: 'MiB' }, [taken], { facts }),
      measured(
        { measure: 'scraping, memory against computed, distance from 1', unit: 'ratio' },
        [Math.abs(taken / computed - 1)],
        { target: { of: 'max', atMost: 0.2 }, facts: { ...facts, computedMiB: Math.round(computed) } },
      ),
    ];
  } finally {
    stop.abort();
    await ended;
    server.kill();
  }
}

function pageOf(index: number, port: number): ScrapePage {
  return {
    name: `page-${index}`,
    url: `http://127.0.0.1:${port}/${index}`,
    everyMs,
    timeoutMs: everyMs,
    labels: { job: `page-${index}`, instance: `127.0.0.1:${port}` },
    honorLabels: false,
    honorTimestamps: true,
    headers: {},
    maxBytes: 10 * 2 ** 20,
    maxSeries: 10_000,
  };
}

async function servePages() {
  const server = fork(join(import.meta.dirname, 'scrape-pages.ts'), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const port = await new Promise<number>((resolve) =>
    server.once('message', (said) => resolve(Number(said))),
  );
  return { server, port };
}

/** What lives on the heap and in typed arrays, after two collections. */
function memoryMiB(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 2 ** 20;
}

async function detection({ quick, folder, progress, signal }: BenchContext): Promise<Measure[]> {
  const samples = { rollbackd: [] as number[], prometheus: [] as number[] };
  for (let number = 0; number < (quick ? 3 : 20) && !signal.aborted; number++) {
    await using undo = new AsyncDisposableStack();
    const place = join(folder, `fault-${number}`);
    mkdirSync(place);
    // How everybody's grids lie to each other decides up to a second: each fault begins with fresh ones.
    const took = await fault(place, undo);
    samples.rollbackd.push(took.rollbackd);
    samples.prometheus.push(took.prometheus);
    progress(
      `fault ${number + 1}: rollbackd ${Math.round(took.rollbackd)} ms, Prometheus ${Math.round(took.prometheus)} ms`,
    );
  }
  const facts = { scrape: '1s', every: '1s', for: '2s' };
  return [
    measured({ measure: 'fault to rule complete, rollbackd scraping', unit: 'ms' }, samples.rollbackd, {
      target: { of: 'max', atMost: forMs + 1_200 },
      facts,
    }),
    measured({ measure: 'fault to alert firing, Prometheus', unit: 'ms' }, samples.prometheus, { facts }),
  ];
}

async function fault(folder: string, undo: AsyncDisposableStack) {
  const service = await FailingService.start();
  undo.defer(() => service.close());
  const port = await freePort();
  writeAlerting(folder, service.port);
  run(undo, prometheus, [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'tsdb')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
  await untilReady(`http://127.0.0.1:${port}/-/ready`);
  const daemon = undo.use(new DaemonProcess(writeRules(folder, service.port)));
  await untilReady(`${await daemon.url()}/readyz`);
  await pause(4_000 + Math.random() * 1_000);
  const opened = daemon.line((line) => line.includes('incident.opened'), 30_000);
  const firing = service.alerted();
  const begunAt = performance.now();
  service.failing = true;
  const [seen, told] = await Promise.all([opened, firing]);
  return { rollbackd: seen.at - begunAt, prometheus: told - begunAt };
}

/** A service with a page of metrics, which is also whom Prometheus sends its alerts to. */
class FailingService {
  readonly #server: Server;
  readonly #alert = Promise.withResolvers<number>();
  failing = false;

  private constructor() {
    this.#server = createServer((request, response) => {
      const at = performance.now();
      request.resume();
      if (request.url === '/metrics')
        response
          .setHeader('content-type', 'text/plain; version=0.0.4')
          .end(`shop_error_ratio{service="shop"} ${this.failing ? 0.9 : 0.01}\n`);
      else response.end('{}');
      if (request.method === 'POST') this.#alert.resolve(at);
    });
  }

  static async start(): Promise<FailingService> {
    const service = new FailingService();
    await new Promise<void>((resolve) => service.#server.listen(0, '127.0.0.1', resolve));
    return service;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** When Prometheus sent its first alert, `performance.now()`. */
  alerted(): Promise<number> {
    return this.#alert.promise;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

function writeAlerting(folder: string, port: number): void {
  const write = (name: string, content: unknown): void =>
    writeFileSync(join(folder, name), stringify(content));
  const rule = { alert: 'Errors', expr: 'max by (service) (shop_error_ratio) > 0.5', for: `${forMs}ms` };
  write('alerts.yml', { groups: [{ name: 'shop', interval: '1s', rules: [rule] }] });
  const targets = [`127.0.0.1:${port}`];
  write('prometheus.yml', {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: [join(folder, 'alerts.yml')],
    alerting: { alertmanagers: [{ static_configs: [{ targets }] }] },
    scrape_configs: [{ job_name: 'shop', static_configs: [{ targets }] }],
  });
}

/** @returns path of the configuration */
function writeRules(folder: string, port: number): string {
  const pack = join(folder, 'rules', 'shop');
  mkdirSync(pack, { recursive: true });
  const write = (path: string, content: unknown): string => {
    writeFileSync(path, stringify(content));
    return path;
  };
  const errors = {
    every: '1s',
    scrape: { query: 'max by (service) (shop_error_ratio)' },
    levels: { critical: { above: '50%', for: `${forMs}ms`, do: 'investigate' } },
  };
  write(join(pack, 'rules.yaml'), { rules: { errors } });
  write(join(pack, 'playbooks.yaml'), { playbooks: { pause: { steps: [{ wait: { for: '1s' } }] } } });
  return write(join(folder, 'rollbackd.yaml'), {
    version: 1,
    environment: 'bench',
    include: ['rules/shop'],
    store: `sqlite:${join(folder, 'rollbackd.db')}`,
    listen: '127.0.0.1:0',
    scrape: { every: '1s' },
    targets: {
      shop: {
        link: join(folder, 'current'),
        rules: ['shop'],
        playbook: 'pause',
        metrics: `http://127.0.0.1:${port}/metrics`,
      },
    },
  });
}
