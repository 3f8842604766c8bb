import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

const main = join(dirname(import.meta.dirname), 'src', 'main.ts');
const ticksPerSecond = 100;

interface Wanted {
  readonly matches: (line: string) => boolean;
  readonly found: (seen: Seen) => void;
}

export interface Seen {
  readonly line: string;
  /** `performance.now()` when it arrived. */
  readonly at: number;
}

/** The daemon as its own process, measured from outside. */
export class DaemonProcess {
  /** `performance.now()` right before the process was started. */
  readonly spawnedAt: number;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #lines: Seen[] = [];
  readonly #wanted = new Set<Wanted>();
  #said = '';

  constructor(configPath: string, environment: Readonly<Record<string, string>> = {}) {
    this.spawnedAt = performance.now();
    this.#child = spawn(process.execPath, [main, 'run', '--config', configPath], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    });
    this.#ended = new Promise((resolve) => this.#child.once('exit', () => resolve()));
    this.#child.stderr?.on(
      'data',
      (chunk: Buffer) => (this.#said = (this.#said + chunk.toString()).slice(-4_000)),
    );
    if (this.#child.stdout !== null)
      createInterface({ input: this.#child.stdout }).on('line', (line) => this.#take(line));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves to the first line of the log that matches, from the start on. */
  async line(matches: (line: string) => boolean, withinMs = 60_000): Promise<Seen> {
    const known = this.#lines.find(({ line }) => matches(line));
    if (known !== undefined) return known;
    const { promise, resolve, reject } = Promise.withResolvers<Seen>();
    const wanted = { matches, found: resolve };
    this.#wanted.add(wanted);
    const refuse = (why: string): void => reject(new Error(`the daemon ${why}: ${this.#said}`));
    const timer = setTimeout(() => refuse(`did not log what was waited for within ${withinMs} ms`), withinMs);
    void this.#ended.then(() => refuse('ended before'));
    return promise.finally(() => {
      clearTimeout(timer);
      this.#wanted.delete(wanted);
    });
  }

  /** Where its API listens. */
  async url(): Promise<string> {
    const { line } = await this.line((text) => text.includes('listens on http'));
    return /listens on (http:[^\s"]+)/.exec(line)?.[1] ?? '';
  }

  /** CPU time so far, user and system, in s; from the kernel's own accounts. */
  cpuSeconds(): number {
    const stat = readFileSync(`/proc/${this.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  }

  /** Resident memory, in MiB. */
  residentMiB(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1_024;
  }

  async end(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill(signal);
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 30_000);
    await this.#ended;
    clearTimeout(timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }

  #take(line: string): void {
    const seen = { line, at: performance.now() };
    // The beginning is asked for afterwards; the rest of a long run is not kept.
    if (this.#lines.length < 200) this.#lines.push(seen);
    for (const wanted of this.#wanted) if (wanted.matches(line)) wanted.found(seen);
  }
}
