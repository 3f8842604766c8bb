import { fork, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { RollbackError } from '../../domain/errors.ts';

/** The shop and its customers, running as child processes. */
export interface Stage {
  readonly dir: string;
  /** The configuration that the daemon is started with. */
  readonly configPath: string;
  deploy(release: number): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

interface Pieces {
  prepare(dir: string): {
    readonly current: string;
    readonly supervisor: string;
    readonly traffic: string;
    readonly restart: readonly string[];
  };
  deploy(dir: string, release: number): Promise<string>;
}

/** Lays out two releases behind a link, starts the first one and its customers, and writes a configuration for them. */
export async function setStage(): Promise<Stage> {
  const home = demoHome();
  const pieces = (await import(`${home}prepare.mjs`)) as Pieces;
  const dir = mkdtempSync(join(tmpdir(), 'rollbackd-demo-'));
  const { current, supervisor, traffic, restart } = pieces.prepare(dir);
  const port = await freePort();
  const shop = fork(supervisor, ['run', dir, String(port)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await saidRunning(shop);
  const customers = fork(traffic, [`http://127.0.0.1:${port}`, '20'], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  return {
    dir,
    configPath: writeConfiguration({ dir, current, restart, port, listen: await freePort() }),
    deploy: async (release) => {
      await pieces.deploy(dir, release);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([ended(customers), ended(shop)]);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** `demo/` lies above `src/` in a checkout and above `dist/` in the package. */
function demoHome(): string {
  for (const path of ['../../../demo/', '../../../../demo/']) {
    const url = new URL(path, import.meta.url);
    if (existsSync(url)) return fileURLToPath(url);
  }
  throw new RollbackError(
    'NOT_FOUND',
    'the files of the demo are not beside the program; it needs the whole package',
  );
}

interface Layout {
  readonly dir: string;
  readonly current: string;
  readonly restart: readonly string[];
  readonly port: number;
  readonly listen: number;
}

/** The durations are the demo's: production bakes for minutes and confirms for longer. */
function writeConfiguration({ dir, current, restart, port, listen }: Layout): string {
  const pack = join(dir, 'rules', 'shop');
  mkdirSync(pack, { recursive: true });
  const write = (path: string, content: unknown): string => {
    writeFileSync(path, stringify(content, { lineWidth: 0 }));
    return path;
  };
  const health = {
    url: '${target.address}/health',
    timeout: '1s',
    expect: { status: 200, json: { status: 'UP' } },
  };
  write(join(pack, 'rules.yaml'), {
    rules: { 'health-check': healthCheck(health), 'error-rate': errorRate },
  });
  write(join(pack, 'playbooks.yaml'), {
    playbooks: {
      release: {
        steps: [
          { evidence: { logs: 0 } },
          { 'link.rollback': { to: 'last_good', restart: { run: [...restart] } } },
        ],
        verify: {
          settle: '1s',
          infrastructure: { within: '10s', checks: [{ disk: { path: dir, measure: 'free' }, above: '1%' }] },
          connectivity: { within: '10s', checks: [{ tcp: { host: '127.0.0.1', port, timeout: '1s' } }] },
          functionality: { within: '10s', checks: [{ http: health }] },
        },
      },
    },
  });
  return write(join(dir, 'rollbackd.yaml'), {
    version: 1,
    environment: 'demo',
    mode: 'auto',
    include: ['rules/shop'],
    store: `sqlite:${join(dir, 'state', 'rollbackd.db')}`,
    halt_file: join(dir, 'HALT'),
    listen: `127.0.0.1:${listen}`,
    allowed_programs: [restart[0]],
    scrape: { every: '500ms', retention: '5m' },
    defaults: { bake: '5s', grace: '2s' },
    targets: {
      shop: {
        link: current,
        rules: ['shop'],
        address: `http://127.0.0.1:${port}`,
        metrics: '${target.address}/metrics',
        playbook: 'release',
      },
    },
  });
}

function healthCheck(http: object): object {
  return {
    summary: 'The shop answers that it is UP',
    every: '1s',
    http,
    levels: { critical: { failures: 2 } },
  };
}

/** Read from the page of metrics that the shop itself serves: there is no Prometheus. */
const errorRate = {
  summary: 'Share of checkouts answered with 5xx',
  every: '500ms',
  scrape: {
    ratio: {
      bad: 'sum by (service) (rate(http_requests_total{status=~"5.."}[2s]))',
      total: 'sum by (service) (rate(http_requests_total[2s]))',
      min: 1,
    },
  },
  levels: { critical: { above: '50%', for: '1s' } },
  recover: { below: '5%', for: '500ms' },
};

async function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer().on('error', reject);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
  });
  return promise;
}

function saidRunning(shop: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  shop.once('message', () => resolve());
  shop.once('exit', (code) =>
    reject(new RollbackError('COMMAND_FAILED', `the sample shop ended with ${code} before it answered`)),
  );
  return promise;
}

/** Both end with their parent; asked to, they end sooner. */
function ended(child: ChildProcess): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (child.exitCode !== null || child.signalCode !== null) resolve();
  child.once('exit', () => resolve());
  child.kill('SIGTERM');
  return promise;
}
