import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../src/app/clock.ts';
import { apiClient, type DaemonApi } from '../../src/clients/api/api-client.ts';

const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
const startMs = 60_000;

/** Daemons that run; none outlives the tests, however those end. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export interface DaemonOptions {
  readonly configPath: string;
  /** What it writes is appended here. */
  readonly logPath: string;
  /** `POINT:NTH`, or null to let it live. */
  readonly crashAt: string | null;
  /** Where compiled programs are kept, so that later starts are quick. */
  readonly cachePath: string;
  /** Appends the name of each crash point that it passes to this file. */
  readonly tracePath?: string;
}

/** A real daemon as a child process, armed or not. */
export class Daemon {
  /** Resolves once it has ended, however it did. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  #output = '';

  constructor({ configPath, logPath, crashAt, cachePath, tracePath }: DaemonOptions) {
    const tracing = tracePath === undefined ? [] : ['--import', join(import.meta.dirname, 'trace.ts')];
    this.#child = spawn(process.execPath, [...tracing, main, 'run', '--config', configPath], {
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        NODE_COMPILE_CACHE: cachePath,
        ROLLBACKD_LOG_LEVEL: 'info',
        ...(crashAt === null ? {} : { ROLLBACKD_CRASH_AT: crashAt }),
        ...(tracePath === undefined ? {} : { CRASH_TRACE: tracePath }),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString();
        appendFileSync(logPath, chunk);
      });
    running.add(this.#child);
    this.ended = new Promise((resolve) =>
      this.#child.once('close', () => {
        running.delete(this.#child);
        resolve();
      }),
    );
  }

  /** null: it could not be started. */
  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  /** It died of `kill -9`, by its own hand or ours. */
  get killed(): boolean {
    return this.#child.signalCode === 'SIGKILL';
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** null until it listens. */
  get api(): DaemonApi | null {
    const { url } = this;
    return url === null ? null : apiClient({ url, token: null, timeoutMs: 5_000, clock: systemClock() });
  }

  /** null until it listens. */
  get url(): string | null {
    return /listens on (http:\/\/[\d.:]+)/.exec(this.#output)?.[1] ?? null;
  }

  /** Resolves once it has read its rules, or ended. */
  async ready(): Promise<void> {
    const until = Date.now() + startMs;
    while (!this.hasEnded && Date.now() < until) {
      const status = await this.api?.status().catch(() => null);
      const rules = status?.targets.flatMap((target) => target.rules) ?? [];
      if (rules.length > 0 && rules.every(({ readAt }) => readAt !== null)) return;
      await pause(40);
    }
    if (!this.hasEnded) throw new Error(`the daemon was not ready within ${startMs} ms:\n${this.#output}`);
  }

  /** `kill -9`, and waits for the end. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  /** Asks it to stop, and waits for the end. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.ended;
  }
}
