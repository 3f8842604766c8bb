import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { stringify } from 'yaml';
import type { Benchmark } from './benchmark.ts';
import { DaemonProcess } from './daemon-process.ts';
import { freePort, run, untilReady } from './programs.ts';
import { measured, type Measure } from './samples.ts';

const programs = { prometheus: '/usr/bin/prometheus', alertmanager: '/usr/bin/prometheus-alertmanager' };

const sides = ['rollbackd', 'direct', 'alertmanager'] as const;
const faultsPerStage = 3;

/**
 * The same fault seen by both in one run: a gauge that Prometheus scrapes every second goes over its threshold.
 * On one side an alert with `for: 2s` goes through Alertmanager to a webhook; on the other rollbackd asks the same
 * Prometheus with `for: 2s` and calls the first step of its rollback. A second target of rollbackd is probed directly:
 * three failures in a row, one second apart, are as long. All ends are requests to the same receiver.
 */
export const alertmanager: Benchmark = {
  name: 'alertmanager',
  summary: 'fault → rollback started, side by side with Prometheus + Alertmanager + webhook',
  missing: () =>
    Object.values(programs).find((path) => !existsSync(path)) === undefined
      ? null
      : 'the Debian packages prometheus and prometheus-alertmanager are not installed',
  async run(context) {
    const samples = { rollbackd: [] as number[], direct: [] as number[], alertmanager: [] as number[] };
    const stages = context.quick ? 1 : 7;
    for (let number = 0; number < stages && !context.signal.aborted; number++) {
      await using undo = new AsyncDisposableStack();
      const folder = join(context.folder, String(number));
      mkdirSync(folder);
      // How everybody's grids lie to each other decides up to a second: each stage and each start has others.
      const stage = await setStage(folder, undo);
      for (let count = 0; count < faultsPerStage; count++) {
        const took = await fault(stage, count);
        for (const side of sides) samples[side].push(took[side]);
        const told = sides.map((side) => `${side} ${Math.round(took[side])} ms`).join(', ');
        context.progress(`fault ${number * faultsPerStage + count + 1}: ${told}`);
      }
    }
    return report(samples);
  },
};

function report(
  samples: Readonly<Record<'rollbackd' | 'direct' | 'alertmanager', readonly number[]>>,
): Measure[] {
  const facts = { interval: '1s', for: '2s', group_wait: '0s' };
  const apart = samples.rollbackd.map((ms, index) => ms - (samples.alertmanager[index] ?? Number.NaN));
  return [
    measured({ measure: 'fault to rollback started, rollbackd', unit: 'ms' }, samples.rollbackd, { facts }),
    measured({ measure: 'fault to rollback started, rollbackd probing itself', unit: 'ms' }, samples.direct, {
      facts: { interval: '1s', failures: 3 },
    }),
    measured(
      { measure: 'fault to webhook called, Prometheus + Alertmanager', unit: 'ms' },
      samples.alertmanager,
      {
        facts,
      },
    ),
    measured({ measure: 'rollbackd minus Alertmanager, paired', unit: 'ms' }, apart, { facts }),
  ];
}

/** The service that fails, and who is told of it. */
class Receiver {
  readonly #server: Server;
  readonly #heard = new Map<string, (at: number) => void>();
  /** 0.9 while the fault is on, labelled with its number so that each fault is an alert of its own. */
  fault: number | null = null;

  private constructor() {
    this.#server = createServer((request, response) => {
      const at = performance.now();
      const path = request.url ?? '';
      request.resume();
      if (path === '/metrics') {
        response.setHeader('content-type', 'text/plain').end(this.#page());
        return;
      }
      if (path === '/health') response.statusCode = this.fault === null ? 200 : 500;
      response.end('{}');
      this.#heard.get(path)?.(at);
    });
  }

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    const { promise, resolve } = Promise.withResolvers<void>();
    receiver.#server.listen(0, '127.0.0.1', resolve);
    await promise;
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Resolves to when the path is asked for next, `performance.now()`. */
  async next(path: string, withinMs: number): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#heard.set(path, resolve);
    const timer = setTimeout(
      () => reject(new Error(`nobody called ${path} within ${withinMs} ms`)),
      withinMs,
    );
    return promise.finally(() => clearTimeout(timer));
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #page(): string {
    const ok = 'shop_error_ratio{service="shop",fault="none"} 0.01\n';
    return this.fault === null ? ok : `${ok}shop_error_ratio{service="shop",fault="${this.fault}"} 0.9\n`;
  }
}

interface Stage {
  readonly receiver: Receiver;
  readonly configPath: string;
}

async function fault({ receiver, configPath }: Stage, count: number) {
  await using daemon = new DaemonProcess(configPath);
  const url = await daemon.url();
  await untilReady(`${url}/readyz`);
  await pause(2_500 + Math.random() * 1_000);
  const calls = ['/rollback', '/direct', '/webhook'].map((path) => receiver.next(path, 30_000));
  const begunAt = performance.now();
  receiver.fault = count;
  const [rollbackd = 0, direct = 0, told = 0] = (await Promise.all(calls)).map((at) => at - begunAt);
  receiver.fault = null;
  await closed(url);
  return { rollbackd, direct, alertmanager: told };
}

