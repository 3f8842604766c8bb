import { expect, test } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { httpClient } from '../../src/clients/http.ts';
import { prometheusMetricTypes } from '../../src/clients/prometheus-metadata.ts';
import { Secret } from '../../src/domain/secret.ts';
import { serving } from './loopback.ts';

const { signal } = new AbortController();

async function saying(status: number, body: unknown) {
  const asked: string[] = [];
  const { url } = await serving((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  const types = prometheusMetricTypes({
    http: httpClient({ clock: systemClock() }),
    url: `${url}/prefix/`,
    timeoutMs: 5_000,
    headers: { authorization: new Secret('Bearer canary') },
  });
  return { types, asked, url };
}

test('the type of a metric is what all its targets call it', async () => {
  const { types, asked } = await saying(200, {
    status: 'success',
    data: {
      a_total: [
        { type: 'counter', help: 'a' },
        { type: 'counter', help: 'b' },
      ],
    },
  });
  expect(await types('a_total', signal)).toBe('counter');
  expect(asked).toEqual(['GET /prefix/api/v1/metadata?metric=a_total Bearer canary']);
});

test.each([
  ['nobody says any', {}],
  ['they differ', { a: [{ type: 'gauge' }, { type: 'counter' }] }],
  ['it is not known', { a: [{ type: 'unknown' }] }],
  ['the answer has another shape', { a: 'gauge' }],
])('there is no type where %s', async (_, data) => {
  const { types } = await saying(200, { status: 'success', data });
  expect(await types('a', signal)).toBeNull();
});

test('anything but a success is refused, without the secret', async () => {
  const { types, url } = await saying(500, { status: 'error', error: 'out of Bearer canary' });
  const thrown: unknown = await types('a', signal).catch((error: unknown) => error);
  expect(thrown).toMatchObject({ code: 'ANSWER_INVALID' });
  expect(String(thrown)).toContain(`GET ${url}/prefix/api/v1/metadata answered 500: out of`);
  expect(String(thrown)).not.toContain('canary');
});
