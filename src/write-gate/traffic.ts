import {
  Agent,
  request as ask,
  type ClientRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { SECOND } from '../domain/time.ts';
import type { Clock } from '../domain/ports/clock.ts';
import { endToEnd, forwarded } from './headers.ts';
import type { Gate } from './gate.ts';
import { answerProblem } from './problem.ts';
import type { Tally } from './tally.ts';
import { isWrite } from './writes.ts';

/** The service behind the gate. */
export interface Upstream {
  readonly host: string;
  readonly port: number;
}

export interface TrafficParts {
  readonly gate: Gate;
  readonly upstream: Upstream;
  readonly clock: Clock;
  /** Whether a path passes whatever the method. */
  readonly passes: (target: string) => boolean;
  /** From the end of a request to the beginning of its answer, in ms. */
  readonly answerWithinMs: number;
  readonly tally: Tally;
  readonly agent: Agent;
}

/** A service closes a connection that nobody uses after a few seconds: a shorter life meets no closed one. */
const idleMs = 1.5 * SECOND;

/** Connections to the service that are kept for the next request. */
export function upstreamAgent(): Agent {
  return new Agent({ keepAlive: true, timeout: idleMs, maxFreeSockets: 256, scheduling: 'lifo' });
}

/** Passes a request on to the service and its answer back, or refuses it while writes are held off. */
export function pass(parts: TrafficParts, request: IncomingMessage, response: ServerResponse): void {
  response.sendDate = false;
  const { tally } = parts;
  // Behind an upgrade that is left out nothing may follow: whether it is a request is a matter of opinion.
  if (request.headers.upgrade !== undefined) response.shouldKeepAlive = false;
  const problem = malformed(request);
  if (problem !== null) {
    tally.count('read', 'refused');
    response.shouldKeepAlive = false;
    return answerProblem(response, problem);
  }
  const writes = isWrite({ method: request.method ?? '', headers: request.headers });
  if (!writes || parts.passes(request.url ?? '')) return void new Exchange(parts, request, response, null);
  const held = parts.gate.held();
  if (held === null) return void new Exchange(parts, request, response, parts.gate.begin());
  tally.count('write', 'refused');
  answerProblem(response, {
    status: 503,
    title: 'Writes are held off',
    detail: held.message,
    headers: { 'retry-after': String(held.retryAfterS) },
  });
  // The rest of what was sent is read and dropped, so that the client gets to read the answer.
  request.resume();
}

/** What two servers may understand in two ways is understood by none. */
function malformed({ url = '', headers, method }: IncomingMessage) {
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && coding.toLowerCase() !== 'chunked')
    return { status: 501, title: 'Not implemented', detail: 'the only transfer coding is chunked' };
  if (!url.startsWith('/') && !(url === '*' && method === 'OPTIONS'))
    return { status: 400, title: 'Bad request', detail: 'the target of a request is a path' };
  return null;
}

/** One request and its answer, each streamed as fast as the slower side takes it. */
class Exchange {
  readonly #parts: TrafficParts;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #ended: (() => void) | null;
  readonly #hasBody: boolean;
  #call: ClientRequest;
  #overdue: () => void = () => {};
  #answered = false;
  #over = false;

