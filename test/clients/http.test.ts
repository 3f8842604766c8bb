import { createServer as createTlsServer } from 'node:https';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { guardedLookup } from '../../src/clients/address-guard.ts';
import { classify, failureOf } from '../../src/clients/http-failure.ts';
import { httpClient, type HttpRequest } from '../../src/clients/http.ts';
import { bodyOf, connecting, listening, nobody, serving } from './loopback.ts';

const client = httpClient({ clock: systemClock() });

function get(url: string, more: Partial<HttpRequest> = {}) {
  return client.request({ method: 'GET', url, timeoutMs: 5_000, maxBytes: 2 ** 20, ...more });
}

async function failure(promise: Promise<unknown>): Promise<[string | null, string]> {
  const thrown: unknown = await promise.then(
    () => null,
    (error: unknown) => error,
  );
  return [failureOf(thrown), thrown instanceof Error ? thrown.message : String(thrown)];
}

describe('an answer', () => {
  test('of any status comes back with its headers and body', async () => {
    const { url } = await serving((_, response) => {
      response.writeHead(503, { 'X-Reason': 'overload' }).end('busy');
    });
    expect(await get(url)).toMatchObject({ status: 503, headers: { 'x-reason': 'overload' }, body: 'busy' });
  });

  test('that redirects is an answer, not followed', async () => {
    let asked = 0;
    const { url } = await serving((_, response) => {
      asked += 1;
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    expect(await get(url)).toMatchObject({ status: 302, headers: { location: '/elsewhere' } });
    expect(asked).toBe(1);
  });

  test('to a request with a body and headers', async () => {
    const { url } = await serving(async (request, response) => {
      response.end(`${request.method} ${String(request.headers['x-who'])} ${await bodyOf(request)}`);
    });
    const answer = await get(url, { method: 'POST', headers: { 'x-who': 'me' }, body: 'a=1' });
    expect(answer.body).toBe('POST me a=1');
  });

  test('that is compressed is unpacked, and the limit counts what comes out', async () => {
    const { url } = await serving((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x'.repeat(100_000)));
    });
    expect((await get(url)).body).toHaveLength(100_000);
    expect((await failure(get(url, { maxBytes: 50_000 })))[0]).toBe('too_large');
  });

  test('comes straight from the other side, whatever proxy the environment names', async () => {
    const { url } = await serving((_, response) => response.end('direct'));
    const before = process.env['HTTP_PROXY'];
    process.env['HTTP_PROXY'] = process.env['http_proxy'] = await nobody();
    onTestFinished(() => {
      delete process.env['http_proxy'];
      if (before === undefined) delete process.env['HTTP_PROXY'];
      else process.env['HTTP_PROXY'] = before;
    });
    expect((await get(url)).body).toBe('direct');
  });

  test('uses a connection of its own', async () => {
    const { url, server } = await serving((_, response) => response.end());
    let connections = 0;
    server.on('connection', () => (connections += 1));
    await get(url);
    await get(url);
    expect(connections).toBe(2);
  });
});

describe('no answer', () => {
  test('because nobody listens: refused', async () => {
    const url = await nobody();
    expect(await failure(get(`${url}/health`))).toEqual([
      'refused',
      `GET ${url}/health: the connection was refused (ECONNREFUSED)`,
    ]);
  });

  test('because the connection was cut, before or in the middle of the body: reset', async () => {
    const cut = await connecting((socket) => socket.once('data', () => socket.resetAndDestroy()));
    expect((await failure(get(cut)))[0]).toBe('reset');
    const half = await serving((_, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('half');
      setTimeout(() => response.socket?.destroy(), 20);
    });
    expect((await failure(get(half.url)))[0]).toBe('reset');
  });

  test('in time, be it the head or the rest of the body: timeout', async () => {
    const mute = await connecting(() => {});
    expect(await failure(get(`${mute}/slow?token=hush`, { timeoutMs: 50 }))).toEqual([
      'timeout',
      `GET ${mute}/slow: no complete answer in time (after 50ms)`,
    ]);
    const drip = await serving((_, response) => void response.writeHead(200).write('a'));
    expect((await failure(get(drip.url, { timeoutMs: 50 })))[0]).toBe('timeout');
  });

  test('because the handshake failed: tls', async () => {
    const port = await listening(createTlsServer({}));
    expect((await failure(get(`https://127.0.0.1:${port}/`)))[0]).toBe('tls');
    const plain = await serving((_, response) => response.end());
    expect((await failure(get(plain.url.replace('http:', 'https:'))))[0]).toBe('tls');
  });

  test('that is HTTP: malformed', async () => {
    const url = await connecting((socket) =>
      socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.2\r\n')),
    );
    expect((await failure(get(url)))[0]).toBe('malformed');
  });

  test('because the name is unknown: dns', async () => {
    expect((await failure(get('http://no-such-host.invalid/')))[0]).toBe('dns');
  });

  test('within our limit: too large, and reading stops there', async () => {
    let sent = 0;
    const { url } = await serving((_, response) => {
      const chunk = Buffer.alloc(64 * 1024, 'x');
      const write = (): void => {
        while (sent < 50 * 2 ** 20 && !response.destroyed) {
          sent += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', write);
        }
        response.end();
      };
      write();
    });
    expect(await failure(get(url, { maxBytes: 2 ** 20 }))).toEqual([
      'too_large',
      `GET ${url}/: the answer is too large (more than 1048576 bytes)`,
    ]);
    expect(sent).toBeLessThan(25 * 2 ** 20);
  });

  test('because the caller gave up: aborted', async () => {
    const mute = await connecting(() => {});
    const abort = new AbortController();
    const asking = failure(get(mute, { signal: abort.signal }));
    abort.abort();
    expect((await asking)[0]).toBe('aborted');
    expect((await failure(get(mute, { signal: abort.signal })))[0]).toBe('aborted');
  });

  test('from addresses that may not be called: forbidden, however they are written', async () => {
    for (const host of [
      '169.254.169.254',
      '2852039166',
      '[::ffff:169.254.169.254]',
      '[fe80::1]',
      '[fd00:ec2::254]',
    ])
      expect((await failure(get(`http://${host}/latest/meta-data`)))[0]).toBe('forbidden');
    for (const url of ['file:///etc/passwd', 'data:text/plain,hi', 'not a url'])
      expect((await failure(get(url)))[0]).toBe('forbidden');
  });

  test('from a name that leads to such an address', async () => {
    const found = await new Promise((resolve) =>
      guardedLookup('169.254.169.254', { all: true }, (error, address) => resolve(error ?? address)),
    );
    expect(classify(found)).toBe('forbidden');
    const fine = await new Promise((resolve) =>
      guardedLookup('127.0.0.1', {}, (error, address) => resolve(error ?? address)),
    );
    expect(fine).toBe('127.0.0.1');
  });
});

describe('what the network stack says', () => {
  const error = (code: string): Error => Object.assign(new Error(code), { code });

  test('is found inside of what wraps it', () => {
    expect(classify(new Error('outer', { cause: error('ECONNREFUSED') }))).toBe('refused');
  });

  test('about several addresses of one name: an answer counts more than a missing route', () => {
    const both = new AggregateError([error('ENETUNREACH'), error('ECONNREFUSED')]);
    expect(classify(Object.assign(both, { code: 'ENETUNREACH' }))).toBe('refused');
    expect(classify(new AggregateError([error('ENETUNREACH'), error('EHOSTUNREACH')]))).toBe('no_route');
  });

  test('is a trouble of this machine where it is not known', () => {
    for (const code of ['EMFILE', 'ENOBUFS', 'EADDRNOTAVAIL', 'SOMETHING_NEW'])
      expect(classify(error(code))).toBe('local');
  });

  test('about certificates is tls', () => {
    for (const code of ['CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'ERR_TLS_CERT_ALTNAME_INVALID'])
      expect(classify(error(code))).toBe('tls');
  });
});

test('no secret of a request is in its error, however it is printed', async () => {
  const url = (await nobody()).replace('http://', 'http://bob:hunter2@');
  const asking = get(`${url}/x?token=canary-1`, {
    headers: { authorization: 'Bearer canary-2' },
    body: 'canary-3',
  });
  const thrown: unknown = await asking.catch((error: unknown) => error);
  const printed = `${inspect(thrown, { depth: 10, showHidden: true })}${JSON.stringify(thrown)}`;
  expect(printed).toContain('the connection was refused');
  expect(printed).not.toMatch(/canary|hunter2/);
});
