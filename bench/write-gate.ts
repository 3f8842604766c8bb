import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import type { BenchContext, Benchmark } from './benchmark.ts';
import { freePort, run, untilReady } from './programs.ts';
import { measured, type Measure } from './samples.ts';

const nginx = '/usr/sbin/nginx';
const body = 'x'.repeat(1_024);
const connections = 32;

/** What the write gate costs, beside nginx as Debian has it in the same place. */
export const writeGate: Benchmark = {
  name: 'write-gate',
  summary: 'the gate in front of a service, beside nginx as a plain proxy: added latency, throughput, start',
  missing: () => (existsSync(nginx) ? null : 'nginx is not installed (apt-get install nginx-light)'),
  run: measureAll,
};

interface Fronts {
  readonly direct: number;
  readonly gate: number;
  readonly plain: number;
  readonly kept: number;
}

async function measureAll({ folder, quick, progress, signal }: BenchContext): Promise<readonly Measure[]> {
  await using undo = new AsyncDisposableStack();
  const { fronts, startedMs } = await start(undo, folder);
  const [rounds, perRound, secondsMs] = quick ? [3, 300, 1_000] : [10, 1_000, 3_000];
  const alone: Record<'direct' | 'gate' | 'plain', number[]> = { direct: [], gate: [], plain: [] };
  const rates: Record<'gate' | 'plain' | 'kept', number[]> = { gate: [], plain: [], kept: [] };
  // In turns, so that whatever else this machine does meets all of them.
  for (let round = 0; round < rounds && !signal.aborted; round++) {
    for (const way of ['direct', 'gate', 'plain'] as const)
      alone[way].push(median(await oneAfterTheOther(fronts[way], perRound)));
    for (const way of ['gate', 'plain', 'kept'] as const)
      rates[way].push(await perSecond(fronts[way], secondsMs));
    progress(`round ${round + 1}: gate ${rates.gate.at(-1)}, nginx ${rates.plain.at(-1)} requests a second`);
  }
  const share = (of: readonly number[]): number[] =>
    rates.gate.map((rate, round) => (of[round] ?? Number.NaN) / rate);
  const added = (way: readonly number[]): number[] =>
    way.map((ms, round) => ms - (alone.direct[round] ?? Number.NaN));
  const facts = { requestsPerSecond: Math.round(median(rates.gate)), bodyBytes: body.length, connections };
  return [
    measured({ measure: 'added to the median answer', unit: 'ms' }, added(alone.gate), {
      target: { of: 'median', atMost: 0.5 },
    }),
    measured({ measure: 'added to the median answer by nginx', unit: 'ms' }, added(alone.plain)),
    measured(
      { measure: 'throughput of nginx as a plain proxy over that of the gate', unit: 'ratio' },
      share(rates.plain),
      {
        target: { of: 'median', atMost: Number((1 / 0.6).toPrecision(4)) },
        facts: { ...facts, nginx: Math.round(median(rates.plain)) },
      },
    ),
    measured(
      { measure: 'throughput of nginx with kept connections over that of the gate', unit: 'ratio' },
      share(rates.kept),
      { facts: { ...facts, nginx: Math.round(median(rates.kept)) } },
    ),
    measured({ measure: 'spawn to the first answer through the gate', unit: 'ms' }, startedMs, {
      target: { of: 'median', atMost: 300 },
    }),
  ];
}

/** The service is an nginx, too: it costs little, and so favours nobody. */
async function start(
  undo: AsyncDisposableStack,
  folder: string,
): Promise<{ readonly fronts: Fronts; readonly startedMs: readonly number[] }> {
  const fronts: Fronts = {
    direct: await freePort(),
    gate: await freePort(),
    plain: await freePort(),
    kept: await freePort(),
  };
  writeFileSync(join(folder, 'nginx.conf'), configuration(folder, fronts));
  mkdirSync(join(folder, 'tmp'));
  run(undo, nginx, ['-c', join(folder, 'nginx.conf'), '-p', folder]);
  await untilReady(`http://127.0.0.1:${fronts.plain}/`);
  const startedMs: number[] = [];
  // The first one compiles, and is stopped again; the last one stays.
  for (let count = 0; count < 6; count++) {
    await using one = new AsyncDisposableStack();
    const spawnedAt = performance.now();
    gate(one, folder, fronts);
    await untilAnswers(fronts.gate);
    if (count > 0) startedMs.push(performance.now() - spawnedAt);
  }
  gate(undo, folder, fronts);
  await untilAnswers(fronts.gate);
  return { fronts, startedMs };
}

