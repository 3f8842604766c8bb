import type { Duplex, Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { RollbackError } from '../../domain/errors.ts';
import { sleep, type Clock } from '../../domain/ports/clock.ts';
import { SECOND } from '../../domain/time.ts';
import { isBrokenPipe, textOf, type PipedResult } from '../process/piped.ts';
import { understood } from './answers.ts';
import { OutputOf } from './frames.ts';
import type { JsonObject } from './facts.ts';
import { Transport, type DockerEndpoint } from './transport.ts';

/** How much of what a program says is kept. */
const mostSaid = 16 * 1024;
/** From TERM to KILL, and from there until nothing more is waited for. */
const graceMs = 5 * SECOND;

export interface ContainerRun {
  /** Name or id. */
  readonly container: string;
  /** Names that the program goes by inside, the preferred first. */
  readonly names: readonly string[];
  /** Never a secret: everybody on the host reads arguments. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What messages must not repeat. */
  readonly secrets: readonly string[];
  /** What it reads; nothing where it is missing. */
  readonly input?: Readable;
  /** What its output flows through, the last of them the sink, which is not ended; kept as text where it is missing. */
  readonly output?: readonly [...NodeJS.ReadWriteStream[], Writable];
  readonly deadlineMs: number;
}

/** Runs programs that containers bring along. `execCalls` lists the requests behind it. */
export interface ContainerPrograms {
  /**
   * A program that ends badly is a result. The engine has no call that ends one: one that is interrupted gets TERM, then
   * KILL, by a shell in the same container; the daemon's own death closes its input, and lets it write on into nothing.
   *
   * @throws RollbackError `NOT_FOUND` without such a container or program, `REFUSED` when it does not run, `ABORTED`,
   * `TIMED_OUT`; what the input or the sink failed with otherwise
   */
  run(request: ContainerRun, signal: AbortSignal): Promise<PipedResult>;
}

const created = z.object({ Id: z.string().min(1) });
const inspected = z.object({ Running: z.boolean(), ExitCode: z.number().nullish() });

/** Finds the program, says its own process number in the container, and becomes the program. */
const starting = `tool=; while [ "$1" != -- ]; do [ -n "$tool" ] || tool=$(command -v "$1") || tool=; shift; done; shift
[ -n "$tool" ] || exit 127
echo "$$" >&2
exec "$tool" "$@"`;

export function openContainerPrograms(options: {
  readonly endpoint: DockerEndpoint;
  readonly clock: Clock;
}): ContainerPrograms {
  const { clock } = options;
  const transport = new Transport({ timeoutMs: 10 * SECOND, ...options });
  return { run: (request, signal) => new Running(transport, clock, request).result(signal) };
}

class Running {
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #request: ContainerRun;
  readonly #doing: string;
  #said = Buffer.alloc(0);
  #pid: string | null = null;

  constructor(transport: Transport, clock: Clock, request: ContainerRun) {
    this.#transport = transport;
    this.#clock = clock;
    this.#request = request;
    this.#doing = `running ${request.names.join(' or ')} in container ${request.container}`;
  }

  async result(signal: AbortSignal): Promise<PipedResult> {
    const { names, args, env, input, deadlineMs, container } = this.#request;
    const id = await this.#create(
      [starting, 'sh', ...names, '--', ...args],
      env,
      input !== undefined,
      signal,
    );
    const late = new AbortController();
    const cancel = this.#clock.after(deadlineMs, () => late.abort());
    const stop = AbortSignal.any([signal, late.signal]);
    try {
      const output = await this.#flow(id, stop);
      const exitCode = await this.#exitCode(id, stop);
      if (this.#pid === null)
        throw new RollbackError(
          'NOT_FOUND',
          `neither ${names.join(' nor ')} is in the container ${container}${exitCode === 127 ? '' : `, or it has no shell (exit code ${exitCode})`}; tools_in must name one with the client tools of the server`,
        );
      return { exitCode, signal: null, output, said: this.#said.toString('utf8') };
    } catch (error) {
      // Whatever went wrong: it must neither wait for input nor for room for ever.
      await this.#end(id).catch(() => {});
      if (signal.aborted)
        throw new RollbackError(
          'ABORTED',
          `${this.#doing}: ended because it was interrupted`,
          {},
          { cause: error },
        );
      if (late.signal.aborted)
        throw new RollbackError('TIMED_OUT', `${this.#doing}: did not end in time and was killed`, {
          deadlineMs,
        });
      throw error;
    } finally {
      cancel();
    }
  }

  async #create(
    shell: readonly string[],
    env: Readonly<Record<string, string>>,
    hasInput: boolean,
    signal: AbortSignal,
  ): Promise<string> {
    const body: JsonObject = {
      AttachStdin: hasInput,
      AttachStdout: true,
      AttachStderr: true,
      Tty: false,
      Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      Cmd: ['/bin/sh', '-c', ...shell],
    };
    const { container, secrets } = this.#request;
    const path = `/containers/${encodeURIComponent(container)}/exec`;
    const request = { method: 'POST', path, body, doing: this.#doing, secrets } as const;
    return understood(created, await this.#transport.ask(request, signal), this.#doing).Id;
  }

  async #flow(id: string, signal: AbortSignal): Promise<string> {
    const { input, output } = this.#request;
    const body = { Detach: false, Tty: false };
    const request = { method: 'POST', path: `/exec/${id}/start`, body, doing: this.#doing } as const;
    const connection = await this.#transport.hijack(request, signal);
    const taken = new OutputOf((bytes) => this.#hear(bytes));
    const drained = drain(connection, taken, output, signal).finally(() => connection.destroy());
    try {
      const [text] = await Promise.all([drained, fed(connection, input, signal)]);
      return text;
    } finally {
      connection.destroy();
      await drained.catch(() => {});
    }
  }

  /** The first line is the number of its process. */
  #hear(bytes: Buffer): void {
    const said = Buffer.concat([this.#said, bytes]);
    const end = this.#pid === null ? said.indexOf('\n') : -1;
    if (end >= 0 && /^\d+$/.test(said.toString('utf8', 0, end))) {
      this.#pid = said.toString('utf8', 0, end);
      this.#said = said.subarray(end + 1);
    } else this.#said = said.subarray(-mostSaid);
  }

  /** The engine may know of the end of the output before that of the program. */
  async #exitCode(id: string, signal: AbortSignal): Promise<number | null> {
    for (;;) {
      const request = { method: 'GET', path: `/exec/${id}/json`, doing: this.#doing } as const;
      const { Running, ExitCode } = understood(
        inspected,
        await this.#transport.ask(request, signal),
        this.#doing,
      );
      if (!Running) return ExitCode ?? null;
      await sleep(this.#clock, 50, signal);
    }
  }

  async #end(id: string): Promise<void> {
    if (this.#pid === null) return;
    const stop = new AbortController();
    const cancel = this.#clock.after(3 * graceMs, () => stop.abort());
    try {
      for (const word of ['TERM', 'KILL']) {
        await this.#kill(word, this.#pid, stop.signal);
        const grace = new AbortController();
        const over = this.#clock.after(graceMs, () => grace.abort());
        const ended = await this.#exitCode(id, AbortSignal.any([stop.signal, grace.signal])).then(
          () => true,
          () => false,
        );
        over();
        if (ended) return;
      }
    } finally {
      cancel();
    }
  }

  async #kill(word: string, pid: string, signal: AbortSignal): Promise<void> {
    const id = await this.#create(['kill -"$1" "$2"', 'sh', word, pid], {}, false, signal);
    const body = { Detach: true, Tty: false };
    await this.#transport.ask(
      { method: 'POST', path: `/exec/${id}/start`, body, doing: this.#doing },
      signal,
    );
  }
}

async function drain(
  connection: Duplex,
  taken: OutputOf,
  output: ContainerRun['output'],
  signal: AbortSignal,
): Promise<string> {
  if (output === undefined)
    return pipeline(connection, taken, (source: Readable) => textOf(source), { signal });
  await pipeline([connection, taken, ...output], { end: false, signal });
  return '';
}

async function fed(connection: Duplex, input: Readable | undefined, signal: AbortSignal): Promise<void> {
  if (input === undefined) return;
  try {
    await pipeline(input, connection, { signal });
  } catch (error) {
    // It ended before its input did: its exit code says why.
    if (!isBrokenPipe(error)) throw error;
  }
}
