import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { provideCompose } from '../../scripts/compose-service.ts';
import { DaemonProcess } from '../e2e/daemon-process.ts';
import { freePort } from '../e2e/ports.ts';
import { until } from '../e2e/until.ts';
import { startDockerd, type TestDocker } from '../support/dockerd.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { configure } from './configuration.ts';
import { answers, askGate, startGate } from './gate.ts';
import { composeOf, password, schema1, writeProject } from './project.ts';
import { makeImages } from './shop/images.ts';

const run = promisify(execFile);

/** A stack of web, worker, MariaDB and Redis on a real engine, a write gate before it, and a daemon that watches. */
export interface DataShop {
  readonly folder: string;
  /** Where customers come in: the gate. */
  readonly gate: string;
  readonly daemon: DaemonProcess;
  /** Starts the daemon again, once it has stopped. */
  startAgain(environment?: Readonly<Record<string, string>>): Promise<void>;
  /** Rows of a statement, tab-separated, as root of the database. */
  sql(statement: string): Promise<readonly string[]>;
  count(table: string): Promise<number>;
  redis(...words: readonly string[]): Promise<string>;
  /** `docker compose up` with this release, as a person would. */
  deploy(release: 1 | 2): Promise<void>;
  /** Holds writes off at the gate by hand, or lets them pass. */
  hold(): Promise<void>;
  release(): Promise<void>;
  /** Whether writes are held off by anybody. */
  isHeld(): Promise<boolean>;
  /** What runs: `service image`, sorted. */
  running(): Promise<readonly string[]>;
}

/** Release 1 runs, is known to be good, and has served orders; the daemon watches. */
export async function openDataShop(playbookIn: (folder: string) => object): Promise<DataShop> {
  const problem = provideCompose();
  if (problem !== null) throw new Error(problem);
  const docker = await startDockerd();
  onTestFinished(() => docker.stop());
  await makeImages(docker);
  const folder = temporaryFolder('rd-data-shop');
  const ports = {
    web: await freePort(),
    db: await freePort(),
    cache: await freePort(),
    gate: await freePort(),
    daemon: await freePort(),
  };
  const project = docker.name('datashop');
  writeProject(folder, ports);
  const compose = composeOf(docker, folder, project);
  onTestFinished(async () => void (await compose('down', '--volumes', '--timeout', '1')));
  const sql = (statement: string): Promise<readonly string[]> => ask(ports.db, statement);
  const deploy = async (release: 1 | 2): Promise<void> => {
    writeFileSync(join(folder, 'shop', '.env'), `RELEASE=${release}\n`);
    await compose('up', '--detach', '--timeout', '1');
  };
  writeFileSync(join(folder, 'shop', '.env'), 'RELEASE=1\n');
  await compose('up', '--detach', 'db', 'cache');
  await until('the database answers', () => sql('SELECT 1').catch(() => null));
  await sql(schema1);
  await deploy(1);
  const address = `http://127.0.0.1:${ports.web}`;
  await until('the shop answers', () => answers(`${address}/health`)).catch(async (error: Error) => {
    throw new Error(`${error.message}\n${await compose('logs', '--tail=5')}`);
  });
  await startGate(folder, ports);
  const control = join(folder, 'gate.sock');
  const shop = {
    folder,
    gate: `http://127.0.0.1:${ports.gate}`,
    sql,
    count: async (table: string) => Number((await sql(`SELECT COUNT(*) FROM ${table}`))[0]),
    deploy,
    async redis(...words: readonly string[]) {
      const { stdout } = await run('redis-cli', ['-p', String(ports.cache), ...words]);
      return stdout.trim();
    },
    hold: async () => void (await askGate(control, 'PUT', '/quiesce', { id: 'person', forMs: 300_000 })),
    release: async () => void (await askGate(control, 'DELETE', '/quiesce', { id: 'person' })),
    isHeld: async () => (await askGate(control, 'GET', '/state')).includes('"quiesced":true'),
    running: () => running(docker, project),
  };
  const configuration = configure({ folder, ports, project, docker, playbook: playbookIn(folder), address });
  let daemon = await DaemonProcess.start(configuration);
  onTestFinished(async () => void (await daemon.stop('SIGKILL')));
  await daemon.until(
    'release 1 is good',
    async () => (await daemon.target('shop')).current?.standing === 'good',
  );
  return {
    ...shop,
    get daemon() {
      return daemon;
    },
    async startAgain(environment = {}) {
      await daemon.stop();
      daemon = await DaemonProcess.start({ ...configuration, environment });
    },
  };
}

async function ask(port: number, statement: string): Promise<readonly string[]> {
  const where = [
    '--no-defaults',
    '--protocol=tcp',
    '--host=127.0.0.1',
    `--port=${port}`,
    '--user=shop',
    'shop',
  ];
  const { stdout } = await run(
    'mariadb',
    [...where, '--batch', '--skip-column-names', '--execute', statement],
    {
      env: { ...process.env, MYSQL_PWD: password },
    },
  );
  return stdout.trim() === '' ? [] : stdout.trim().split('\n');
}

async function running(docker: TestDocker, project: string): Promise<readonly string[]> {
  const filter = `label=com.docker.compose.project=${project}`;
  const format = '{{.Label "com.docker.compose.service"}} {{.ID}}';
  const lines = (await docker.cli('ps', '--filter', filter, '--format', format)).split('\n');
  const shown = lines.map(async (line) => {
    const [service = '', id = ''] = line.split(' ');
    const variables = await docker.cli('inspect', '--format', '{{json .Config.Env}}', id);
    return `${service} ${/RELEASE=(\d)/.exec(variables)?.[1] ?? '-'}`;
  });
  return (await Promise.all(shown)).toSorted();
}
