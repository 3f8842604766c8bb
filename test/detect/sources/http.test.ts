import { createServer as createTlsServer } from 'node:https';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/app/clock.ts';
import { httpError, type HttpFailure } from '../../../src/clients/http-failure.ts';
import { httpClient, type HttpClient } from '../../../src/clients/http.ts';
import { httpSource } from '../../../src/detect/sources/http.ts';
import { MINUTE, SECOND } from '../../../src/domain/time.ts';
import { connecting, listening, nobody, serving, type Handler } from '../../clients/loopback.ts';
import { SimulatedClock } from '../../fakes/clock.ts';
import { objections, read, subjects } from './reading.ts';

const clock = systemClock();
const real = () => httpSource({ client: httpClient({ clock }), clock, environment: { CANARY: 'canary' } });

async function probing(handler: Handler, more: object = {}): Promise<string | undefined> {
  const { url } = await serving(handler);
  return probingAt(url, more);
}

async function probingAt(address: string, more: object = {}): Promise<string | undefined> {
  const options = { url: '${target.address}/health', timeout: '300ms', ...more };
  return (await read(real(), options, subjects(['backend'], address)))['backend'];
}

const saying =
  (status: number, body = ''): Handler =>
  (_, response) =>
    void response.writeHead(status).end(body);

describe('an answer', () => {
  test('with any status from 200 to 299 passes, unless another is expected', async () => {
    expect(await probing(saying(200))).toBe('passed: answered 200');
    expect(await probing(saying(204))).toBe('passed: answered 204');
    expect(await probing(saying(503))).toBe('failed: answered 503, expected 2xx');
    expect(await probing(saying(204), { expect: { status: 200 } })).toBe(
      'failed: answered 204, expected 200',
    );
    expect(await probing(saying(404), { expect: { status: [401, 404] } })).toBe('passed: answered 404');
  });

  test('that redirects is a wrong status, not followed', async () => {
    expect(await probing((_, response) => void response.writeHead(301, { location: '/' }).end())).toBe(
      'failed: answered 301, expected 2xx',
    );
  });

  test('must have the members of the JSON that is expected', async () => {
    const health = JSON.stringify({ status: 'UP', checks: [{ db: { ok: true } }], extra: 1 });
    const expecting = (json: unknown): object => ({ expect: { status: 200, json } });
    expect(await probing(saying(200, health), expecting({ status: 'UP' }))).toBe('passed: answered 200');
    expect(await probing(saying(200, health), expecting({ checks: [{ db: {} }] }))).toBe(
      'passed: answered 200',
    );
    expect(await probing(saying(200, health), expecting({ status: 'OK' }))).toBe(
      'failed: answered 200, but status is "UP", expected "OK"',
    );
    expect(await probing(saying(200, health), expecting({ checks: [{ db: { ok: false } }] }))).toBe(
      'failed: answered 200, but checks.0.db.ok is true, expected false',
    );
    expect(await probing(saying(200, health), expecting({ checks: [] }))).toBe(
      'failed: answered 200, but checks has 1 elements, expected 0',
    );
    expect(await probing(saying(200, health), expecting({ toString: {} }))).toBe(
      'failed: answered 200, but toString is missing, expected {}',
    );
    expect(await probing(saying(200, 'UP'), expecting({ status: 'UP' }))).toBe(
      'failed: answered 200, but the body is not JSON',
    );
  });

  test('must contain the text that is expected', async () => {
    expect(await probing(saying(200, 'all is well'), { expect: { body: 'well' } })).toBe(
      'passed: answered 200',
    );
    expect(await probing(saying(200, 'all is lost'), { expect: { body: 'well' } })).toBe(
      'failed: answered 200, but the body lacks "well"',
    );
  });

  test('to a method, headers, secret ones too, and a body of the rule', async () => {
    const echo: Handler = (request, response) => {
      response.end(
        `${request.method} ${String(request.headers['x-target'])} ${request.headers.authorization}`,
      );
    };
    const options = {
      method: 'POST',
      headers: { 'x-target': '${target.name}', authorization: { env: 'CANARY' } },
      body: '{}',
      expect: { body: 'POST backend canary' },
    };
    expect(await probing(echo, options)).toBe('passed: answered 200');
  });

  test('that quotes a secret header is not quoted', async () => {
    const echo: Handler = ({ headers }, response) =>
      void response.end(JSON.stringify({ status: headers.authorization }));
    const options = {
      headers: { authorization: { env: 'CANARY' } },
      expect: { json: { status: 'UP' } },
    };
    expect(await probing(echo, options)).toBe(
      'failed: answered 200, but status is "[secret]", expected "UP"',
    );
  });
});

describe('no answer is a failed probe', () => {
  test('when refused', async () => {
    expect(await probingAt(await nobody())).toBe('failed: refused the connection');
  });

  test('when the connection is cut', async () => {
    const url = await connecting((socket) => socket.once('data', () => socket.resetAndDestroy()));
    expect(await probingAt(url)).toBe('failed: cut the connection');
  });

  test('when it does not come in time', async () => {
    expect(await probingAt(await connecting(() => {}))).toBe('failed: did not answer within 300ms');
  });

  test('when the TLS handshake fails', async () => {
    const port = await listening(createTlsServer({}));
    expect(await probingAt(`https://127.0.0.1:${port}`)).toMatch(/^failed: .* the TLS handshake failed/);
  });
});

