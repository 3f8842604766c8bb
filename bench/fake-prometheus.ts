import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakePrometheusOptions {
  /** Names of the services that every query returns a series for. */
  readonly services: readonly string[];
  readonly value: (query: string, service: string) => number;
  /** Hears of each query as it arrives. */
  readonly asked?: (query: string) => void;
}

/** Answers instant queries on loopback as Prometheus does: one series a service, values as the benchmark says. */
export class FakePrometheus {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(options: FakePrometheusOptions): Promise<FakePrometheus> {
    const server = createServer((request, response) => {
      void bodyOf(request).then((body) => {
        const query = new URLSearchParams(body).get('query') ?? '';
        options.asked?.(query);
        response.setHeader('content-type', 'application/json').end(answer(query, options));
      });
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    server.listen(0, '127.0.0.1', resolve);
    await promise;
    return new FakePrometheus(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeAllConnections();
    await promise;
  }
}

function answer(query: string, { services, value }: FakePrometheusOptions): string {
  const at = Date.now() / 1_000;
  const result = services.map((service) => ({
    metric: { service },
    value: [at, String(value(query, service))],
  }));
  return JSON.stringify({ status: 'success', data: { resultType: 'vector', result } });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
