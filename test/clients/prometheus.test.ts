import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { httpClient, type HttpAnswer, type HttpRequest } from '../../src/clients/http.ts';
import { prometheusAnswerer } from '../../src/clients/prometheus.ts';
import { messageOf, RollbackError } from '../../src/domain/errors.ts';
import type { Answerer } from '../../src/domain/ports/answerer.ts';
import { Secret } from '../../src/domain/secret.ts';
import { bodyOf, serving } from './loopback.ts';

const { signal } = new AbortController();

async function answering(status: number, body: string, headers: Record<string, string> = {}) {
  const asked: { path: string; form: URLSearchParams; authorization: string | undefined }[] = [];
  const { url } = await serving(async (request, response) => {
    const form = new URLSearchParams(await bodyOf(request));
    asked.push({
      path: `${request.method} ${request.url}`,
      form,
      authorization: request.headers.authorization,
    });
    response.writeHead(status, headers).end(body);
  });
  const options = { http: httpClient({ clock: systemClock() }), url: `${url}/prometheus/`, timeoutMs: 5_000 };
  const client = prometheusAnswerer({ ...options, headers: { authorization: new Secret('Bearer canary') } });
  return { client, asked, endpoint: `POST ${url}/prometheus/api/v1/query` };
}

function query(client: Answerer) {
  return client.query('up', null, signal);
}

const vector = (result: unknown, more: object = {}): string =>
  JSON.stringify({ status: 'success', data: { resultType: 'vector', result }, ...more });

async function refusal(client: Answerer): Promise<string> {
  const thrown: unknown = await query(client).catch((error: unknown) => error);
  return thrown instanceof RollbackError
    ? `${thrown.code} ${thrown.message}`
    : `no refusal: ${String(thrown)}`;
}

test('a Prometheus on the same machine is asked not to compress, another one may', async () => {
  const asked: Record<string, string | undefined> = {};
  const http = {
    request: ({ url, headers = {} }: HttpRequest): Promise<HttpAnswer> => {
      asked[new URL(url).host] = headers['accept-encoding'];
      const body = vector([]);
      return Promise.resolve({ status: 200, headers: {}, body, bytes: body.length, utf8: true });
    },
  };
  const hosts = ['127.0.0.1:9090', 'localhost:9090', '[::1]:9090', '127.0.0.1.example', 'prometheus:9090'];
  for (const host of hosts)
    await query(prometheusAnswerer({ http, url: `http://${host}`, timeoutMs: 1_000 }));

  expect(hosts.map((host) => asked[host] ?? 'as it likes')).toEqual([
    'identity',
    'identity',
    'identity',
    'as it likes',
    'as it likes',
  ]);
});

describe('an instant query', () => {
  test('is posted as a form, with the secret headers', async () => {
    const { client, asked } = await answering(200, vector([]));
    await query(client);
    expect(asked[0]?.path).toBe('POST /prometheus/api/v1/query');
    expect(Object.fromEntries(asked[0]?.form ?? [])).toEqual({ query: 'up', timeout: '5000ms' });
    expect(asked[0]?.authorization).toBe('Bearer canary');
  });

  test('states the instant when there is one', async () => {
    const { client, asked } = await answering(200, vector([]));
    await client.query('up', 1_767_614_400_123, signal);
    expect(Object.fromEntries(asked[0]?.form ?? [])).toEqual({
      query: 'up',
      time: '1767614400.123',
      timeout: '5000ms',
    });
  });

  test('brings a vector with every kind of number, and warnings', async () => {
    const values = ['0.5', '1e-3', 'NaN', '+Inf', '-Inf'];
    const result = values.map((value, index) => ({ metric: { i: String(index) }, value: [1, value] }));
    const { client } = await answering(200, vector(result, { warnings: ['a store is down'] }));
    expect(await query(client)).toEqual({
      type: 'vector',
      warnings: ['a store is down'],
      series: [0.5, 0.001, Number.NaN, Infinity, -Infinity].map((value, index) => ({
        labels: { i: String(index) },
        value,
      })),
    });
  });

  test('brings scalars, and says when it brought another type', async () => {
    const of = (resultType: string, result: unknown): string =>
      JSON.stringify({ status: 'success', data: { resultType, result } });
    expect(await query((await answering(200, of('scalar', [1, '7']))).client)).toEqual({
      type: 'scalar',
      value: 7,
      warnings: [],
    });
    expect(await query((await answering(200, of('matrix', []))).client)).toEqual({
      type: 'matrix',
      warnings: [],
    });
    expect(await query((await answering(200, of('string', [1, 'x']))).client)).toEqual({
      type: 'string',
      warnings: [],
    });
  });
});

