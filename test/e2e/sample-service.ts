import { get } from 'node:http';
import type { TestDocker } from '../support/dockerd.ts';
import { freePort } from './ports.ts';
import { until } from './until.ts';

/** A container of the sample service under one name, with customers that never rest. */
export class SampleService {
  readonly name: string;
  readonly port: number;
  readonly #docker: TestDocker;
  readonly #settings: readonly string[];
  #customers: NodeJS.Timeout | null = null;

  private constructor(docker: TestDocker, name: string, port: number, settings: readonly string[]) {
    this.#docker = docker;
    this.name = name;
    this.port = port;
    this.#settings = settings;
  }

  /** `settings` are those of `docker run`, for every release. Nothing runs yet. */
  static async prepare(
    docker: TestDocker,
    base: string,
    settings: readonly string[] = [],
  ): Promise<SampleService> {
    return new SampleService(docker, docker.name(base), await freePort(), settings);
  }

  get address(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts a release, as somebody would by hand. */
  async run(image: string, ...more: string[]): Promise<void> {
    await this.#docker.cli(
      'run',
      '--detach',
      '--name',
      this.name,
      '--publish',
      `127.0.0.1:${this.port}:8080`,
      ...this.#settings,
      ...more,
      image,
    );
  }

  /** Replaces what runs by a release, with plain commands that know nothing of the daemon. */
  async deploy(image: string, ...more: string[]): Promise<void> {
    await this.#docker.cli('stop', this.name);
    await this.#docker.cli('rm', this.name);
    await this.run(image, ...more);
  }

  /** Twenty requests a second, until the test ends them. */
  open(): void {
    this.#customers ??= setInterval(() => void this.ask('/api/v1/orders'), 50);
  }

  close(): void {
    if (this.#customers !== null) clearInterval(this.#customers);
    this.#customers = null;
  }

  /** @returns the status, or null without an answer */
  ask(path: string): Promise<number | null> {
    return new Promise((resolve) => {
      const request = get(`${this.address}${path}`, { agent: false, timeout: 1000 }, (response) => {
        response.resume();
        resolve(response.statusCode ?? null);
      });
      request.on('timeout', () => request.destroy());
      request.on('error', () => resolve(null));
    });
  }

  /** Changes how the release that runs now behaves, until it restarts. Waits for a release that just starts. */
  async behave(behaviour: string): Promise<void> {
    const answers = async (): Promise<boolean> => (await this.ask(`/behave/${behaviour}`)) !== null;
    await until(`${this.name} behaves ${behaviour}`, answers);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
