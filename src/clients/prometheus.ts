import { RollbackError } from '../domain/errors.ts';
import type { Secret } from '../domain/secret.ts';
import { publicUrl, type HttpAnswer, type HttpClient } from './http.ts';
import { withoutQuoted } from './quoted-secrets.ts';

/** One element of an instant vector. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** May be NaN or infinite. */
  readonly value: number;
}

/** A successful answer to an instant query, as Prometheus typed it. */
export type InstantResult =
  | { readonly type: 'vector'; readonly series: readonly Series[]; readonly warnings: readonly string[] }
  | { readonly type: 'scalar'; readonly value: number; readonly warnings: readonly string[] }
  | { readonly type: 'matrix' | 'string'; readonly warnings: readonly string[] };

export interface PrometheusClient {
  /**
   * Evaluates a query now.
   *
   * Rejects with a `RollbackError`: what `HttpClient` rejects with, `REFUSED` for a redirect or a missing permission,
   * `ANSWER_INVALID` for any other status (with what Prometheus said) and for a body that is not an answer.
   */
  query(text: string, signal: AbortSignal): Promise<InstantResult>;
}

export interface PrometheusOptions {
  readonly http: HttpClient;
  readonly url: string;
  readonly headers?: Readonly<Record<string, Secret>>;
  readonly timeoutMs: number;
  /** Of one answer; 5 MiB unless stated. */
  readonly maxBytes?: number;
}

/** Asks one Prometheus, or what speaks its HTTP API, for instant values. */
export function prometheusClient(options: PrometheusOptions): PrometheusClient {
  const endpoint = `${options.url.replace(/\/+$/, '')}/api/v1/query`;
  const asked = `POST ${publicUrl(endpoint)}`;
  const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
  return {
    async query(text, signal) {
      const secrets = revealed(options.headers ?? {});
      const answer = await options.http.request({
        method: 'POST',
        url: endpoint,
        headers: { ...headers, ...secrets },
        // Prometheus need not work on what nobody waits for any more.
        body: new URLSearchParams({ query: text, timeout: `${options.timeoutMs}ms` }).toString(),
        timeoutMs: options.timeoutMs,
        maxBytes: options.maxBytes ?? 5 * 2 ** 20,
        signal,
      });
      return resultOf({ ...answer, body: withoutQuoted(answer.body, Object.values(secrets)) }, asked);
    },
  };
}

function revealed(headers: Readonly<Record<string, Secret>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, secret]) => [name, secret.reveal()]));
}

function resultOf({ status, body }: HttpAnswer, asked: string): InstantResult {
  if (status >= 300 && status < 400)
    throw refused(asked, status, 'a redirect, which is not followed; state the final URL');
  if (status === 401 || status === 403)
    throw refused(asked, status, 'not allowed; check the headers of prometheus');
  const answer = parse(body);
  if (status !== 200) throw invalid(asked, `answered ${status}: ${answer?.error ?? excerpt(body)}`);
  if (answer === null) throw invalid(asked, `answered 200 with what is not JSON: ${excerpt(body)}`);
  if (answer.status !== 'success')
    throw invalid(asked, `answered 200, but without success: ${answer.error ?? excerpt(body)}`);
  const result = typed(answer.data, (answer.warnings ?? []).map(String));
  if (result === null) throw invalid(asked, `answered 200 with what is not a result: ${excerpt(body)}`);
  return result;
}

interface Answer {
  readonly status?: unknown;
  readonly error?: string;
  readonly warnings?: readonly unknown[];
  readonly data?: unknown;
}

function parse(body: string): Answer | null {
  try {
    const parsed: unknown = JSON.parse(body);
    if (parsed === null || typeof parsed !== 'object') return null;
    const { error, warnings, ...rest } = parsed as Record<string, unknown>;
    return {
      ...rest,
      ...(typeof error === 'string' ? { error: excerpt(error) } : {}),
      // What should be a list and is not is still a warning.
      ...(warnings === undefined || warnings === null ? {} : { warnings: [warnings].flat() }),
    };
  } catch {
    return null;
  }
}

function typed(data: unknown, warnings: readonly string[]): InstantResult | null {
  if (data === null || typeof data !== 'object') return null;
  const { resultType, result } = data as { resultType?: unknown; result?: unknown };
  if (resultType === 'matrix' || resultType === 'string') return { type: resultType, warnings };
  if (!Array.isArray(result)) return null;
  if (resultType === 'scalar') {
    const value = sample(result);
    return value === null ? null : { type: 'scalar', value, warnings };
  }
  if (resultType !== 'vector') return null;
  const series: Series[] = [];
  for (const element of result as readonly unknown[]) {
    const one = seriesOf(element);
    if (one === null) return null;
    series.push(one);
  }
  return { type: 'vector', series, warnings };
}

function seriesOf(element: unknown): Series | null {
  if (element === null || typeof element !== 'object') return null;
  const { metric, value } = element as { metric?: unknown; value?: unknown };
  if (metric === null || typeof metric !== 'object' || !Array.isArray(value)) return null;
  const number = sample(value);
  return number === null ? null : { labels: metric as Readonly<Record<string, string>>, value: number };
}

/** `[1767614400.123, "0.5"]`; the value is text so that it may be `NaN` or `+Inf`. */
function sample(pair: readonly unknown[]): number | null {
  const text = pair[1];
  if (pair.length !== 2 || typeof text !== 'string' || text === '') return null;
  if (text === 'NaN') return Number.NaN;
  if (text === '+Inf' || text === '-Inf') return text === '+Inf' ? Infinity : -Infinity;
  const value = Number(text);
  return Number.isNaN(value) ? null : value;
}

function refused(asked: string, status: number, why: string): RollbackError {
  return new RollbackError('REFUSED', `${asked} answered ${status}: ${why}`, { status });
}

function invalid(asked: string, what: string): RollbackError {
  return new RollbackError('ANSWER_INVALID', `${asked} ${what}`);
}

function excerpt(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  if (line === '') return 'an empty body';
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