describe('a range query', () => {
  const matrix = (result: unknown, more: object = {}): string =>
    JSON.stringify({ status: 'success', data: { resultType: 'matrix', result }, ...more });
  const range = { fromMs: 60_000, toMs: 120_500, stepMs: 15_000 };

  test('asks for both ends and the step in seconds', async () => {
    const { client, asked } = await answering(200, matrix([]));
    await client.queryRange('up', range, signal);
    expect(asked[0]?.path).toBe('POST /prometheus/api/v1/query_range');
    expect(asked[0]?.authorization).toBe('Bearer canary');
    expect(Object.fromEntries(asked[0]?.form ?? [])).toEqual({
      query: 'up',
      start: '60.000',
      end: '120.500',
      step: '15.000',
      timeout: '5000ms',
    });
  });

  test('brings series over time with every kind of number, and warnings', async () => {
    const values = [
      [60, '1'],
      [75.001, 'NaN'],
      [90, '+Inf'],
    ];
    const body = matrix([{ metric: { job: 'a' }, values }], { warnings: ['a store is down'] });
    const { client } = await answering(200, body);
    expect(await client.queryRange('up', range, signal)).toEqual({
      warnings: ['a store is down'],
      series: [
        {
          labels: { job: 'a' },
          times: Float64Array.of(60_000, 75_001, 90_000),
          values: Float64Array.of(1, Number.NaN, Infinity),
        },
      ],
    });
  });

  test('is refused like an instant query, and when what came is not a matrix', async () => {
    const refusalOf = async (status: number, body: string): Promise<string> => {
      const { client } = await answering(status, body);
      const thrown: unknown = await client.queryRange('up', range, signal).catch((error: unknown) => error);
      return messageOf(thrown).replace(/^.*api/, 'api');
    };
    expect(await refusalOf(400, JSON.stringify({ status: 'error', error: 'too many steps' }))).toBe(
      'api/v1/query_range answered 400: too many steps',
    );
    expect(await refusalOf(200, matrix([{ metric: {}, values: [[1, 2]] }]))).toMatch(
      /^api\/v1\/query_range answered 200 with what is not a result: /,
    );
    expect(await refusalOf(200, vector([]))).toMatch(/with what is not a result/);
  });
});

describe('what is not an answer', () => {
  test('names the status, and what Prometheus said', async () => {
    const error = JSON.stringify({ status: 'error', errorType: 'execution', error: 'many-to-many matching' });
    const failed = await answering(422, error);
    expect(await refusal(failed.client)).toBe(
      `ANSWER_INVALID ${failed.endpoint} answered 422: many-to-many matching`,
    );
    const down = await answering(500, '<h1>Internal\n error</h1>');
    expect(await refusal(down.client)).toBe(
      `ANSWER_INVALID ${down.endpoint} answered 500: <h1>Internal error</h1>`,
    );
  });

  test('is a success that is none', async () => {
    const error = await answering(200, JSON.stringify({ status: 'error', error: 'timed out' }));
    expect(await refusal(error.client)).toBe(
      `ANSWER_INVALID ${error.endpoint} answered 200, but without success: timed out`,
    );
  });

  test('is cut JSON, or JSON of another shape', async () => {
    const whole = vector([{ metric: {}, value: [1, '2'] }]);
    const bad = [whole.slice(0, -10), '', 'null', '[]', vector({}), vector([{ metric: {} }])];
    bad.push(
      vector([{ metric: {}, value: [1, 2] }]),
      vector([{ metric: {}, value: [1, 'two'] }]),
      vector([null]),
    );
    for (const body of bad) {
      const { client, endpoint } = await answering(200, body);
      expect(await refusal(client)).toMatch(`ANSWER_INVALID ${endpoint} answered 200`);
    }
  });

  test('is a redirect, or a missing permission; the secret stays secret', async () => {
    const moved = await answering(302, '', { location: 'http://127.0.0.1:9/' });
    expect(await refusal(moved.client)).toBe(
      `REFUSED ${moved.endpoint} answered 302: a redirect, which is not followed; state the final URL`,
    );
    const locked = await answering(401, 'Bearer canary is wrong');
    expect(await refusal(locked.client)).toBe(
      `REFUSED ${locked.endpoint} answered 401: not allowed; check the headers of prometheus`,
    );
  });

  test('is an error that quotes the request: without its secrets', async () => {
    const gateway = await answering(502, '{"authorization":"Bearer canary","token":"canary"}');
    expect(await refusal(gateway.client)).toBe(
      `ANSWER_INVALID ${gateway.endpoint} answered 502: {"authorization":"[secret]","token":"[secret]"}`,
    );
  });

  test('is one that is too large: nobody reads it to its end', async () => {
    const { client, endpoint } = await answering(200, vector([{ metric: { x: 'y'.repeat(6 * 2 ** 20) } }]));
    expect(await refusal(client)).toBe(
      `ANSWER_TOO_LARGE ${endpoint}: the answer is too large (more than 5242880 bytes)`,
    );
  });
});
