import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/app/clock.ts';
import { httpClient } from '../../../src/clients/http.ts';
import { sequenceSource } from '../../../src/detect/sources/sequence.ts';
import { bodyOf, nobody, serving, type Handler } from '../../clients/loopback.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { objections, read, subjects } from './reading.ts';

const clock = systemClock();
const environment = { PASSWORD: 'correct-horse' };
const source = () => sequenceSource({ client: httpClient({ clock }), clock, environment });

/** An application with a login: whoever has its token may ask. */
function application(requests: string[] = []): Handler {
  return async (request, response) => {
    const { authorization } = request.headers;
    const body = await bodyOf(request);
    requests.push(`${request.method} ${request.url} ${authorization ?? '-'} ${body}`);
    const answer = (status: number, json: unknown): void =>
      void response
        .writeHead(status, { 'x-session': 'session-of-header' })
        .end(typeof json === 'string' ? json : JSON.stringify(json));
    if (request.url === '/api/v1/auth/login')
      return body.includes('"correct-horse"')
        ? answer(200, { data: [{ access_token: 'tok-4711/a b' }], user: 17 })
        : answer(401, { error: `wrong: ${body}` });
    if (authorization !== 'Bearer tok-4711/a b') return answer(401, `no token in ${authorization}`);
    if (request.url?.startsWith('/api/v1/chat') === true)
      return answer(200, { response: 'hello', asked: body });
    return answer(200, ['one']);
  };
}

const login = {
  name: 'log in',
  method: 'POST',
  url: '${target.address}/api/v1/auth/login',
  json: { username: 'thesis', password: { env: 'PASSWORD' } },
  expect: { status: 200 },
  capture: { token: '$.data[0].access_token', user: '$.user' },
};
const bearer = { Authorization: 'Bearer ${capture.token}' };

async function walking(steps: unknown, handler: Handler = application()): Promise<string | undefined> {
  const { url } = await serving(handler);
  return (await read(source(), { steps }, subjects(['backend'], url)))['backend'];
}

test('a login, a query with its token, and a request with a body pass together', async () => {
  const requests: string[] = [];
  const steps = [
    login,
    { url: '${target.address}/api/v1/knowledge-bases', headers: bearer, expect: { status: 200 } },
    {
      method: 'POST',
      url: '${target.address}/api/v1/chat/completions?of=${capture.user}',
      headers: bearer,
      json: { query: 'test', user: '${capture.user}', deep: [{ target: '${target.name}' }] },
      expect: { status: 200, json: { response: 'hello' } },
    },
  ];
  expect(await walking(steps, application(requests))).toBe('passed: all 3 steps answered as expected');
  expect(requests).toEqual([
    'POST /api/v1/auth/login - {"username":"thesis","password":"correct-horse"}',
    'GET /api/v1/knowledge-bases Bearer tok-4711/a b ',
    'POST /api/v1/chat/completions?of=17 Bearer tok-4711/a b {"query":"test","user":"17","deep":[{"target":"backend"}]}',
  ]);
});

test('the first step that is not as expected is named, and none follows', async () => {
  const requests: string[] = [];
  const wrong = { ...login, json: { username: 'thesis', password: 'wrong' } };
  const after = { url: '${target.address}/', headers: bearer };
  expect(await walking([wrong, after], application(requests))).toBe(
    'failed: step 1 of 2 (log in): answered 401, expected 200',
  );
  expect(requests).toHaveLength(1);
});

test('an answer without what is to be captured fails its step', async () => {
  for (const place of ['$.data.access_token', '$.user[0]', '$.data[1].access_token', '$.data', 'header:X-No'])
    expect(await walking([{ ...login, capture: { token: place } }])).toBe(
      `failed: step 1 of 1 (log in): answered 200, but without ${place} for token`,
    );
});

test('a header of an answer can be captured, too', async () => {
  const first = { ...login, capture: { session: 'header:X-Session' } };
  const second = { url: '${target.address}/${capture.session}', expect: { body: 'Bearer X' } };
  expect(await walking([first, { ...second, headers: { Authorization: 'Bearer ${capture.session}' } }])).toBe(
    'failed: step 2 of 2 (GET): answered 401, expected 2xx',
  );
});

