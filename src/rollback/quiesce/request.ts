import { readHeader, type HeaderValue } from '../../clients/header-value.ts';
import type { HttpAnswer, HttpClient } from '../../clients/http.ts';
import type { Json } from '../../domain/json.ts';
import type { Variables } from '../../domain/variables.ts';

export interface RequestParts {
  readonly http: HttpClient;
  readonly environment: Variables;
}

/** A request as the options write it. */
export interface Request {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, HeaderValue>>;
  readonly json?: Json | undefined;
  readonly body?: string | undefined;
}

const maxBytes = 256 * 1024;

/** Sends it, with the effect's id beside it so that the other side can tell whose it is. */
export async function send(
  { url, method, headers, json, body = json === undefined ? undefined : JSON.stringify(json) }: Request,
  { opId, timeoutMs }: { readonly opId: string | null; readonly timeoutMs: number },
  { http, environment }: RequestParts,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const read: Record<string, string> = json === undefined ? {} : { 'content-type': 'application/json' };
  for (const [name, value] of Object.entries(headers)) read[name] = await readHeader(value, environment);
  if (opId !== null) read['X-Rollbackd-Op'] = opId;
  return http.request({
    method,
    url,
    headers: read,
    ...(body === undefined ? {} : { body }),
    timeoutMs,
    maxBytes,
    signal,
  });
}

/** Why an address cannot be called, or null. */
export function addressProblem(url: string): string | null {
  const parsed = URL.parse(url);
  if (parsed?.protocol !== 'http:' && parsed?.protocol !== 'https:')
    return 'an address cannot be called: write http://HOST/PATH';
  return parsed.password === ''
    ? null
    : `the address at ${parsed.host} holds a password; use a header from a file`;
}
