import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './ports.ts';
import { until } from './until.ts';

/** A real Prometheus that scrapes every second. */
export class Prometheus {
  readonly url: string;
  readonly #folder: string;
  #child: ChildProcess;

  private constructor(url: string, folder: string) {
    this.url = url;
    this.#folder = folder;
    this.#child = this.#spawn();
  }

  /** Each service is scraped on its port of the loopback interface, and its series bear its name. */
  static async start(services: Readonly<Record<string, number>> = {}): Promise<Prometheus> {
    const folder = mkdtempSync(join(tmpdir(), 'rd-prometheus-'));
    writeFileSync(join(folder, 'targets.json'), '[]');
    writeFileSync(
      join(folder, 'prometheus.yml'),
      JSON.stringify({
        global: { scrape_interval: '1s', scrape_timeout: '1s' },
        scrape_configs: [
          {
            job_name: 'sample',
            file_sd_configs: [{ files: [join(folder, 'targets.json')], refresh_interval: '1s' }],
          },
        ],
      }),
    );
    const prometheus = new Prometheus(`http://127.0.0.1:${await freePort()}`, folder);
    prometheus.scrape(services);
    await prometheus.ready();
    return prometheus;
  }

  /** From now on these are scraped. */
  scrape(services: Readonly<Record<string, number>>): void {
    const groups = Object.entries(services).map(([service, port]) => ({
      targets: [`127.0.0.1:${port}`],
      labels: { service },
    }));
    writeFileSync(join(this.#folder, 'targets.json'), JSON.stringify(groups));
  }

  async ready(): Promise<void> {
    const answers = async (): Promise<boolean> =>
      fetch(`${this.url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
    await until('Prometheus is ready', answers);
  }

  /** @returns what a query says now, if it says one thing */
  async value(query: string): Promise<number | null> {
    const asked = await fetch(`${this.url}/api/v1/query?${new URLSearchParams({ query }).toString()}`);
    const { data } = (await asked.json()) as { data: { result: { value: [number, string] }[] } };
    const [only, ...others] = data.result;
    return only === undefined || others.length > 0 ? null : Number(only.value[1]);
  }

  /** Dies as in a crash; `start` again with `revive`. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await gone;
  }

  async revive(): Promise<void> {
    this.#child = this.#spawn();
    await this.ready();
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #spawn(): ChildProcess {
    const { host } = new URL(this.url);
    const args = [
      `--config.file=${join(this.#folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(this.#folder, 'data')}`,
      `--web.listen-address=${host}`,
      '--log.level=error',
    ];
    return spawn('prometheus', args, { stdio: 'ignore' });
  }
}
