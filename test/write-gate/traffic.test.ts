import { once } from 'node:events';
import { createServer as createSocketServer, type AddressInfo } from 'node:net';
import { request as ask } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { SimulatedClock } from '../fakes/clock.ts';
import { aGate, aService, bodyOf, open, raw, requested } from './a-gate.ts';

/** A service that is nothing but bytes: what it hears, and what it is told to say to each request. */
async function bytes(answers: (heard: string) => string | null) {
  const heard: string[] = [];
  const server = createSocketServer((socket) => {
    let said = '';
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      said += chunk.toString('latin1');
      const answer = answers(said);
      if (answer === null) return;
      heard.push(said);
      said = '';
      socket.write(answer, 'latin1');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, heard };
}

const whole = (text: string): boolean => text.includes('\r\n\r\n');
const close = 'Connection: close\r\n\r\n';

test('headers keep their order, case and repetitions in both directions; those of one connection end at the gate', async () => {
  const service = await bytes((text) =>
    whole(text)
      ? 'HTTP/1.1 200 Fine\r\nX-One: 1\r\nset-Cookie: a=1\r\nSet-Cookie: b=2\r\nKeep-Alive: timeout=9\r\nX-Hop: 1\r\nConnection: X-Hop\r\nContent-Length: 2\r\n\r\nok'
      : null,
  );
  const gate = await aGate(service.port);

  const answer = await raw(
    gate.port,
    `GET /a%20b?c=%2F HTTP/1.1\r\nHost: shop\r\nx-B: 1\r\nX-a: 2\r\nx-B: 3\r\nTE: trailers\r\nProxy-Connection: x\r\nX-Drop: 1\r\nConnection: close, x-drop\r\n\r\n`,
  );

  expect(service.heard).toEqual([
    'GET /a%20b?c=%2F HTTP/1.1\r\nHost: shop\r\nx-B: 1\r\nX-a: 2\r\nx-B: 3\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: shop\r\nConnection: keep-alive\r\n\r\n',
  ]);
  expect(answer).toBe(
    'HTTP/1.1 200 Fine\r\nX-One: 1\r\nset-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok',
  );
});

test('what earlier proxies said of the client is kept, and the list of addresses grows', async () => {
  const service = await bytes((text) => (whole(text) ? 'HTTP/1.1 204 No Content\r\n\r\n' : null));
  const gate = await aGate(service.port);

  await raw(
    gate.port,
    `GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 10.0.0.1\r\nX-Forwarded-For: 10.0.0.2\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example\r\n${close}`,
  );

  expect(service.heard[0]).toBe(
    'GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 10.0.0.1, 10.0.0.2, 127.0.0.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example\r\nConnection: keep-alive\r\n\r\n',
  );
});

test.each([
  ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n'],
  ['GET', 'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 1234\r\n\r\n'],
  ['GET', 'HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n'],
])('%s: an answer without a body stays one: %j', async (method, answer) => {
  const service = await bytes((text) => (whole(text) ? answer : null));
  const gate = await aGate(service.port);

  const got = await raw(gate.port, `${method} / HTTP/1.1\r\nHost: a\r\n${close}`);

  expect(got).toBe(answer.replace(/\r\n\r\n$/, '\r\nConnection: close\r\n\r\n'));
});

test('a POST without any body says so to the service', async () => {
  const service = await bytes((text) => (whole(text) ? 'HTTP/1.1 204 No Content\r\n\r\n' : null));
  const gate = await aGate(service.port);

  await raw(gate.port, `POST / HTTP/1.1\r\nHost: a\r\n${close}`);

  expect(service.heard[0]).toContain('\r\nContent-Length: 0\r\n');
});

test('chunks and trailers pass in both directions', async () => {
  const seen: unknown[] = [];
  const service = await aService(async (request, response) => {
    const body = await bodyOf(request);
    seen.push(body.toString(), request.rawTrailers, request.headers['transfer-encoding']);
    response.writeHead(200, { Trailer: 'X-Sum' });
    response.write('he');
    response.write('llo');
    response.addTrailers({ 'X-Sum': '5' });
    response.end();
  });
  const gate = await aGate(service.port);

  const answer = await raw(
    gate.port,
    `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\nConnection: close\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-T: 1\r\n\r\n`,
  );

  expect(seen).toEqual(['abcde', ['X-T', '1'], 'chunked']);
  expect(answer).toMatch(/Trailer: X-Sum\r\n[^]*he[^]*llo\r\n0\r\nX-Sum: 5\r\n\r\n$/);
});

test('an answer that ends with its connection arrives whole', async () => {
  const server = createSocketServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(`HTTP/1.0 200 OK\r\n\r\n${'x'.repeat(100_000)}`));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const gate = await aGate((server.address() as AddressInfo).port);

  const answer = await requested(gate.port, {});

  expect((await bodyOf(answer)).length).toBe(100_000);
});