  constructor(
    parts: TrafficParts,
    request: IncomingMessage,
    response: ServerResponse,
    ended: (() => void) | null,
  ) {
    this.#parts = parts;
    this.#request = request;
    this.#response = response;
    this.#ended = ended;
    const { headers } = request;
    const length = headers['content-length'];
    this.#hasBody = headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
    this.#call = this.#begin();
    response.once('close', () => this.#closed());
  }

  #begin(): ClientRequest {
    const { upstream, agent } = this.#parts;
    const { method, url, headers } = this.#request;
    const sent = forwarded(this.#request);
    if (headers['transfer-encoding'] !== undefined) sent.push('Transfer-Encoding', 'chunked');
    else if (headers['content-length'] === undefined && method !== 'GET' && method !== 'HEAD')
      sent.push('Content-Length', '0');
    const call = ask({
      agent,
      host: upstream.host,
      port: upstream.port,
      method: method ?? 'GET',
      path: url ?? '/',
      headers: sent,
      setHost: false,
    });
    call.once('response', (answer) => this.#answer(answer));
    call.on('error', (error) => this.#failed(error, call));
    if (headers.expect !== undefined) {
      call.once('continue', () => this.#response.writeContinue());
      call.flushHeaders();
    }
    if (this.#hasBody) this.#sendBody(call);
    else this.#sent(call);
    return call;
  }

  #sendBody(call: ClientRequest): void {
    const request = this.#request;
    request.on('data', (chunk: Buffer) => {
      if (!call.write(chunk)) request.pause();
    });
    call.on('drain', () => request.resume());
    request.once('end', () => {
      const trailers = request.rawTrailers;
      if (trailers.length > 0) call.addTrailers(pairsOf(trailers));
      this.#sent(call);
    });
    request.on('error', () => call.destroy());
  }

  #sent(call: ClientRequest): void {
    call.end();
    if (this.#answered || this.#over) return;
    const { clock, answerWithinMs } = this.#parts;
    this.#overdue = clock.after(answerWithinMs, () => {
      this.#fail({
        status: 504,
        title: 'Gateway timeout',
        detail: 'the service behind the gate did not answer in time',
      });
      call.destroy();
    });
  }

  #answer(answer: IncomingMessage): void {
    this.#answered = true;
    this.#overdue();
    const response = this.#response;
    if (response.destroyed) return void answer.destroy();
    const { statusCode = 502, statusMessage = '', headers } = answer;
    // An answer before the end of the request: what still comes cannot be told from the next request.
    if (!this.#request.complete) response.shouldKeepAlive = false;
    response.writeHead(statusCode, statusMessage, endToEnd(answer.rawHeaders, headers.connection));
    const length = Number(headers['content-length']);
    let taken = 0;
    let whole = false;
    answer.on('data', (chunk: Buffer) => {
      taken += chunk.length;
      // All of it in one piece leaves in one piece.
      whole = taken === chunk.length && taken === length;
      if (whole) response.end(chunk);
      else if (!response.write(chunk)) answer.pause();
    });
    response.on('drain', () => answer.resume());
    answer.once('end', () => {
      if (answer.rawTrailers.length > 0) response.addTrailers(pairsOf(answer.rawTrailers));
      if (!whole) response.end();
      this.#done('passed');
    });
    // Half an answer must not look like a whole one.
    answer.once('close', () => {
      if (answer.complete) return;
      response.destroy();
      this.#done('failed');
    });
    answer.on('error', () => response.destroy());
    if (length !== 0 && headers['content-length'] === undefined) response.flushHeaders();
  }

  #failed(error: Error, call: ClientRequest): void {
    if (this.#answered || this.#over || call !== this.#call) return;
    if (this.#mayRepeat(call)) {
      this.#overdue();
      this.#call = this.#begin();
      return;
    }
    const code = 'code' in error ? String(error.code) : error.message;
    this.#fail({
      status: 502,
      title: 'Bad gateway',
      detail: `the service behind the gate could not be asked (${code})`,
    });
  }

  /** A kept connection that the service had just closed says nothing about the service. */
  #mayRepeat(call: ClientRequest): boolean {
    const { method } = this.#request;
    return (
      call.reusedSocket && !this.#hasBody && (method === 'GET' || method === 'HEAD' || method === 'OPTIONS')
    );
  }

  #fail(problem: { readonly status: number; readonly title: string; readonly detail: string }): void {
    if (this.#over) return;
    this.#response.shouldKeepAlive = this.#request.complete;
    answerProblem(this.#response, problem);
    this.#request.resume();
    this.#done('failed');
  }

  /** The client has its answer, or went away: then the call to the service ends, too. */
  #closed(): void {
    if (!this.#response.writableFinished) this.#call.destroy();
    this.#done('aborted');
  }

  #done(how: 'passed' | 'failed' | 'aborted'): void {
    if (this.#over) return;
    this.#over = true;
    this.#overdue();
    this.#ended?.();
    this.#parts.tally.count(this.#ended === null ? 'read' : 'write', how);
  }
}

function pairsOf(raw: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let index = 0; index < raw.length; index += 2) pairs.push([raw[index] ?? '', raw[index + 1] ?? '']);
  return pairs;
}