/** Until the incident is closed and the readings are good again. */
async function closed(url: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    await pause(250);
    const answer = await fetch(`${url}/metrics`);
    if (!(await answer.text()).includes('rollbackd_incidents{')) return pause(2_000);
  }
  throw new Error('the incident did not close');
}

async function setStage(folder: string, undo: AsyncDisposableStack): Promise<Stage> {
  const receiver = await Receiver.start();
  undo.defer(() => receiver.close());
  const [prometheusPort, alertmanagerPort] = [await freePort(), await freePort()];
  writeAlerting(folder, { receiver: receiver.port, alertmanager: alertmanagerPort });
  run(undo, programs.alertmanager, [
    `--config.file=${join(folder, 'alertmanager.yml')}`,
    `--storage.path=${join(folder, 'alertmanager')}`,
    `--web.listen-address=127.0.0.1:${alertmanagerPort}`,
    '--cluster.listen-address=',
  ]);
  run(undo, programs.prometheus, [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'tsdb')}`,
    `--web.listen-address=127.0.0.1:${prometheusPort}`,
  ]);
  await untilReady(`http://127.0.0.1:${alertmanagerPort}/-/ready`);
  await untilReady(`http://127.0.0.1:${prometheusPort}/-/ready`);
  await pause(3_000);
  const configPath = writeRules(folder, { receiver: receiver.port, prometheus: prometheusPort });
  return { receiver, configPath };
}

function writeAlerting(
  folder: string,
  port: { readonly receiver: number; readonly alertmanager: number },
): void {
  const write = (name: string, content: unknown): void =>
    writeFileSync(join(folder, name), stringify(content));
  write('alerts.yml', {
    groups: [
      {
        name: 'shop',
        interval: '1s',
        rules: [{ alert: 'Errors', expr: 'max by (service, fault) (shop_error_ratio) > 0.5', for: '2s' }],
      },
    ],
  });
  write('prometheus.yml', {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: [join(folder, 'alerts.yml')],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${port.alertmanager}`] }] }] },
    scrape_configs: [{ job_name: 'shop', static_configs: [{ targets: [`127.0.0.1:${port.receiver}`] }] }],
  });
  write('alertmanager.yml', {
    route: {
      receiver: 'hook',
      group_by: ['fault'],
      group_wait: '0s',
      group_interval: '1s',
      repeat_interval: '1h',
    },
    receivers: [
      {
        name: 'hook',
        webhook_configs: [{ url: `http://127.0.0.1:${port.receiver}/webhook`, send_resolved: false }],
      },
    ],
  });
}

/** @returns path of the configuration */
function writeRules(
  folder: string,
  port: { readonly receiver: number; readonly prometheus: number },
): string {
  const here = `http://127.0.0.1:${port.receiver}`;
  const common = { every: '1s', blame: 'off' };
  writePack(folder, 'metrics', `${here}/rollback`, {
    ...common,
    summary: 'Share of requests that fail',
    prometheus: { query: 'max by (service) (shop_error_ratio)' },
    levels: { critical: { above: '50%', for: '2s' } },
  });
  writePack(folder, 'probes', `${here}/direct`, {
    ...common,
    summary: 'The health endpoint answers',
    http: { url: `${here}/health`, timeout: '1s' },
    levels: { critical: { failures: 3 } },
  });
  const path = join(folder, 'rollbackd.yaml');
  const target = (pack: string) => ({
    link: join(folder, `current-${pack}`),
    rules: [pack],
    playbook: `${pack}/call`,
    labels: { service: 'shop' },
  });
  const configuration = {
    version: 1,
    environment: 'bench',
    mode: 'auto',
    include: ['rules/metrics', 'rules/probes'],
    store: `sqlite:${join(folder, 'rollbackd.db')}`,
    listen: '127.0.0.1:0',
    prometheus: { url: `http://127.0.0.1:${port.prometheus}` },
    budget: { rollbacks: 1_000, per: '1h' },
    defaults: { cooldown: '0s' },
    targets: { measured: target('metrics'), probed: target('probes') },
  };
  writeFileSync(path, stringify(configuration));
  return path;
}

/** One rule, and a playbook of one call. */
function writePack(folder: string, name: string, url: string, rule: unknown): void {
  const pack = join(folder, 'rules', name);
  mkdirSync(pack, { recursive: true });
  const write = (file: string, content: unknown): void => writeFileSync(join(pack, file), stringify(content));
  write('rules.yaml', { rules: { errors: rule } });
  const call = { steps: [{ http: { url } }], verify: { settle: '0s' } };
  write('playbooks.yaml', { playbooks: { call } });
}