test('whether a body is wanted is decided by the service', async () => {
  const service = await aService((_request, response) => response.end());
  let continued = true;
  service.server.on('checkContinue', (request, response) => {
    if (request.url === '/no') return void response.writeHead(417).end();
    response.writeContinue();
    request.resume();
    request.on('end', () => response.end('taken'));
  });
  const gate = await aGate(service.port);
  const put = async (path: string): Promise<string> => {
    continued = false;
    const call = ask({
      host: '127.0.0.1',
      port: gate.port,
      agent: false,
      method: 'PUT',
      path,
      headers: { expect: '100-continue', 'content-length': 3 },
    });
    call.on('continue', () => {
      continued = true;
      call.end('abc');
    });
    call.on('error', () => {});
    const [answer] = (await once(call, 'response')) as [Parameters<typeof bodyOf>[0]];
    const text = (await bodyOf(answer)).toString();
    call.destroy();
    return `${answer.statusCode} ${text}, ${continued ? 'continued' : 'not continued'}`;
  };

  expect(await put('/yes')).toBe('200 taken, continued');
  expect(await put('/no')).toBe('417 , not continued');
});

test('requests behind each other on one connection are answered in order', async () => {
  const service = await aService(async (request, response) => {
    await bodyOf(request);
    if (request.url === '/1') await new Promise((resolve) => setImmediate(resolve));
    response.end(`answer ${request.url} `);
  });
  const gate = await aGate(service.port);

  const answer = await raw(
    gate.port,
    `POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nxGET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\n${close}`,
  );

  expect([...answer.matchAll(/answer \/(\d)/g)].map(([, n]) => n)).toEqual(['1', '2', '3']);
});

const post = 'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n';

test.each([
  ['two lengths', `${post}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`, 400],
  ['a length and chunks', `${post}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
  ['another coding', `${post}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, 501],
  ['a coding nobody knows', `${post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`, 501],
  ['a space before a colon', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 3\r\n\r\nabc', 400],
  ['a folded header', 'GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\r\n b\r\n\r\n', 400],
  ['a bare line feed in chunks', `${post}Transfer-Encoding: chunked\r\n\r\n1\nx\n0\n\n`, 400],
  ['no host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
  ['an absolute target', `GET http://other/ HTTP/1.1\r\nHost: a\r\n${close}`, 400],
  ['endless headers', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`, 431],
  ['a tunnel', 'CONNECT other:443 HTTP/1.1\r\nHost: other:443\r\n\r\n', 405],
])('%s: refused, and the service hears nothing of it', async (_, sent, status) => {
  const service = await bytes((text) => (whole(text) ? 'HTTP/1.1 204 No Content\r\n\r\n' : null));
  const gate = await aGate(service.port);

  expect(await raw(gate.port, sent)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(service.heard).toEqual([]);
});

test('no header of a client takes another one away that says whose message it is', async () => {
  const service = await bytes((text) => (whole(text) ? 'HTTP/1.1 204 No Content\r\n\r\n' : null));
  const gate = await aGate(service.port);

  await raw(
    gate.port,
    'GET / HTTP/1.1\r\nHost: a\r\nAuthorization: b\r\nConnection: close, authorization, host\r\n\r\n',
  );

  expect(service.heard[0]).toMatch(/^GET \/ HTTP\/1.1\r\nHost: a\r\nAuthorization: b\r\n/);
});

test('a service that is down is a 502 that says so', async () => {
  const service = await aService((_request, response) => response.end());
  service.server.close();
  const gate = await aGate(service.port);

  const answer = await requested(gate.port, { method: 'POST' }, 'abc');

  expect(answer.statusCode).toBe(502);
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(JSON.parse((await bodyOf(answer)).toString())).toEqual({
    type: 'about:blank',
    title: 'Bad gateway',
    status: 502,
    detail: 'the service behind the gate could not be asked (ECONNREFUSED)',
  });
});

test('a service that does not begin to answer is a 504, and its call ends', async () => {
  const clock = new SimulatedClock();
  const asked = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const service = await aService((request) => {
    request.socket.once('close', ended.resolve);
    asked.resolve();
  });
  const gate = await aGate(service.port, { clock, answerWithinMs: 30_000 });

  const answer = requested(gate.port, { method: 'POST' }, 'abc');
  await asked.promise;
  await clock.advance(30_000);

  expect((await answer).statusCode).toBe(504);
  await ended.promise;
});

test('half an answer does not look like a whole one', async () => {
  const service = await aService((_request, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half', () => response.destroy());
  });
  const gate = await aGate(service.port);

  await expect(requested(gate.port, {}).then(bodyOf)).rejects.toThrow('aborted');
});

test.each([
  ['in the middle of its request', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc'],
  ['while it waits', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc'],
])('when a client goes away %s, the call to the service ends', async (_, sent) => {
  const asked = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const service = await aService((request) => {
    request.socket.once('close', ended.resolve);
    asked.resolve();
  });
  const gate = await aGate(service.port);
  const socket = open(gate.port);
  socket.write(sent);
  await asked.promise;
  expect((await gate.state()).writesUnderWay).toBe(1);

  socket.destroy();

  await ended.promise;
  expect((await gate.state()).writesUnderWay).toBe(0);
});

test('a read that met a connection just closed is asked again; a write is not', async () => {
  let answered = 0;
  const service = await aService((request, response) => {
    // The second request on any connection finds it closed.
    if (Reflect.has(request.socket, 'used')) return void request.socket.destroy();
    Reflect.set(request.socket, 'used', true);
    answered += 1;
    request.resume();
    response.end('ok');
  });
  const gate = await aGate(service.port);
  const status = async (method: string): Promise<number | undefined> => {
    const answer = await requested(gate.port, { method }, method === 'GET' ? undefined : 'x');
    await bodyOf(answer);
    return answer.statusCode;
  };

  expect([await status('GET'), await status('GET')]).toEqual([200, 200]);
  expect(await status('POST')).toBe(502);
  expect(answered).toBe(2);
});
