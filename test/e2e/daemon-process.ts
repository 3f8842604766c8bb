import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IncidentView, StatusView, TargetView } from '../../src/domain/ports/daemon.ts';
import type { IncidentRow } from '../../src/domain/ports/store.ts';
import { until } from './until.ts';

const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

/** What a command printed and how it ended. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

export interface DaemonOptions {
  readonly configPath: string;
  readonly url: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** A file with the token that the test itself uses. */
  readonly tokenFile?: string;
  /** What is started instead of the program of this checkout; it has to stay in the foreground. */
  readonly command?: readonly [string, ...string[]];
}

/** A real daemon as a process of its own, and what the test asks it. */
export class DaemonProcess {
  readonly url: string;
  readonly pid: number;
  /** Everything that it wrote, to standard output and standard error. */
  output = '';
  readonly #options: DaemonOptions;
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;

  private constructor(options: DaemonOptions) {
    this.url = options.url;
    this.#options = options;
    const own = [process.execPath, main, 'run', '--config', options.configPath] as const;
    const [program, ...args] = options.command ?? own;
    this.#child = spawn(program, args, {
      env: { ...surroundings, ...options.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.pid = this.#child.pid ?? 0;
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.#ended = new Promise((resolve) => this.#child.once('close', (code) => resolve(code)));
  }

  /** Resolves once it has evaluated something. */
  static async start(options: DaemonOptions): Promise<DaemonProcess> {
    const daemon = new DaemonProcess(options);
    await daemon.until('the daemon is ready', async () => {
      if (daemon.hasEnded()) throw new Error(`the daemon ended at its start:\n${daemon.output}`);
      return fetch(`${options.url}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      );
    });
    return daemon;
  }

  /** One that is expected to end by itself. */
  static async fails(options: DaemonOptions): Promise<Ended> {
    const daemon = new DaemonProcess(options);
    const code = await daemon.#ended;
    return { code, output: daemon.output };
  }

  hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  status(): Promise<StatusView> {
    return this.get('/api/v1/status');
  }

  async target(name: string): Promise<TargetView> {
    const found = (await this.status()).targets.find((target) => target.name === name);
    if (found === undefined) throw new Error(`the daemon has no target ${name}`);
    return found;
  }

  /** All incidents, oldest first. */
  async incidents(target?: string): Promise<readonly IncidentRow[]> {
    const query = target === undefined ? '' : `?target=${encodeURIComponent(target)}`;
    const rows = await this.get<readonly IncidentRow[]>(`/api/v1/incidents${query}`);
    return rows.toSorted((a, b) => a.openedAt - b.openedAt);
  }

  incident(id: string): Promise<IncidentView> {
    return this.get(`/api/v1/incidents/${id}`);
  }

  async metric(series: string): Promise<number | null> {
    const line = (await this.text('/metrics')).split('\n').find((each) => each.startsWith(`${series} `));
    return line === undefined ? null : Number(line.slice(series.length + 1));
  }

  async text(path: string): Promise<string> {
    return (await fetch(`${this.url}${path}`, { headers: this.#headers() })).text();
  }

  /** @throws Error when the daemon answers with a problem, with what it said */
  async get<Answer>(path: string): Promise<Answer> {
    const answer = await fetch(`${this.url}${path}`, { headers: this.#headers() });
    const text = await answer.text();
    if (!answer.ok)
      throw new Error(`GET ${path} was answered with ${answer.status}: ${text}\n${this.output}`);
    return JSON.parse(text) as Answer;
  }

  /** Runs a command of the command line against this daemon. */
  async cli(...args: string[]): Promise<Ended> {
    const { tokenFile } = this.#options;
    return this.cliAs(tokenFile === undefined ? {} : { ROLLBACKD_TOKEN_FILE: tokenFile }, ...args);
  }

  /** The same, with another environment. */
  async cliAs(environment: Readonly<Record<string, string>>, ...args: string[]): Promise<Ended> {
    return runCli(args, { ROLLBACKD_URL: this.url, ...environment });
  }

  /** Messages of its log, in order, of those that begin with one of the words. */
  said(...types: string[]): readonly string[] {
    return this.lines()
      .filter(({ type }) => types.length === 0 || types.some((word) => type?.startsWith(word)))
      .map(({ msg }) => msg);
  }

  lines(): readonly { readonly type?: string; readonly msg: string; readonly [name: string]: unknown }[] {
    return this.output.split('\n').flatMap((line) => {
      try {
        return [JSON.parse(line) as { type?: string; msg: string }];
      } catch {
        return [];
      }
    });
  }

  /** Like `until`; when it does not happen, the error holds what the daemon said last. */
  until<Answer>(
    what: string,
    ask: () => Promise<Answer | null | undefined | false>,
    withinMs?: number,
  ): Promise<Answer> {
    const context = (): string =>
      this.lines()
        .map(({ type, msg }) => `  ${type ?? '-'}: ${msg}`)
        .slice(-60)
        .join('\n') || this.output.slice(-4000);
    return until(what, ask, { context, ...(withinMs === undefined ? {} : { withinMs }) });
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Ends it, by a signal. @returns its exit code; null when the signal itself ended it */
  async stop(name: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (!this.hasEnded()) this.#child.kill(name);
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGKILL');
  }

  #headers(): Record<string, string> {
    const { tokenFile } = this.#options;
    return tokenFile === undefined
      ? {}
      : { authorization: `Bearer ${readFileSync(tokenFile, 'utf8').trim()}` };
  }
}

/** Runs the command line once. */
export async function runCli(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [main, ...args],
      { env: { ...surroundings, ...environment } },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
        resolve({ code, output: `${stdout}${stderr}` });
      },
    );
  });
}

/** Nothing of the test's own environment reaches the daemon. */
const surroundings = { PATH: process.env['PATH'] ?? '/usr/bin:/bin' };
