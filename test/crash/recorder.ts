import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Act } from './act.ts';

/**
 * What steps of kind `http` call, what Slack would be, and the health of the service: a server that notes every
 * request and refuses no repeat.
 */
export class Recorder {
  readonly url: string;
  /** Whether the service answers that it is up. Asked at each probe. */
  healthy: () => Promise<boolean> = () => Promise.resolve(true);
  #acts: Act[] = [];
  #messages: string[] = [];
  #working = new Set<string>();
  readonly #held = new Map<string, PromiseWithResolvers<void>>();
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async open(): Promise<Recorder> {
    let serve = (_request: IncomingMessage, _response: ServerResponse): Promise<void> => Promise.resolve();
    const server = createServer((request, response) => {
      serve(request, response).catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const recorder = new Recorder(server);
    serve = (request, response) => recorder.#serve(request, response);
    return recorder;
  }

  acts(): readonly Act[] {
    return this.#acts;
  }

  /** Texts that were posted to Slack, in order. */
  messages(): readonly string[] {
    return this.#messages;
  }

  isDone(step: string): boolean {
    return this.#acts.some((act) => act.step === step);
  }

  /** Requests that have not been answered yet, as in `post drain`. */
  atWork(): readonly string[] {
    return [...this.#working];
  }

  /** Keeps this at work, once it has begun, until the returned function is called. */
  hold(work: string): () => void {
    const held = Promise.withResolvers<void>();
    this.#held.set(work, held);
    return () => {
      this.#held.delete(work);
      held.resolve();
    };
  }

  forget(): void {
    this.#acts = [];
    this.#messages = [];
    this.#working = new Set();
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', this.url);
    const answer = (status: number, body: string): void => void response.writeHead(status).end(body);
    if (pathname === '/health') return answer((await this.healthy()) ? 200 : 500, '');
    const body = await bodyOf(request);
    if (pathname === '/slack') {
      this.#messages.push(unescaped((JSON.parse(body) as { readonly text: string }).text));
      return answer(200, 'ok');
    }
    const step = pathname.replace('/act/', '');
    if (request.method === 'GET') return answer(this.isDone(step) ? 200 : 404, '');
    this.#note(step, request);
    await this.#work(`post ${step}`);
    return answer(200, '{}');
  }

  #note(step: string, { headers }: IncomingMessage): void {
    const opId = String(headers['idempotency-key']);
    const same = headers['x-rollbackd-op'] === opId;
    this.#acts = [
      ...this.#acts,
      { step, act: 'post', opId: same ? opId : `${opId} is not the other header` },
    ];
  }

  async #work(work: string): Promise<void> {
    const working = this.#working.add(work);
    await this.#held.get(work)?.promise;
    working.delete(work);
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}

/** Without the escapes of Slack's control characters. */
export function unescaped(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