function gate(undo: AsyncDisposableStack, folder: string, { gate, direct }: Fronts): void {
  const main = join(dirname(import.meta.dirname), 'src', 'main.ts');
  const child = spawn(
    process.execPath,
    [
      main,
      'write-gate',
      `--listen=127.0.0.1:${gate}`,
      `--upstream=http://127.0.0.1:${direct}`,
      `--control=unix:${join(folder, 'gate.sock')}`,
      `--state=${join(folder, 'gate.json')}`,
    ],
    { stdio: 'ignore' },
  );
  const ended = new Promise((resolve) => child.once('exit', resolve));
  undo.defer(async () => {
    if (child.exitCode === null && child.kill('SIGTERM')) await ended;
  });
}

function configuration(folder: string, { direct, plain, kept }: Fronts): string {
  return `
daemon off;
worker_processes auto;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 768; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/tmp/${kind};`).join('\n  ')}
  upstream service { server 127.0.0.1:${direct}; keepalive 64; }
  server { listen 127.0.0.1:${direct}; location / { return 200 "${body}"; } }
  server { listen 127.0.0.1:${plain}; location / { proxy_pass http://127.0.0.1:${direct}; } }
  server {
    listen 127.0.0.1:${kept};
    location / { proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://service; }
  }
}
`;
}

/** Tries every 2 ms, so that the start is measured and not the waiting. */
async function untilAnswers(port: number): Promise<void> {
  for (let tries = 0; tries < 5_000; tries++) {
    const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => null);
    await answer?.arrayBuffer();
    if (answer?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  throw new Error('the gate did not start');
}

/** Latencies of requests on one connection, in ms. */
async function oneAfterTheOther(port: number, requests: number): Promise<number[]> {
  const samples: number[] = [];
  const warmUp = 50;
  await load(port, (at, count) => {
    if (count > warmUp) samples.push(at);
    return count < requests + warmUp;
  });
  return samples;
}

/** Requests a second over many connections, each with one request at a time. */
async function perSecond(port: number, forMs: number): Promise<number> {
  const until = performance.now() + forMs;
  let answers = 0;
  await Promise.all(
    Array.from({ length: connections }, () =>
      load(port, () => {
        answers += 1;
        return performance.now() < until;
      }),
    ),
  );
  return Math.round((answers / forMs) * 1_000);
}

/** Asks on one kept connection for as long as it is wanted. Reads no more of an answer than how long it is. */
function load(port: number, answered: (tookMs: number, count: number) => boolean): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const request = Buffer.from('GET / HTTP/1.1\r\nHost: shop.example\r\nAccept: */*\r\n\r\n');
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  let [askedAt, count, received, whole] = [0, 0, 0, 0];
  const ask = (): void => {
    [askedAt, received, whole] = [performance.now(), 0, 0];
    socket.write(request);
  };
  socket.on('connect', ask);
  socket.on('data', (chunk: Buffer) => {
    if (received === 0) whole = chunk.indexOf('\r\n\r\n') + 4 + body.length;
    received += chunk.length;
    if (received < whole) return;
    count += 1;
    if (answered(performance.now() - askedAt, count)) ask();
    else socket.end();
  });
  socket.on('error', reject);
  socket.on('close', () => resolve());
  return promise;
}

function median(samples: readonly number[]): number {
  return samples.toSorted((a, b) => a - b)[Math.floor(samples.length / 2)] ?? Number.NaN;
}
