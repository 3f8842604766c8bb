import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { AxiosResponse, AxiosStatic } from 'axios';
import { errorCodes, messageOf, RollbackError, type ErrorCode } from '../../domain/errors.ts';
import type { Secret } from '../../domain/secret.ts';
import { formatDuration } from '../../domain/time.ts';

export interface ApiAddress {
  readonly url: string;
  readonly token: Secret | null;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | null;
}

type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Caller {
  readonly get: <T>(path: string, query?: Query) => Promise<T>;
  /** As `get`, with null for what is not there. */
  readonly find: <T>(path: string) => Promise<T | null>;
  /** An action: repeated under the same idempotency key when the connection breaks, so that it happens once. */
  readonly post: <T>(path: string, body: object) => Promise<T>;
}

/** What an answer may weigh: a journal of a long incident is big, an endless one is not ours. */
const answerLimitBytes = 32 * 1024 * 1024;

/** One HTTP call to `/api/v1` of the daemon, its answer checked to be the daemon's. */
export function caller(address: ApiAddress): Caller {
  return {
    get: async <T>(path: string, query: Query = {}) =>
      answerIn(address, await send(address, 'GET', path, { params: query })) as T,
    find: async <T>(path: string) => {
      const response = await send(address, 'GET', path, {});
      if (response.status === 404 && codeIn(response.data) === 'NOT_FOUND') return null;
      return answerIn(address, response) as T;
    },
    post: async <T>(path: string, body: object) => answerIn(address, await act(address, path, body)) as T,
  };
}

/** An open stream of events. */
export interface OpenEvents {
  readonly body: Readable;
  readonly close: () => void;
}

/** Opens `GET events` after an entry; null: with what comes. Only the opening has a time-out. */
export async function openEvents(
  { url, token, timeoutMs }: ApiAddress,
  query: Query,
  after: number | null,
  signal: AbortSignal,
): Promise<OpenEvents> {
  const given = new AbortController();
  const late = AbortSignal.timeout(timeoutMs);
  const giveUp = (): void => given.abort();
  late.addEventListener('abort', giveUp, { once: true });
  try {
    const response = await (
      await http()
    ).request<Readable>({
      method: 'GET',
      url: `${url}/api/v1/events`,
      params: query,
      responseType: 'stream',
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token.reveal()}` }),
        ...(after === null ? {} : { 'last-event-id': String(after) }),
      },
      signal: AbortSignal.any([signal, given.signal]),
      maxRedirects: 0,
      proxy: false,
      validateStatus: () => true,
    });
    if (response.status !== 200) answerIn({ url }, { ...response, data: await wholeOf(response.data) });
    if (!String(response.headers['content-type']).startsWith('text/event-stream'))
      throw new RollbackError(
        'ANSWER_INVALID',
        `what answers at ${url} sends no events; check ROLLBACKD_URL`,
        { url },
      );
    return { body: response.data, close: () => given.abort() };
  } catch (error) {
    if (error instanceof RollbackError) throw error;
    throw failure({ url, timeoutMs, signal }, late, error);
  } finally {
    late.removeEventListener('abort', giveUp);
  }
}

/** A problem that came instead of events. */
async function wholeOf(body: Readable): Promise<unknown> {
  let text = '';
  for await (const chunk of body.setEncoding('utf8')) {
    text += String(chunk);
    if (text.length > 64 * 1024) break;
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** How often an action is sent again whose connection broke. */
const repeats = 2;

async function act(address: ApiAddress, path: string, body: object): Promise<AxiosResponse<unknown>> {
  const key = randomUUID();
  for (let left = repeats; ; left--)
    try {
      return await send(address, 'POST', path, { data: body, key });
    } catch (error) {
      if (left === 0 || !broke(error)) throw error;
    }
}

/** The request may have got through; with its key it does no harm to send it again. */
function broke(error: unknown): boolean {
  if (!(error instanceof RollbackError) || error.code !== 'DAEMON_UNREACHABLE') return false;
  return /ECONNRESET|EPIPE|socket hang up/.test(error.message);
}

async function send(
  { url, token, timeoutMs, signal }: ApiAddress,
  method: 'GET' | 'POST',
  path: string,
  { key, ...content }: { readonly params?: Query; readonly data?: object; readonly key?: string },
): Promise<AxiosResponse<unknown>> {
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    return await (
      await http()
    ).request<unknown>({
      ...content,
      method,
      url: `${url}/api/v1${path}`,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token.reveal()}` }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      signal: signal === null ? deadline : AbortSignal.any([signal, deadline]),
      maxContentLength: answerLimitBytes,
      maxRedirects: 0,
      // A proxy from the environment must not see tokens, nor answer in the daemon's place.
      proxy: false,
      validateStatus: () => true,
    });
  } catch (error) {
    throw failure({ url, timeoutMs, signal }, deadline, error);
  }
}

