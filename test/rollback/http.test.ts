import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test, vi } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { httpClient } from '../../src/clients/http.ts';
import { httpDriver } from '../../src/rollback/drivers/http.ts';
import { aDirectory } from './a-directory.ts';
import { aStep, never, opId } from './a-step.ts';

vi.setConfig({ testTimeout: 30_000 });

const driver = httpDriver({ http: httpClient({ clock: systemClock() }), environment: { DEPLOY_KEY: 'k-1' } });
const step = (options: object) => aStep('http', driver.options.parse(options));

/** A server that answers as told, and keeps what it was asked. */
async function server(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const asked: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[] = [];
  const listening = createServer((request, response) => {
    void text(request).then((body) => {
      asked.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
      answer(request, response);
    });
  });
  onTestFinished(() => {
    listening.closeAllConnections();
    listening.close();
  });
  await new Promise<void>((ready) => listening.listen(0, '127.0.0.1', ready));
  const { port } = listening.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    close: () => new Promise((closed) => listening.close(closed)),
  };
}

const status =
  (code: number, body = '') =>
  (_: IncomingMessage, response: ServerResponse) =>
    void response.writeHead(code).end(body);

test('the request carries the effect, so that the other side can refuse a repeat', async () => {
  const { url, asked } = await server(status(202));
  const outcome = await driver.apply(
    step({ url: `${url}/flip?key=hidden`, json: { to: 'blue' } }),
    opId,
    never,
  );
  expect(outcome).toEqual({ ended: 'done', detail: `POST ${url}/flip answered 202` });
  expect(asked).toMatchObject([
    {
      method: 'POST',
      url: '/flip?key=hidden',
      headers: { 'idempotency-key': opId, 'x-rollbackd-op': opId, 'content-type': 'application/json' },
      body: '{"to":"blue"}',
    },
  ]);
});

test('secret headers are read when they are sent and shown nowhere', async () => {
  const file = join(aDirectory(), 'token');
  writeFileSync(file, 'Bearer s3cret\n');
  const { url, asked } = await server(status(200));
  const it = step({ url, headers: { authorization: { file }, 'x-key': { env: 'DEPLOY_KEY' } } });
  const outcome = await driver.apply(it, opId, never);
  expect(asked[0]?.headers).toMatchObject({ authorization: 'Bearer s3cret', 'x-key': 'k-1' });
  const facts = await driver.read(it, never);
  const shown = JSON.stringify([outcome, it, facts, driver.describe(it, facts), driver.byHand(it)]);
  expect(shown).not.toMatch(/s3cret|k-1/);
  expect(driver.byHand(it)).toEqual([
    `curl -fsS -X POST -H 'authorization: <what ${file} holds>' -H 'x-key: <what $DEPLOY_KEY holds>' ${url}`,
  ]);
});

test('an answer that was not expected is a failure that is not repeated', async () => {
  const { url } = await server(status(409, 'busy'));
  expect(await driver.apply(step({ url, expect: { status: [200, 204] } }), opId, never)).toEqual({
    ended: 'failed',
    detail: `POST ${url}/ answered 409, expected 200 or 204`,
    retryable: false,
  });
});

test('the JSON of the answer can be part of what is expected', async () => {
  const { url } = await server(status(200, '{"state":{"color":"green","id":7}}'));
  const expecting = (color: string) => step({ url, expect: { json: { state: { color } } } });
  expect((await driver.apply(expecting('green'), opId, never)).ended).toBe('done');
  expect((await driver.apply(expecting('blue'), opId, never)).detail).toBe(
    `POST ${url}/ answered 200, but not with {"state":{"color":"blue"}}`,
  );
});

test('a refused connection changed nothing and may be tried again', async () => {
  const { url, close } = await server(status(200));
  await close();
  expect(await driver.apply(step({ url }), opId, never)).toEqual({
    ended: 'failed',
    detail: `POST ${url}/: the connection was refused (ECONNREFUSED)`,
    retryable: true,
  });
});

test('after a timeout, a reset or a lost gateway nobody knows what happened', async () => {
  const silent = await server(() => {});
  const rude = await server((request) => void request.socket.destroy());
  const gateway = await server(status(504));
  const unknown = { code: 'EFFECT_UNKNOWN', recourse: 'reconcile' };
  const impatient = step({ url: silent.url, timeout: '100ms' });
  await expect(driver.apply(impatient, opId, never)).rejects.toMatchObject(unknown);
  await expect(driver.apply(step({ url: rude.url }), opId, never)).rejects.toMatchObject(unknown);
  await expect(driver.apply(step({ url: gateway.url }), opId, never)).rejects.toMatchObject(unknown);
});

test.for([
  [200, '{"color":"blue"}', 'done'],
  [200, '{"color":"green"}', 'not_done'],
  [404, '', 'not_done'],
  [503, '', 'unknown'],
] as const)('a probe answered with %i %s says %s', async ([code, body, answer]) => {
  const { url } = await server(status(code, body));
  const asking = step({ url, probe: { url: `${url}/state`, expect: { json: { color: 'blue' } } } });
  expect(await driver.probe(asking, opId, never)).toBe(answer);
});

test('without a probe, or without an answer to it, the effect is unknown', async () => {
  const { url, close } = await server(status(200));
  expect(await driver.probe(step({ url }), opId, never)).toBe('unknown');
  await close();
  expect(await driver.probe(step({ url, probe: { url } }), opId, never)).toBe('unknown');
});

test('preflight refuses addresses and headers that cannot be used', async () => {
  const bad = step({
    url: 'ftp://files.example/x',
    headers: { authorization: { env: 'NOT_SET' } },
    probe: { url: 'http://bob:pw@host.example/' },
  });
  expect(await driver.preflight(bad, await driver.read(bad, never), never)).toEqual([
    { level: 'refuse', message: 'ftp://files.example/x cannot be called: write http://HOST/PATH' },
    { level: 'refuse', message: 'http://host.example/ holds a password; use a header from a file' },
    {
      level: 'refuse',
      message: 'the header authorization has no value: the environment variable NOT_SET is empty or not set',
    },
  ]);
});
