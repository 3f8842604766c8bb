import type { Duplex, Readable } from 'node:stream';
import type Dockerode from 'dockerode';
import { RollbackError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { JsonObject } from './facts.ts';
import { wrapFailure, type Attempt } from './failure.ts';

/** Where the engine listens: a unix socket, or the URL of a socket proxy. */
export type DockerEndpoint = { readonly socket: string } | { readonly url: string };

/** One request. */
export interface EngineRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly body?: JsonObject;
  /** `stopping container shop`. */
  readonly doing: string;
  /** Longer than usual for calls that wait for something. */
  readonly timeoutMs?: number;
  readonly secrets?: readonly string[];
}

interface Dial {
  readonly path: string;
  readonly method: string;
  readonly options: Record<string, unknown>;
  readonly isStream: boolean;
  /** Whether the connection becomes the two streams of a program. */
  readonly hijack?: boolean;
  readonly openStdin?: boolean;
  readonly abortSignal: AbortSignal;
  readonly statusCodes: Readonly<Record<number, true>>;
}

interface Modem {
  dial(request: Dial, done: (error: Error | null, answer: unknown) => void): void;
}

/** Sends requests to one engine, each with a time-out, and turns what goes wrong into `RollbackError`s. */
export class Transport {
  readonly endpoint: string;
  readonly #address: Dockerode.DockerOptions;
  #modem: Promise<Modem> | null = null;
  readonly #clock: Clock;
  readonly #timeoutMs: number;

  constructor(options: {
    readonly endpoint: DockerEndpoint;
    readonly clock: Clock;
    readonly timeoutMs: number;
  }) {
    const { endpoint } = options;
    this.endpoint = 'socket' in endpoint ? `unix://${endpoint.socket}` : withoutLogin(endpoint.url);
    this.#address = addressOf(endpoint);
    this.#clock = options.clock;
    this.#timeoutMs = options.timeoutMs;
  }

  /** Resolves to the parsed answer, or to null when the engine does not know the thing. */
  async find(request: EngineRequest, signal: AbortSignal): Promise<unknown> {
    try {
      return await this.ask(request, signal);
    } catch (error) {
      if (error instanceof RollbackError && error.code === 'NOT_FOUND') return null;
      throw error;
    }
  }

  /** Resolves to the parsed answer. */
  async ask(request: EngineRequest, signal: AbortSignal): Promise<unknown> {
    return this.#within(request, signal, (abort) => this.#dial(request, false, abort));
  }

  /** Resolves to what `read` makes of the streamed answer; the time-out covers the reading too. */
  async stream<T>(
    request: EngineRequest,
    read: (stream: Readable) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    return this.#within(request, signal, async (abort) =>
      read((await this.#dial(request, true, abort)) as Readable),
    );
  }

  /** Resolves to a stream that stays open until the signal aborts; only its opening has a time-out. */
  async open(request: EngineRequest, signal: AbortSignal): Promise<Readable> {
    return this.#within(request, signal, async () => (await this.#dial(request, true, signal)) as Readable);
  }

  /** Resolves to the connection of a program in a container, which is open until it ends or is destroyed. */
  async hijack(request: EngineRequest, signal: AbortSignal): Promise<Duplex> {
    return this.#within(
      request,
      signal,
      async (abort) => (await this.#dial(request, true, abort, { hijack: true, openStdin: true })) as Duplex,
    );
  }

  async #within<T>(
    request: EngineRequest,
    signal: AbortSignal,
    run: (abort: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const timeoutMs = request.timeoutMs ?? this.#timeoutMs;
    const abort = new AbortController();
    const stopped = Promise.withResolvers<never>();
    const stop = (error: RollbackError): void => {
      stopped.reject(error);
      abort.abort(error);
    };
    const aborted = (): void => stop(this.#aborted(request));
    if (signal.aborted) throw this.#aborted(request);
    signal.addEventListener('abort', aborted, { once: true });
    const cancel = this.#clock.after(timeoutMs, () => stop(this.#late(request, timeoutMs)));
    try {
      // The modem may never call back when an answer breaks off, so it is not relied on to end.
      return await Promise.race([run(abort.signal), stopped.promise]);
    } catch (error) {
      throw wrapFailure(error, this.#attempt(request));
    } finally {
      cancel();
      signal.removeEventListener('abort', aborted);
    }
  }

  async #dial(
    request: EngineRequest,
    isStream: boolean,
    abortSignal: AbortSignal,
    both: Pick<Dial, 'hijack' | 'openStdin'> = {},
  ): Promise<unknown> {
    const modem = await this.#library();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const query = Object.keys(request.query ?? {}).length > 0;
    modem.dial(
      {
        path: query ? `${request.path}?` : request.path,
        method: request.method,
        options: { _query: request.query ?? {}, _body: request.body ?? {} },
        isStream,
        ...both,
        abortSignal,
        statusCodes: { 200: true, 201: true, 204: true, 304: true },
      },
      (error, answer) => {
        if (error) reject(error);
        else resolve(answer);
      },
    );
    return promise;
  }

  /** Loaded with the first call: it brings far more along than is used here, and not every daemon has an engine. */
  #library(): Promise<Modem> {
    this.#modem ??= import('dockerode').then(({ default: Library }) => new Library(this.#address).modem);
    return this.#modem;
  }

  #aborted({ doing }: EngineRequest): RollbackError {
    const message = `docker at ${this.endpoint}, ${doing}: given up on before the answer came; inspect before trying again`;
    return new RollbackError('ABORTED', message, { doing, endpoint: this.endpoint });
  }

  #late({ doing }: EngineRequest, timeoutMs: number): RollbackError {
    const message = `docker at ${this.endpoint}, ${doing}: no answer within ${timeoutMs}ms; state unknown, inspect before trying again`;
    return new RollbackError('TIMED_OUT', message, { doing, endpoint: this.endpoint, timeoutMs });
  }

  #attempt(request: EngineRequest): Attempt {
    return {
      doing: request.doing,
      endpoint: this.endpoint,
      changes: request.method !== 'GET',
      secrets: request.secrets ?? [],
    };
  }
}

function addressOf(endpoint: DockerEndpoint): Dockerode.DockerOptions {
  // An empty host keeps the library from taking DOCKER_HOST out of the environment.
  if ('socket' in endpoint) return { socketPath: endpoint.socket, host: '', protocol: 'http' };
  const { protocol, hostname, port } = new URL(endpoint.url.replace(/^tcp:/, 'http:'));
  const secure = protocol === 'https:';
  return {
    host: hostname,
    port: port === '' ? (secure ? 443 : 80) : Number(port),
    protocol: secure ? 'https' : 'http',
  };
}

function withoutLogin(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//');
}
