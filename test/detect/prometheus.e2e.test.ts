import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { httpClient } from '../../src/clients/http.ts';
import { prometheusAnswerer } from '../../src/clients/prometheus.ts';
import { promqlSource } from '../../src/detect/sources/promql.ts';
import { read, subjects } from './sources/reading.ts';

/** A real Prometheus that scrapes a page of this test every second. */
class Scraped {
  page = '';
  readonly url: string;
  readonly #server: Server;
  readonly #child: ChildProcess;
  readonly #folder: string;

  static async start(): Promise<Scraped> {
    const folder = mkdtempSync(join(tmpdir(), 'rollbackd-prometheus-'));
    const server = createServer((_, response) => response.end(scraped.page));
    const page = await listen(server);
    const port = await freePort();
    writeFileSync(
      join(folder, 'prometheus.yml'),
      `global: { scrape_interval: 1s, scrape_timeout: 1s }
scrape_configs:
  - { job_name: shop, static_configs: [{ targets: ['127.0.0.1:${page}'] }] }
`,
    );
    const child = spawn(
      'prometheus',
      [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--query.max-samples=1000',
        '--log.level=error',
      ],
      { stdio: 'ignore' },
    );
    const scraped = new Scraped(`http://127.0.0.1:${port}`, { server, child, folder });
    return scraped;
  }

  constructor(url: string, parts: { server: Server; child: ChildProcess; folder: string }) {
    this.url = url;
    this.#server = parts.server;
    this.#child = parts.child;
    this.#folder = parts.folder;
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await gone;
  }

  async stop(): Promise<void> {
    await this.kill();
    this.#server.closeAllConnections();
    this.#server.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function listen(server: { listen(port: number, host: string, call: () => void): unknown } & object) {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return ((server as Server).address() as AddressInfo).port;
}

async function freePort(): Promise<number> {
  const server = createTcpServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const both = subjects(['backend', 'frontend']);
let prometheus: Scraped;

function source(url: string) {
  const clock = systemClock();
  const answerer = prometheusAnswerer({ http: httpClient({ clock }), url, timeoutMs: 5_000 });
  return promqlSource({ kind: 'prometheus', answerer, clock });
}

/** Asks until the answer is as expected: scrapes take their time. */
async function until(written: object, expected: object): Promise<void> {
  let last = {};
  for (let round = 0; round < 300; round++) {
    last = await read(source(prometheus.url), written, both);
    if (JSON.stringify(last) === JSON.stringify(expected)) return;
    await pause(100);
  }
  expect(last).toEqual(expected);
}

const all = (reading: string): object => ({ backend: reading, frontend: reading });
const everywhere = async (query: string): Promise<string> => {
  const answer = await read(source(prometheus.url), { query }, both);
  expect(answer['frontend']).toBe(answer['backend']);
  return answer['backend'] ?? '';
};

beforeAll(async () => {
  prometheus = await Scraped.start();
  prometheus.page = `errors{service="backend"} 3
requests{service="backend"} 4
requests{service="frontend"} 8
zero{service="backend"} 0
zero{service="frontend"} 0
pods{service="backend",pod="a"} 1
pods{service="backend",pod="b"} 1
pods{service="frontend",pod="c"} 1
`;
  await until({ query: 'requests' }, { backend: '4: 4', frontend: '8: 8' });
});

afterAll(() => prometheus.stop());

describe('a real Prometheus', () => {
  test('answers one query for all targets, and ratios whose errors never happened', async () => {
    await until(
      {
        ratio: { bad: 'sum by (service) (errors)', total: 'sum by (service) (requests)' },
        fresh: 'up',
        max_age: '30s',
      },
      { backend: '0.75: 75% (3 of 4)', frontend: '0: 0% (0 of 8)' },
    );
  });

  test('is unknown where it divides by zero', async () => {
    expect(await everywhere('zero / zero')).toBe('no_data: the value is NaN');
    expect(await everywhere('requests / zero')).toBe('no_data: the value is Infinity');
  });

  test('is unknown where it returns nothing, several series, or another type', async () => {
    expect(await everywhere('nothing_like_this')).toBe('no_data: no series');
    const pods = await read(source(prometheus.url), { query: 'pods' }, both);
    expect(pods).toEqual({
      backend: 'error: several series; aggregate to one for each target',
      frontend: '1: 1',
    });
    expect(await everywhere('requests[10s]')).toBe(
      'error: the query returned a matrix, expected an instant vector',
    );
    expect(await everywhere('"text"')).toBe('error: the query returned a string, expected an instant vector');
    expect(await everywhere('sum(requests)')).toMatch(
      /^error: the query returned one series without labels for 2/,
    );
    expect(await everywhere('42')).toMatch(/^error: the query returned a scalar for 2 targets/);
  });

  test('is unknown where it refuses the query, with what it said', async () => {
    expect(await everywhere('sum(')).toMatch(
      /^error: POST .* answered 400: invalid parameter "query": .*parse error/,
    );
    expect(await everywhere('requests + on (job) errors')).toMatch(/answered 422: .*many-to-/);
    expect(await everywhere('max_over_time(vector(1)[1h:1s])')).toMatch(/answered 422: .*too many samples/);
  });

  test('is unknown about a target whose samples have grown old', async () => {
    const fresh = { query: 'requests', fresh: 'requests', max_age: '1h' };
    await until(fresh, { backend: '4: 4', frontend: '8: 8' });
    prometheus.page = prometheus.page.replace('requests{service="frontend"} 8\n', '');
    await until(fresh, { backend: '4: 4', frontend: 'no_data: no sample of requests' });
  });

  test('is unknown when it is dead, for all targets', async () => {
    await prometheus.kill();
    const { host } = new URL(prometheus.url);
    const refused = `error: POST http://${host}/api/v1/query: the connection was refused (ECONNREFUSED)`;
    expect(await read(source(prometheus.url), { query: 'requests' }, both)).toEqual(all(refused));
  });
});
