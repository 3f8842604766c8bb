import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request as ask, type IncomingMessage } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { aGate, aService, bodyOf, open, raw, requested } from './a-gate.ts';

const mebibyte = 1024 * 1024;
const piece = randomBytes(mebibyte);
const pieces = 100;
const expected = createHash('sha256');
for (let count = 0; count < pieces; count += 1) expected.update(piece);
const digest = expected.digest('hex');
/** What the kernel and four streams may hold together; far less than all of it. */
const mostBuffered = 40 * mebibyte;

async function digestOf(message: IncomingMessage): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of message as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest('hex');
}

/** Writes all pieces as fast as they are taken, and tells how much was taken so far. */
function pour(into: NodeJS.WritableStream): { taken: number } {
  const told = { taken: 0 };
  void (async () => {
    for (let count = 0; count < pieces; count += 1) {
      if (!into.write(piece)) await once(into, 'drain');
      told.taken += mebibyte;
    }
    into.end();
  })().catch(() => {});
  return told;
}

/** Waits until nothing moves any more. */
async function untilStill(told: { readonly taken: number }): Promise<number> {
  for (let still = 0, before = -1; still < 200; still += 1) {
    if (told.taken !== before) still = 0;
    before = told.taken;
    await turn();
  }
  return told.taken;
}

test('100 MiB of an answer arrive whole, and wait at the service while the client does not read', async () => {
  let told = { taken: 0 };
  const service = await aService((_request, response) => {
    told = pour(response);
  });
  const gate = await aGate(service.port);
  const answer = await requested(gate.port, {});

  expect(await untilStill(told)).toBeLessThan(mostBuffered);

  expect(await digestOf(answer)).toBe(digest);
});

test('100 MiB of a request arrive whole, and wait at the client while the service does not read', async () => {
  const begun = Promise.withResolvers<IncomingMessage>();
  const service = await aService((request, response) => {
    begun.resolve(request);
    request.once('end', () => response.end('taken'));
  });
  const gate = await aGate(service.port);
  const call = ask({ host: '127.0.0.1', port: gate.port, agent: false, method: 'PUT' });
  const told = pour(call);
  const answered = once(call, 'response') as Promise<[IncomingMessage]>;
  const request = await begun.promise;

  expect(await untilStill(told)).toBeLessThan(mostBuffered);

  expect(await digestOf(request)).toBe(digest);
  expect((await bodyOf((await answered)[0])).toString()).toBe('taken');
});

test('an event stream passes event by event, also while writes are held off', async () => {
  const clients: { write(text: string): unknown }[] = [];
  const service = await aService((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    clients.push(response);
  });
  const gate = await aGate(service.port);
  const answer = await requested(gate.port, { path: '/events' });
  const events = answer[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const next = async (): Promise<string> => ((await events.next()).value as Buffer).toString();

  clients[0]?.write('data: 1\n\n');
  expect(await next()).toBe('data: 1\n\n');
  await gate.control('PUT', '/quiesce', { id: 'a' });
  clients[0]?.write('data: 2\n\n');
  expect(await next()).toBe('data: 2\n\n');
  expect((await requested(gate.port, { path: '/events' })).statusCode).toBe(200);
});

/** A service that echoes what it gets over WebSockets. */
async function echo() {
  const service = await aService((request, response) =>
    response.writeHead(426, { 'x-path': request.url ?? '' }).end('upgrade!'),
  );
  const sockets = new WebSocketServer({ noServer: true });
  service.server.on('upgrade', (request, socket, head) => {
    if (request.url === '/no')
      return void socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno');
    sockets.handleUpgrade(request, socket, head, (ws) => {
      ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
    });
  });
  onTestFinished(() => {
    for (const client of sockets.clients) client.terminate();
  });
  return { ...service, sockets };
}

async function dialled(port: number, path = '/'): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`);
  onTestFinished(() => socket.terminate());
  await once(socket, 'open');
  return socket;
}

async function echoed(socket: WebSocket, sent: Buffer): Promise<boolean> {
  const heard = once(socket, 'message');
  socket.send(sent);
  const [back] = (await heard) as [Buffer];
  return sent.equals(back);
}

test('WebSockets pass untouched, also while writes are held off, and end on both sides', async () => {
  const service = await echo();
  const gate = await aGate(service.port);
  const socket = await dialled(gate.port);
  expect(await echoed(socket, Buffer.from('hello'))).toBe(true);
  expect(await echoed(socket, randomBytes(3 * mebibyte))).toBe(true);

  await gate.control('PUT', '/quiesce', { id: 'a' });
  expect(await echoed(socket, Buffer.from('still'))).toBe(true);
  expect(await echoed(await dialled(gate.port), Buffer.from('new'))).toBe(true);
  expect((await gate.control('GET', '/metrics')).body).toContain('\nrollbackd_gate_tunnels 2\n');

  const [onService] = [...service.sockets.clients];
  const gone = once(onService!, 'close');
  socket.terminate();
  await gone;
});

test('when the service ends a WebSocket, the client hears of it', async () => {
  const service = await echo();
  const gate = await aGate(service.port);
  const socket = await dialled(gate.port);
  const gone = once(socket, 'close');

  for (const client of service.sockets.clients) client.close(4_001, 'enough');

  expect(await gone).toEqual([4_001, Buffer.from('enough')]);
});

test('a service that declines an upgrade is heard', async () => {
  const service = await echo();
  const gate = await aGate(service.port);

  expect(
    await raw(
      gate.port,
      'GET /no HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    ),
  ).toMatch(/^HTTP\/1.1 403 Forbidden\r\n[^]*no$/);
});

test.each(['h2c', 'HTTP/2.0', 'websocket, h2c'])(
  'an upgrade to %s, inside of which writes would pass unseen, is an ordinary request',
  async (protocol) => {
    const service = await echo();
    const gate = await aGate(service.port);

    const answer = await requested(gate.port, {
      path: '/x',
      headers: { connection: 'Upgrade, HTTP2-Settings', upgrade: protocol, 'http2-settings': 'AAMAAABk' },
    });

    expect([answer.statusCode, answer.headers['x-path']]).toEqual([426, '/x']);
  },
);

test('a write that asks for an upgrade is a write', async () => {
  const service = await echo();
  const gate = await aGate(service.port);
  await gate.control('PUT', '/quiesce', { id: 'a' });

  const answer = await raw(
    gate.port,
    'POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  );

  expect(answer).toMatch(/^HTTP\/1.1 503 [^]*\r\nConnection: close\r\n/);
});

test('SIGTERM lets requests under way end, takes no new ones, and cuts what does not end in time', async () => {
  const begun = Promise.withResolvers<{ end(text: string): unknown }>();
  const service = await aService((_request, response) => begun.resolve(response));
  const gate = await aGate(service.port);
  const answer = requested(gate.port, { method: 'POST' }, 'x');
  const response = await begun.promise;

  const stopped = gate.running.stop(60_000);
  await expect(requested(gate.port, {})).rejects.toThrow('ECONNREFUSED');
  response.end('done');

  expect((await bodyOf(await answer)).toString()).toBe('done');
  expect(await stopped).toBe(true);

  const other = await aGate(service.port);
  const socket = open(other.port);
  const gone = once(socket, 'close');
  socket.on('error', () => {});
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n');
  while ((await other.state()).writesUnderWay === 0) await turn();
  expect(await other.running.stop(0)).toBe(false);
  await gone;
});