test('what was captured, and secrets, are in no detail', async () => {
  const echo: Handler = async (request, response) => {
    const body = await bodyOf(request);
    const session = 'tok-4711/a "b"';
    const said =
      request.url === '/login'
        ? { token: session, said: body }
        : { url: request.url, said: `${request.headers.authorization} ${body}` };
    response.end(JSON.stringify(said));
  };
  const first = {
    method: 'POST',
    url: '${target.address}/login',
    json: { password: { env: 'PASSWORD' } },
    capture: { token: '$.token' },
  };
  expect(await walking([{ ...first, expect: { json: { token: 'x', said: 'x' } } }], echo)).toBe(
    'failed: step 1 of 1 (POST): answered 200, but token is "[secret]", expected "x"',
  );
  expect(await walking([{ ...first, expect: { json: { said: 'x' } } }], echo)).toBe(
    String.raw`failed: step 1 of 1 (POST): answered 200, but said is "{\"password\":\"[secret]\"}", expected "x"`,
  );
  const second = {
    url: '${target.address}/of/${capture.token}',
    headers: { Authorization: '${capture.token}' },
  };
  expect(await walking([first, { ...second, expect: { json: { url: 'x' } } }], echo)).toBe(
    'failed: step 2 of 2 (GET): answered 200, but url is "/of/[secret]", expected "x"',
  );
  expect(await walking([first, { ...second, expect: { json: { said: 'x' } } }], echo)).toBe(
    'failed: step 2 of 2 (GET): answered 200, but said is "[secret] ", expected "x"',
  );
});

test('a secret is read from its file when it is sent', async () => {
  const file = join(temporaryFolder('rd-sequence'), 'password');
  writeFileSync(file, 'correct-horse\n');
  expect(await walking([{ ...login, json: { password: { file } } }])).toBe(
    'passed: the step answered as expected',
  );
});

test('what cannot be asked is an error, and a server that is gone is a failure', async () => {
  expect(await walking([{ ...login, json: { password: { env: 'NOT_SET' } } }])).toBe(
    'error: step 1 of 1 (log in): the environment variable NOT_SET is empty or not set',
  );
  expect((await read(source(), { steps: [login] }, subjects(['backend'])))['backend']).toBe(
    'error: step 1 of 1 (log in): ${target.address}/api/v1/auth/login cannot be filled in for this target',
  );
  const gone = await nobody();
  expect((await read(source(), { steps: [login] }, subjects(['backend'], gone)))['backend']).toBe(
    'failed: step 1 of 1 (log in): refused the connection',
  );
});

test('when all targets fail at once, the trouble may be the daemon itself', async () => {
  const gone = await nobody();
  const readings = await read(source(), { steps: [login] }, subjects(['a', 'b'], gone));
  expect(readings['a']).toBe(
    "error: step 1 of 1 (log in): refused the connection; so does every probe (2 targets): the trouble may be the daemon's own",
  );
});

test('a value that is endless, or has control characters, is not captured', async () => {
  const answering =
    (token: string): Handler =>
    (_, response) =>
      void response.end(JSON.stringify({ token }));
  const step = { name: 'log in', url: '${target.address}/', capture: { token: '$.token' } };
  for (const token of ['x'.repeat(20_000), 'a\r\nb: c', ''])
    expect(await walking([step], answering(token))).toBe(
      'failed: step 1 of 1 (log in): answered 200, but without $.token for token',
    );
});

test('mistakes are found when the file is read', () => {
  const url = 'http://backend/';
  const of = (...steps: object[]): string[] => objections(source(), { steps });
  expect(of({ url: `${url}\${capture.token}` })).toEqual([
    'steps.0: uses capture.token, which no earlier step captures',
  ]);
  expect(of({ url, capture: { token: '$..token' } })).toEqual([
    'steps.0.capture.token: expected a place such as $.access_token, $.items[0].id or header:Location',
  ]);
  expect(of({ url, capture: { host: '$.a' } }, { url: 'http://${capture.host}/' })).toEqual([
    'steps.1.url: an answer must not say which server is asked next; use ${capture.NAME} behind the address',
  ]);
  expect(of({ url, json: {}, body: '' })).toEqual(['steps.0: state either json or body']);
  expect(of({ url, timeout: '20s' }, { url, timeout: '11s' })).toEqual([
    'steps: may take 31s with all timeouts added up, more than 30s',
  ]);
});
