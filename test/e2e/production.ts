import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IncidentView } from '../../src/domain/ports/daemon.ts';
import { startDockerd, type TestDocker } from '../support/dockerd.ts';
import { writeConfiguration } from './configuration.ts';
import { DaemonProcess, type DaemonOptions } from './daemon-process.ts';
import { hurriedLayra, type Pack } from './pack.ts';
import { freePort } from './ports.ts';
import { Prometheus } from './prometheus.ts';
import { sampleImage, type Behaviour } from './sample-images.ts';
import { SampleService } from './sample-service.ts';

export interface ShopOptions {
  /** Settings of `docker run` for every release, beside a limit of 256 MiB of memory. */
  readonly settings?: readonly string[];
  readonly pack?: Pack;
  /** Keys of the target, and of the main file, beside the usual ones. */
  readonly target?: object;
  readonly more?: object;
  readonly environment?: Readonly<Record<string, string>>;
  /** File with the token that the test itself uses. */
  readonly token?: string;
  /** What is started instead of the program of this checkout. */
  readonly command?: (configPath: string) => readonly [string, ...string[]];
  /** Targets beside the shop. */
  readonly others?: Readonly<Record<string, object>>;
}

/** A production for one test file: an engine, a Prometheus, and shops on them, each with a daemon of its own. */
export class Production {
  readonly docker: TestDocker;
  readonly prometheus: Prometheus;
  /** Removed at the end. */
  readonly folder: string;
  readonly #scraped: Record<string, number> = {};

  private constructor(docker: TestDocker, prometheus: Prometheus, folder: string) {
    this.docker = docker;
    this.prometheus = prometheus;
    this.folder = folder;
  }

  static async open(): Promise<Production> {
    const docker = await startDockerd();
    const prometheus = await Prometheus.start();
    return new Production(docker, prometheus, mkdtempSync(join(tmpdir(), 'rd-e2e-')));
  }

  async close(): Promise<void> {
    await this.prometheus.stop();
    await this.docker.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A folder of its own below the one that is removed at the end. */
  fileFolder(...names: string[]): string {
    const path = join(this.folder, ...names);
    mkdirSync(path, { recursive: true });
    return path;
  }

  /** A service that nothing watches yet: release 1 serves well, and has customers. */
  async openShop(name: string, options: ShopOptions = {}): Promise<Shop> {
    const service = await SampleService.prepare(this.docker, name, [
      '--memory=256m',
      '--memory-swap=256m',
      ...(options.settings ?? []),
    ]);
    this.#scraped[service.name] = service.port;
    this.prometheus.scrape(this.#scraped);
    const shop = new Shop({
      docker: this.docker,
      service,
      folder: join(this.folder, service.name),
      prometheus: this.prometheus.url,
      options,
      port: await freePort(),
    });
    await shop.build(1, 'well');
    await service.run(shop.image(1));
    service.open();
    return shop;
  }
}

interface ShopParts {
  readonly docker: TestDocker;
  readonly service: SampleService;
  readonly folder: string;
  readonly prometheus: string;
  readonly options: ShopOptions;
  readonly port: number;
}

/** A service in releases, and the daemon that watches it. */
export class Shop {
  readonly service: SampleService;
  readonly folder: string;
  readonly #parts: ShopParts;
  #daemon: DaemonProcess | null = null;

  constructor(parts: ShopParts) {
    this.#parts = parts;
    this.service = parts.service;
    this.folder = parts.folder;
  }

  get name(): string {
    return this.service.name;
  }

  get daemon(): DaemonProcess {
    if (this.#daemon === null) throw new Error(`nothing watches ${this.name} yet`);
    return this.#daemon;
  }

  image(release: number): string {
    return `${this.name}:${release}`;
  }

  async build(release: number, behaviour: Behaviour): Promise<void> {
    await sampleImage(this.#parts.docker, this.image(release), behaviour);
  }

  /** Writes the configuration of the daemon, anew if there is one. */
  configure(change: Pick<ShopOptions, 'pack' | 'target' | 'more'> = {}): DaemonOptions {
    const { docker, prometheus, options, port } = this.#parts;
    const {
      pack = hurriedLayra(),
      target,
      more,
      environment,
      token,
      command,
      others,
    } = { ...options, ...change };
    const { name, service, folder } = this;
    const configPath = writeConfiguration({
      folder,
      port,
      pack,
      targets: {
        ...others,
        [name]: {
          container: name,
          rules: ['layra'],
          address: service.address,
          playbook: 'service',
          ...target,
        },
      },
      more: { prometheus: { url: prometheus }, docker: { socket: docker.socket }, ...more },
    });
    const url = `http://127.0.0.1:${port}`;
    return {
      configPath,
      url,
      ...(environment === undefined ? {} : { environment }),
      ...(token === undefined ? {} : { tokenFile: token }),
      ...(command === undefined ? {} : { command: command(configPath) }),
    };
  }

  /** A daemon watches from now on; after an earlier one ended, on the same store. */
  async watch(): Promise<DaemonProcess> {
    this.#daemon = await DaemonProcess.start(this.configure());
    return this.#daemon;
  }

  /** The daemon watches, has read every signal of the release that runs, and calls it good. */
  async watchUntilGood(): Promise<DaemonProcess> {
    const daemon = await this.watch();
    await this.untilGood();
    return daemon;
  }

  /** Every signal of the service has been read, so that what follows is a change. */
  async untilRead(): Promise<void> {
    const signals = ['layra/api-error-rate', 'layra/health-check', 'layra/memory'];
    await this.daemon.until(`every signal of ${this.name} reads ok`, async () => {
      const { rules } = await this.daemon.target(this.name);
      return rules.filter(({ rule, verdict }) => signals.includes(rule) && verdict === 'ok').length === 3;
    });
  }

  async untilGood(): Promise<void> {
    await this.untilRead();
    await this.daemon.until(`${this.name} runs a good release`, async () => {
      const { current } = await this.daemon.target(this.name);
      return current?.standing === 'good';
    });
    // What a rollback needs is kept from being pruned before anything can go wrong.
    await this.daemon.until('the good release is pinned', async () => {
      const pins = await this.#parts.docker.cli('ps', '--all', '--format', '{{.Names}}');
      return pins.includes(`rollbackd-pin-${this.name}-`);
    });
  }

  /** @returns the newest incident, once it is in this state or has this outcome */
  async untilIncident(...states: string[]): Promise<IncidentView> {
    return this.daemon.until(`an incident of ${this.name} is ${states.join(' or ')}`, async () => {
      const row = (await this.daemon.incidents(this.name)).at(-1);
      const is = row !== undefined && (states.includes(row.state) || states.includes(row.outcome ?? ''));
      return is ? this.daemon.incident(row.id) : null;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.service.close();
    await this.#daemon?.stop('SIGKILL');
  }
}