function failure(
  { url, timeoutMs, signal }: Pick<ApiAddress, 'url' | 'timeoutMs' | 'signal'>,
  deadline: AbortSignal,
  error: unknown,
): RollbackError {
  if (signal?.aborted === true) return wrapped('ABORTED', `interrupted while asking ${url}`, url, error);
  if (deadline.aborted)
    return wrapped(
      'TIMED_OUT',
      `the daemon at ${url} did not answer within ${formatDuration(timeoutMs)}; what was asked may still happen: see \`rollbackd status\``,
      url,
      error,
    );
  return wrapped(
    'DAEMON_UNREACHABLE',
    `no daemon answers at ${url} (${reasonOf(error)}); start it with \`rollbackd run\`, or set ROLLBACKD_URL to where it listens`,
    url,
    error,
  );
}

function answerIn(
  { url }: Pick<ApiAddress, 'url'>,
  { status, headers, data }: AxiosResponse<unknown>,
): unknown {
  if (headers['rollbackd-api'] !== '1')
    throw new RollbackError(
      'ANSWER_INVALID',
      `what answers at ${url} is not a rollbackd API (HTTP ${status}); check ROLLBACKD_URL`,
      { url, status },
    );
  if (status === 200) return data;
  if (status === 409 && isRefusal(data)) return data;
  const code = codeIn(data);
  if (code === 'UNAUTHORIZED')
    throw new RollbackError(
      'UNAUTHORIZED',
      `the daemon at ${url} wants a valid token; put it into a file and name the file in ROLLBACKD_TOKEN_FILE`,
      { url },
    );
  throw new RollbackError(code ?? 'ANSWER_INVALID', detailIn(data) ?? `HTTP ${status} from ${url}`, {
    url,
    status,
  });
}

function isRefusal(data: unknown): boolean {
  return typeof data === 'object' && data !== null && 'accepted' in data && data.accepted === false;
}

function codeIn(data: unknown): ErrorCode | null {
  if (typeof data !== 'object' || data === null || !('code' in data)) return null;
  const { code } = data;
  return typeof code === 'string' && Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : null;
}

function detailIn(data: unknown): string | null {
  if (typeof data !== 'object' || data === null || !('detail' in data)) return null;
  return typeof data.detail === 'string' ? data.detail : null;
}

/** The library's own error holds the request, and so the token: only its message goes on as the cause. */
function wrapped(code: ErrorCode, message: string, url: string, error: unknown): RollbackError {
  return new RollbackError(code, message, { url }, { cause: new Error(messageOf(error)) });
}

/** With the first call: programs that make none, e.g. the write gate, start without it. */
async function http(): Promise<AxiosStatic> {
  return (await import('axios')).default;
}

function reasonOf(error: unknown): string {
  const ofLibrary = error instanceof Error && 'isAxiosError' in error && 'code' in error;
  return ofLibrary && typeof error.code === 'string' ? error.code : messageOf(error);
}
