import type { Secret } from '../domain/secret.ts';
import { RollbackError } from '../domain/errors.ts';
import { publicUrl, type HttpClient } from './http.ts';
import { parseAnswer } from './prometheus-answer.ts';
import { withoutQuoted } from './quoted-secrets.ts';

/** The type of a metric by its exporters' own word; null where they say none, or not the same. */
export type MetricTypes = (metric: string, signal: AbortSignal) => Promise<string | null>;

/**
 * Asks a Prometheus what its targets say of a metric.
 *
 * Rejects with what `HttpClient` rejects with, and with `ANSWER_INVALID` for anything but a success.
 */
export function prometheusMetricTypes({
  http,
  url,
  timeoutMs,
  headers = {},
}: {
  readonly http: HttpClient;
  readonly url: string;
  readonly timeoutMs: number;
  readonly headers?: Readonly<Record<string, Secret>>;
}): MetricTypes {
  const endpoint = `${url.replace(/\/+$/, '')}/api/v1/metadata`;
  const asked = `GET ${publicUrl(endpoint)}`;
  return async (metric, signal) => {
    const secrets = Object.fromEntries(
      Object.entries(headers).map(([name, secret]) => [name, secret.reveal()]),
    );
    const { status, body } = await http.request({
      method: 'GET',
      url: `${endpoint}?${new URLSearchParams({ metric }).toString()}`,
      headers: { accept: 'application/json', ...secrets },
      timeoutMs,
      maxBytes: 2 ** 20,
      signal,
    });
    const answer = parseAnswer(withoutQuoted(body, Object.values(secrets)));
    if (status === 200 && answer?.status === 'success') return typeIn(answer.data, metric);
    const said = answer?.error ?? 'no answer of Prometheus';
    throw new RollbackError('ANSWER_INVALID', `${asked} answered ${status}: ${said}`, { status });
  };
}

/** `{"http_requests_total": [{"type": "counter", …}]}`: one entry for each way in which it is described. */
function typeIn(data: unknown, metric: string): string | null {
  if (data === null || typeof data !== 'object' || !Object.hasOwn(data, metric)) return null;
  const entries = (data as Readonly<Record<string, unknown>>)[metric];
  const types = new Set(Array.isArray(entries) ? entries.map(typeOf) : []);
  const [only] = types;
  return types.size === 1 && only !== undefined && only !== 'unknown' ? only : null;
}

function typeOf(entry: unknown): string {
  if (entry === null || typeof entry !== 'object' || !('type' in entry)) return 'unknown';
  return typeof entry.type === 'string' ? entry.type : 'unknown';
}
