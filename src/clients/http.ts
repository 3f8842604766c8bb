import { isUtf8 } from 'node:buffer';
import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import type { Readable } from 'node:stream';
import axios from 'axios';
import { messageOf, type RollbackError } from '../domain/errors.ts';
import type { Clock } from '../domain/ports/clock.ts';
import { formatDuration } from '../domain/time.ts';
import { guardedLookup, isForbiddenHost } from './address-guard.ts';
import { classify, failureOf, httpError } from './http-failure.ts';

export interface HttpRequest {
  readonly method: string;
  /** `http:` or `https:`, nothing else. */
  readonly url: string;
  /** Values may be secrets: they are sent, and appear nowhere else. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** From the start of the call to the last byte of the answer. */
  readonly timeoutMs: number;
  /** Of the body, after decompression; reading stops there. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

/** Any answer, whatever its status. Redirects are answers: nobody follows them. */
export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** What is not UTF-8 in it has become U+FFFD. */
  readonly body: string;
  /** Of the body, after decompression. */
  readonly bytes: number;
  readonly utf8: boolean;
}

/**
 * One request, one answer.
 *
 * Every request has a connection of its own, so an answer says that the other side accepts connections now, and no
 * old connection that was closed meanwhile is taken for a failure. Proxies of the environment are not used;
 * link-local addresses are never called.
 */
export interface HttpClient {
  /**
   * Rejects with a `RollbackError` when there is no complete answer; `failureOf` tells which kind. The message holds
   * method, scheme, host and path, never the query, user information, headers or bodies.
   */
  request(request: HttpRequest): Promise<HttpAnswer>;
}

export function httpClient({ clock }: { readonly clock: Clock }): HttpClient {
  const agent = { keepAlive: false, lookup: guardedLookup };
  const agents = { httpAgent: new Agent(agent), httpsAgent: new TlsAgent(agent) };
  return { request: (request) => ask(request, clock, agents) };
}

async function ask(
  request: HttpRequest,
  clock: Clock,
  agents: { readonly httpAgent: Agent; readonly httpsAgent: TlsAgent },
): Promise<HttpAnswer> {
  const asked = `${request.method} ${publicUrl(request.url)}`;
  refuseForbidden(request.url, asked);
  const abort = new AbortController();
  const overdue = clock.after(request.timeoutMs, () =>
    abort.abort(httpError('timeout', asked, { detail: `after ${formatDuration(request.timeoutMs)}` })),
  );
  const giveUp = (): void => abort.abort(httpError('aborted', asked));
  if (request.signal?.aborted === true) giveUp();
  request.signal?.addEventListener('abort', giveUp, { once: true });
  try {
    const answer = await axios.request<Readable>({
      method: request.method,
      url: request.url,
      headers: { accept: '*/*', 'user-agent': 'rollbackd', ...request.headers },
      ...(request.body === undefined ? {} : { data: request.body }),
      ...agents,
      proxy: false,
      maxRedirects: 0,
      validateStatus: () => true,
      responseType: 'stream',
      signal: abort.signal,
    });
    const body = await readBody(answer.data, request.maxBytes, { asked, signal: abort.signal });
    return {
      status: answer.status,
      headers: plainHeaders(answer.headers),
      body: body.toString('utf8'),
      bytes: body.length,
      utf8: isUtf8(body),
    };
  } catch (thrown) {
    throw abort.signal.aborted ? (abort.signal.reason as RollbackError) : wrapped(thrown, asked);
  } finally {
    overdue();
    request.signal?.removeEventListener('abort', giveUp);
  }
}

/** The URL without user information and query, which may hold secrets. */
export function publicUrl(url: string): string {
  const parsed = URL.parse(url);
  return parsed === null
    ? 'an address that is not a URL'
    : `${parsed.protocol}//${parsed.host}${parsed.pathname}`;
}

function refuseForbidden(url: string, asked: string): void {
  const parsed = URL.parse(url);
  if (parsed === null) throw httpError('forbidden', asked, { detail: 'write http://HOST:PORT/PATH' });
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')
    throw httpError('forbidden', asked, { detail: 'only http and https' });
  if (isForbiddenHost(parsed.hostname)) throw httpError('forbidden', asked, { detail: 'link-local address' });
}

async function readBody(
  stream: Readable,
  maxBytes: number,
  { asked, signal }: { readonly asked: string; readonly signal: AbortSignal },
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const cut = (): void => void stream.destroy(signal.reason as Error);
  signal.addEventListener('abort', cut, { once: true });
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw httpError('too_large', asked, { detail: `more than ${maxBytes} bytes` });
      chunks.push(chunk);
    }
    return Buffer.concat(chunks, bytes);
  } finally {
    signal.removeEventListener('abort', cut);
    stream.destroy();
  }
}

/** The library's own error holds the whole request, secrets included: only what the system said goes on as cause. */
function wrapped(thrown: unknown, asked: string): RollbackError {
  if (failureOf(thrown) !== null) return thrown as RollbackError;
  const said = (thrown as { readonly code?: unknown } | null)?.code;
  const detail = typeof said === 'string' ? { detail: said } : {};
  return httpError(classify(thrown), asked, { ...detail, cause: new Error(messageOf(thrown)) });
}

function plainHeaders(headers: object): Readonly<Record<string, string>> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined && value !== null) plain[name.toLowerCase()] = String(value);
  return plain;
}
