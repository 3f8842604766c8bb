import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a Prometheus may say when it is asked for the share of errors of a service. */
export type Mood =
  'well' | 'errors' | '500' | 'slow' | 'NaN' | 'empty' | 'warnings' | 'wrong type' | '50 MB' | 'cut off';

/** A program that speaks the query API of Prometheus, and answers as told. */
export class ScriptedPrometheus {
  mood: Mood = 'well';
  /** How often it was asked, in each mood. */
  readonly asked: Partial<Record<Mood, number>> = {};
  readonly #server: Server;
  readonly #service: string;

  private constructor(service: string) {
    this.#service = service;
    this.#server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        this.asked[this.mood] = (this.asked[this.mood] ?? 0) + 1;
        this.#answer(new URLSearchParams(body).get('query') ?? '', response);
      });
    });
  }

  static async start(service: string): Promise<ScriptedPrometheus> {
    const scripted = new ScriptedPrometheus(service);
    await new Promise<void>((resolve) => scripted.#server.listen(0, '127.0.0.1', resolve));
    return scripted;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  [Symbol.dispose](): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** Of all the rules there is data for the one on errors alone. Twenty requests a second, fifteen of them bad. */
  #answer(query: string, response: ServerResponse): void {
    const about = query.includes('http_requests_total') && !query.includes('login');
    const bad = query.includes('5..');
    const value = bad ? (this.mood === 'well' ? '0' : '15') : '20';
    switch (this.mood) {
      case 'well':
      case 'errors':
        return this.#vector(response, about ? value : null);
      case '500':
        return void response.writeHead(500).end('{"status":"error","error":"out of order"}');
      case 'slow':
        return; // The connection stays open until the daemon gives up.
      case 'NaN':
        return this.#vector(response, about ? 'NaN' : null);
      case 'empty':
        return this.#vector(response, null);
      case 'warnings':
        return this.#vector(response, about ? value : null, { warnings: ['a remote store did not answer'] });
      case 'wrong type':
        return void response.end(
          JSON.stringify({ status: 'success', data: { resultType: 'string', result: [0, value] } }),
        );
      case '50 MB':
        return this.#vector(response, value, { padding: 'x'.repeat(50_000_000) });
      case 'cut off':
        return void response.destroy();
    }
  }

  #vector(response: ServerResponse, value: string | null, more: object = {}): void {
    const series = { metric: { service: this.#service }, value: [1, value] };
    const data = { resultType: 'vector', result: value === null ? [] : [series] };
    response.end(JSON.stringify({ ...more, status: 'success', data }));
  }
}
