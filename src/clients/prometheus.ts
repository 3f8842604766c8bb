import { RollbackError } from '../domain/errors.ts';
import type { Answerer } from '../domain/ports/answerer.ts';
import type { Secret } from '../domain/secret.ts';
import { SECOND } from '../domain/time.ts';
import { publicUrl, type HttpAnswer, type HttpClient } from './http.ts';
import { excerpt, instantResult, parseAnswer, rangeResult, type Answer } from './prometheus-answer.ts';
import { withoutQuoted } from './quoted-secrets.ts';

export interface PrometheusOptions {
  readonly http: HttpClient;
  readonly url: string;
  readonly headers?: Readonly<Record<string, Secret>>;
  readonly timeoutMs: number;
  /** Of the answer to an instant query; 5 MiB unless stated. */
  readonly maxBytes?: number;
  /** Of the answer to a range query; 64 MiB unless stated. */
  readonly maxRangeBytes?: number;
}

/**
 * Asks one Prometheus, or what speaks its HTTP API.
 *
 * Rejects with what `HttpClient` rejects with, `REFUSED` for a redirect or a missing permission, `ANSWER_INVALID` for
 * any other status (with what Prometheus said) and for a body that is not an answer.
 */
export function prometheusAnswerer(options: PrometheusOptions): Answerer {
  const { maxBytes = 5 * 2 ** 20, maxRangeBytes = 64 * 2 ** 20 } = options;
  return {
    name: 'prometheus',
    query: (text, at, signal) =>
      ask(options, {
        path: '/api/v1/query',
        form: { query: text, ...(at === null ? {} : { time: seconds(at) }) },
        maxBytes,
        read: instantResult,
        signal,
      }),
    queryRange: (text, { fromMs, toMs, stepMs }, signal) =>
      ask(options, {
        path: '/api/v1/query_range',
        form: { query: text, start: seconds(fromMs), end: seconds(toMs), step: seconds(stepMs) },
        maxBytes: maxRangeBytes,
        read: rangeResult,
        signal,
      }),
  };
}

interface Question<Result> {
  readonly path: string;
  readonly form: Readonly<Record<string, string>>;
  readonly maxBytes: number;
  readonly read: (answer: Answer) => Result | null;
  readonly signal: AbortSignal;
}

async function ask<Result>(options: PrometheusOptions, question: Question<Result>): Promise<Result> {
  const { http, url, timeoutMs } = options;
  const endpoint = `${url.replace(/\/+$/, '')}${question.path}`;
  const secrets = revealed(options.headers ?? {});
  const answer = await http.request({
    method: 'POST',
    url: endpoint,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
      // Nothing is saved by compressing what never leaves the machine, and months of answers cost seconds of it.
      ...(isLoopback(endpoint) ? { 'accept-encoding': 'identity' } : {}),
      ...secrets,
    },
    // Prometheus need not work on what nobody waits for any more.
    body: new URLSearchParams({ ...question.form, timeout: `${timeoutMs}ms` }).toString(),
    timeoutMs,
    maxBytes: question.maxBytes,
    signal: question.signal,
  });
  const said = { ...answer, body: withoutQuoted(answer.body, Object.values(secrets)) };
  return resultOf(said, `POST ${publicUrl(endpoint)}`, question.read);
}

function isLoopback(url: string): boolean {
  const host = URL.parse(url)?.hostname ?? '';
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function revealed(headers: Readonly<Record<string, Secret>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, secret]) => [name, secret.reveal()]));
}

/** Epoch ms, or a length in ms, as Prometheus takes it. */
function seconds(ms: number): string {
  return (ms / SECOND).toFixed(3);
}

function resultOf<Result>(
  { status, body }: HttpAnswer,
  asked: string,
  read: (answer: Answer) => Result | null,
): Result {
  if (status >= 300 && status < 400)
    throw refused(asked, status, 'a redirect, which is not followed; state the final URL');
  if (status === 401 || status === 403)
    throw refused(asked, status, 'not allowed; check the headers of prometheus');
  const answer = parseAnswer(body);
  if (status !== 200) throw invalid(asked, status, `: ${answer?.error ?? excerpt(body)}`);
  if (answer === null) throw invalid(asked, status, ` with what is not JSON: ${excerpt(body)}`);
  if (answer.status !== 'success')
    throw invalid(asked, status, `, but without success: ${answer.error ?? excerpt(body)}`);
  const result = read(answer);
  if (result === null) throw invalid(asked, status, ` with what is not a result: ${excerpt(body)}`);
  return result;
}

function refused(asked: string, status: number, why: string): RollbackError {
  return new RollbackError('REFUSED', `${asked} answered ${status}: ${why}`, { status });
}

function invalid(asked: string, status: number, what: string): RollbackError {
  return new RollbackError('ANSWER_INVALID', `${asked} answered ${status}${what}`, { status });
}