describe('what lies on our side is an error', () => {
  test('names that cannot be resolved', async () => {
    expect(await probingAt('http://no-such-host.invalid')).toMatch(
      /^error: .* the name could not be resolved/,
    );
  });

  test('bodies over 1 MiB', async () => {
    expect(await probing(saying(200, 'x'.repeat(2 ** 20 + 1)))).toMatch(/^error: .* the answer is too large/);
  });

  test('addresses that may not be called', async () => {
    expect(await probingAt('http://169.254.169.254')).toMatch(/^error: .* the address may not be called/);
  });

  test('targets without an address', async () => {
    const answer = await read(real(), { url: '${target.address}/health' }, subjects(['backend']));
    expect(answer).toEqual({
      backend: 'error: ${target.address}/health cannot be filled in for this target',
    });
  });

  test('routes that are missing, and limits of this machine', async () => {
    for (const failure of ['no_route', 'local', 'aborted'] as const) {
      const client: HttpClient = { request: () => Promise.reject(httpError(failure, 'GET http://x/')) };
      const answer = await read(
        httpSource({ client, clock, environment: {} }),
        { url: 'http://x/' },
        subjects(['backend']),
      );
      expect(answer['backend']).toMatch(/^error: /);
    }
  });
});

/** A network in which each host answers, or fails in its way. */
class Network implements HttpClient {
  readonly clock = new SimulatedClock();
  readonly source = httpSource({ client: this, clock: this.clock, environment: {} });
  readonly asked: string[] = [];
  readonly down = new Map<string, HttpFailure>();

  async request({ url }: { readonly url: string }) {
    const { hostname } = new URL(url);
    this.asked.push(hostname);
    const failure = this.down.get(hostname);
    if (failure !== undefined) throw httpError(failure, `GET ${url}`);
    return { status: 200, headers: {}, body: '', bytes: 0, utf8: true };
  }

  /** Probes one target by a rule of its own. */
  async probe(...names: string[]): Promise<string[]> {
    const of = names.flatMap((name) => subjects([name], `http://${name}`));
    const answer = await read(this.source, { url: '${target.address}/' }, of);
    return names.map((name) => answer[name]?.split(':')[0] ?? 'nothing');
  }
}

describe('when every probe of the daemon fails at once', () => {
  const blackout = (network: Network, ...names: string[]): void => {
    for (const name of names) network.down.set(name, 'timeout');
  };

  test('none of them counts', async () => {
    const network = new Network();
    await network.probe('one', 'two', 'three');
    blackout(network, 'one', 'two', 'three');
    expect(await network.probe('one', 'two', 'three')).toEqual(['error', 'error', 'error']);
    const answer = await read(
      network.source,
      { url: '${target.address}/' },
      subjects(['one', 'two'], 'http://one'),
    );
    expect(answer['one']).toBe(
      "error: did not answer within 2s; so does every probe (3 targets): the trouble may be the daemon's own",
    );
  });

  test('a single target that fails does count, alone or among others', async () => {
    const network = new Network();
    blackout(network, 'one');
    expect(await network.probe('one')).toEqual(['failed']);
    expect(await network.probe('one', 'two')).toEqual(['failed', 'passed']);
  });

  test('it is seen across rules: targets of others that passed before are asked again first', async () => {
    const network = new Network();
    await network.probe('one');
    await network.probe('two');
    await network.clock.advance(MINUTE);
    blackout(network, 'one', 'two');
    expect(await network.probe('one')).toEqual(['error']);
    expect(await network.probe('two')).toEqual(['error']);
  });

  test('a target of another rule that still answers proves that the daemon can see', async () => {
    const network = new Network();
    await network.probe('one');
    await network.probe('two');
    await network.clock.advance(20 * SECOND);
    network.asked.length = 0;
    blackout(network, 'one');
    expect(await network.probe('one')).toEqual(['failed']);
    expect(network.asked).toEqual(['one', 'two']);
  });

  test('names that were found before and are not found now are part of it', async () => {
    const network = new Network();
    await network.probe('one', 'two');
    network.down.set('one', 'timeout');
    network.down.set('two', 'dns');
    expect(await network.probe('one', 'two')).toEqual(['error', 'error']);
  });

  test('a name that was never found, or a limit of ours, says nothing about the others', async () => {
    const network = new Network();
    network.down.set('typo', 'dns');
    network.down.set('huge', 'too_large');
    network.down.set('one', 'timeout');
    expect(await network.probe('typo', 'huge', 'one')).toEqual(['error', 'error', 'failed']);
  });

  test('what failed long ago, and is not probed any more, does not count', async () => {
    const network = new Network();
    blackout(network, 'gone');
    await network.probe('gone');
    await network.clock.advance(2 * MINUTE);
    blackout(network, 'one');
    expect(await network.probe('one')).toEqual(['failed']);
  });

  test('sight comes back with the first probe that passes', async () => {
    const network = new Network();
    blackout(network, 'one', 'two');
    expect(await network.probe('one', 'two')).toEqual(['error', 'error']);
    network.down.delete('two');
    expect(await network.probe('one', 'two')).toEqual(['failed', 'passed']);
  });
});

describe('options', () => {
  test('that are wrong are refused with what to write instead', () => {
    const source = real();
    expect(objections(source, { url: 'ftp://x' })).toEqual([
      'url: expected a URL that begins with http://, https:// or ${target.address}',
    ]);
    expect(objections(source, { url: 'http://x', timeout: 5 })).toEqual([
      'timeout: expected a duration such as 90s, 5m or 1h30m',
    ]);
    expect(objections(source, { url: 'http://x', timeout: '1m' })).toEqual([
      'timeout: expected 1ms to 30s, got 1m',
    ]);
    expect(objections(source, { url: 'http://x', expect: { status: 99 } })).toHaveLength(1);
    expect(objections(source, { url: 'http://x', method: 'DELETE' })).toHaveLength(1);
    expect(objections(source, { url: 'http://x', headres: {} })).toHaveLength(1);
  });
});
