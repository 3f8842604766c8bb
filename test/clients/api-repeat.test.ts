import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { apiClient } from '../../src/clients/api/api-client.ts';
import { serving } from './loopback.ts';

/** What answers in the daemon's place, request by request. */
async function answering(...answers: ((request: IncomingMessage, response: ServerResponse) => void)[]) {
  const keys: (string | undefined)[] = [];
  const { url } = await serving((request, response) => {
    keys.push(request.headers['idempotency-key'] as string | undefined);
    answers[keys.length - 1]?.(request, response);
  });
  return { keys, api: apiClient({ url, token: null, timeoutMs: 5_000, clock: systemClock() }) };
}

const breaks = (request: IncomingMessage): void => void request.socket.destroy();
const done = (_: IncomingMessage, response: ServerResponse): void =>
  void response
    .writeHead(200, { 'rollbackd-api': '1', 'content-type': 'application/json' })
    .end('{"accepted":true,"message":"done","incident":null}');

test('an action whose connection breaks is sent again under the same key', async () => {
  const { api, keys } = await answering(breaks, breaks, done);

  expect(await api.execute({ do: 'halt', note: '' })).toEqual({
    accepted: true,
    message: 'done',
    incident: null,
  });
  expect(keys).toEqual([keys[0], keys[0], keys[0]]);
  expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
});

test('it is given up after the third time', async () => {
  const { api, keys } = await answering(breaks, breaks, breaks, done);

  await expect(api.execute({ do: 'halt', note: '' })).rejects.toMatchObject({ code: 'DAEMON_UNREACHABLE' });
  expect(keys).toHaveLength(3);
});

test('two actions have two keys, and looking has none', async () => {
  const { api, keys } = await answering(done, done, done);
  await api.execute({ do: 'halt', note: '' });
  await api.execute({ do: 'halt', note: '' });
  await api.status();

  expect(keys[0]).not.toBe(keys[1]);
  expect(keys[2]).toBeUndefined();
});
