import type { VectorStore } from '../../domain/data-store.ts';
import { RollbackError } from '../../domain/errors.ts';
import { MINUTE } from '../../domain/time.ts';
import type { HttpClient } from '../http.ts';

/** Of an answer in JSON: descriptions of a thousand collections fit well. */
const maxBytes = 16 * 2 ** 20;

/** The header that an account of the store is sent in. */
export function accountOf({ kind, key }: VectorStore): Readonly<Record<string, string>> {
  const secret = key?.reveal();
  if (secret === undefined) return {};
  return kind === 'qdrant' ? { 'api-key': secret } : { authorization: `Bearer ${secret}` };
}

/** One call of a vector store's HTTP API. */
export interface VectorCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Behind the store's URL; names in it are escaped. */
  readonly path: string;
  readonly body?: unknown;
  /** 1 m unless stated. */
  readonly timeoutMs?: number;
  /** Statuses other than 200 that are answers, too. */
  readonly also?: readonly number[];
}

/**
 * Calls a vector store and reads its answer as JSON.
 *
 * @throws RollbackError `REFUSED` at another status, `ANSWER_INVALID` where it is no JSON, and those of the HTTP client
 */
export async function callVectors(
  http: HttpClient,
  store: VectorStore,
  { method, path, body, timeoutMs = MINUTE, also = [] }: VectorCall,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly answer: unknown }> {
  const asked = await http.request({
    method,
    url: `${store.url}${path}`,
    headers: { ...accountOf(store), 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    timeoutMs,
    maxBytes,
    signal,
  });
  const { status } = asked;
  const what = `${store.name}: ${method} ${path}`;
  if (status !== 200 && !also.includes(status))
    throw new RollbackError('REFUSED', `${what} was answered with ${status}, expected 200`, { status });
  try {
    return { status, answer: JSON.parse(asked.body) as unknown };
  } catch (cause) {
    throw new RollbackError('ANSWER_INVALID', `${what} was answered with what is no JSON`, {}, { cause });
  }
}
