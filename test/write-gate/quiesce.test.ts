import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { leaseFile } from '../../src/write-gate/lease-file.ts';
import { SimulatedClock, start } from '../fakes/clock.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { aGate, aService, bodyOf, raw, requested, type TestGate } from './a-gate.ts';

const runbook = 'System undergoing maintenance. Please try again in a few minutes.';
const mine = 'i-7k3f9a/0123456789abcdef/0/1';

async function shop() {
  const heard: string[] = [];
  const service = await aService(async (request, response) => {
    heard.push(`${request.method} ${request.url}`);
    await bodyOf(request);
    response.end('ok');
  });
  return { port: service.port, heard };
}

async function asked(gate: TestGate, method: string, path: string, headers = {}): Promise<number> {
  const answer = await requested(
    gate.port,
    { method, path, headers },
    ['GET', 'HEAD', 'OPTIONS'].includes(method) ? undefined : 'x',
  );
  await bodyOf(answer);
  return answer.statusCode ?? 0;
}

test('while quiesced, writes get 503 with the message of the runbook, and reads pass', async () => {
  const { port, heard } = await shop();
  const gate = await aGate(port);
  expect((await gate.control('PUT', '/quiesce', { id: mine, forMs: 60_000 })).status).toBe(200);

  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'MKCOL'])
    expect(await asked(gate, method, '/api/orders')).toBe(503);
  const answer = await requested(gate.port, { method: 'POST' }, 'x');
  expect(answer.headers['retry-after']).toBe('60');
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(JSON.parse((await bodyOf(answer)).toString())).toEqual({
    type: 'about:blank',
    title: 'Writes are held off',
    status: 503,
    detail: runbook,
  });
  expect(heard).toEqual([]);

  for (const method of ['GET', 'HEAD', 'OPTIONS']) expect(await asked(gate, method, '/api/orders')).toBe(200);
  expect(await asked(gate, 'GET', '/a', { 'X-HTTP-Method-Override': 'DELETE' })).toBe(503);
});

test('paths of the allow-list pass with all beneath them; what a service may read as another path does not', async () => {
  const { port } = await shop();
  const gate = await aGate(port);
  await gate.control('PUT', '/quiesce', { id: mine, message: 'Back at ten.' });

  for (const path of ['/health', '/health/', '/health/deep?x=1', '/api/v1/auth/login', '/api/v2/auth'])
    expect([path, await asked(gate, 'POST', path)]).toEqual([path, 200]);
  for (const path of [
    '/healthy',
    '/x/health',
    '/health/../orders',
    '/health/./x',
    '/health/%2e%2e/orders',
    '/health%2F..%2Forders',
    '//health',
    '/health//x',
    '/health/..;/orders',
    '/health/..\\orders',
    '/api/auth',
    '/api/v1/x/auth',
    '/orders?/health',
    '/orders#/health',
  ])
    expect([
      path,
      (await raw(gate.port, `POST ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)).slice(9, 12),
    ]).toEqual([path, path.includes('#') ? expect.stringMatching(/400|503/) : '503']);
});

test('after the acknowledgement no write reaches the service, and every one that did was counted', async () => {
  const state = { acknowledged: false, late: 0, taken: 0 };
  const service = await aService(async (request, response) => {
    if (state.acknowledged && request.method === 'POST') state.late += 1;
    await bodyOf(request);
    await turn();
    if (state.acknowledged) state.late += 1;
    state.taken += 1;
    response.end();
  });
  const gate = await aGate(service.port);
  const count = { accepted: 0, refused: 0 };
  const writing = new AbortController();
  const writers = Array.from({ length: 50 }, async () => {
    while (!writing.signal.aborted) {
      const answer = await requested(gate.port, { method: 'POST', path: '/orders' }, 'x'.repeat(2_000));
      await bodyOf(answer);
      if (answer.statusCode === 200) count.accepted += 1;
      else count.refused += 1;
    }
  });
  while (count.accepted < 200) await turn();

  const answer = await gate.control('PUT', '/quiesce', { id: mine });
  state.acknowledged = true;
  const takenThen = state.taken;
  expect(JSON.parse(answer.body)).toMatchObject({ quiesced: true, holder: mine, writesUnderWay: 0 });
  const enough = count.refused + 200;
  while (count.refused < enough) await turn();
  writing.abort();
  await Promise.all(writers);

  expect(state.late).toBe(0);
  expect(state.taken).toBe(takenThen);
  expect(count.accepted).toBe(takenThen);
});

test('a write that does not end in time is not waited for, and the answer says so', async () => {
  const clock = new SimulatedClock();
  const begun = Promise.withResolvers<void>();
  const service = await aService(() => begun.resolve());
  const gate = await aGate(service.port, { clock });
  const write = requested(gate.port, { method: 'POST' }, 'x').catch(() => null);
  await begun.promise;

  const holding = gate.control('PUT', '/quiesce', { id: mine, drainMs: 3_000 });
  const over = { is: false };
  void holding.then(() => (over.is = true));
  // Its file is written in real time, so pretended time must not run far ahead of it.
  while (!over.is) {
    await pause(5);
    await clock.advance(500);
  }

  expect(JSON.parse((await holding).body)).toMatchObject({ quiesced: true, writesUnderWay: 1 });
  await gate.running.stop(0);
  await write;
});

describe('a hold is a lease', () => {
  test('not renewed in time, the gate opens by itself and says so in log, state and metrics', async () => {
    const clock = new SimulatedClock();
    const { port } = await shop();
    const gate = await aGate(port, { clock });
    await gate.control('PUT', '/quiesce', { id: mine, forMs: 60_000 });
    await clock.advance(59_000);
    expect(await asked(gate, 'POST', '/')).toBe(503);

    await clock.advance(1_000);

    expect(await asked(gate, 'POST', '/')).toBe(200);
    expect(await gate.state()).toMatchObject({
      quiesced: false,
      holder: null,
      last: { id: mine, at: start + 60_000, how: 'opened by itself' },
    });
    expect(gate.log.lines.at(-1)).toBe(
      `error writes pass again: ${mine} did not renew its hold within 1m, so the gate opened by itself {"holder":"${mine}","leaseMs":60000}`,
    );
    expect((await gate.control('GET', '/metrics')).body).toContain('\nrollbackd_gate_lapses_total 1\n');
  });

  test('renewed, it lasts; its id never holds again once it is over, however late the message', async () => {
    const clock = new SimulatedClock();
    const { port } = await shop();
    const gate = await aGate(port, { clock });
    const hold = async (): Promise<number> =>
      (await gate.control('PUT', '/quiesce', { id: mine, forMs: 60_000 })).status;
    await hold();
    for (let times = 0; times < 10; times += 1) {
      await clock.advance(50_000);
      expect(await hold()).toBe(200);
    }
    expect(await asked(gate, 'POST', '/')).toBe(503);
    expect((await gate.control('DELETE', '/quiesce', { id: mine })).status).toBe(200);

    expect(await hold()).toBe(410);
    expect(await asked(gate, 'POST', '/')).toBe(200);
    expect((await gate.control('PUT', '/quiesce', { id: 'another' })).status).toBe(200);
  });

  test('what is released before it was ever held is never held', async () => {
    const { port } = await shop();
    const gate = await aGate(port);

    expect((await gate.control('DELETE', '/quiesce', { id: mine })).status).toBe(200);
    expect((await gate.control('PUT', '/quiesce', { id: mine })).status).toBe(410);
  });

  test('nobody holds longer than the dead-man time at once', async () => {
    const clock = new SimulatedClock();
    const { port } = await shop();
    const gate = await aGate(port, { clock, deadManMs: 120_000 });

    await gate.control('PUT', '/quiesce', { id: mine, forMs: 3_600_000 });

    expect((await gate.state()).until).toBe(start + 120_000);
  });
});

test('only its holder renews and releases', async () => {
  const { port } = await shop();
  const gate = await aGate(port);
  await gate.control('PUT', '/quiesce', { id: mine });

  expect((await gate.control('PUT', '/quiesce', { id: 'other' })).status).toBe(409);
  const refused = await gate.control('DELETE', '/quiesce', { id: 'other' });
  expect([refused.status, JSON.parse(refused.body).holder]).toEqual([409, mine]);
  expect(await asked(gate, 'POST', '/')).toBe(503);

  expect((await gate.control('DELETE', '/quiesce', { id: mine })).status).toBe(200);
  expect(await asked(gate, 'POST', '/')).toBe(200);
});

describe('the control listener', () => {
  test.each([
    ['GET', '/state'],
    ['PUT', '/quiesce'],
    ['DELETE', '/quiesce'],
    ['GET', '/metrics'],
  ])('refuses %s %s with a wrong token, which appears nowhere', async (method, path) => {
    const { port } = await shop();
    const gate = await aGate(port);
    const body = method === 'GET' ? undefined : { id: mine };

    for (const said of ['', 'wrong', 'a-token-of-the-gatf']) {
      const answer = await gate.control(method, path, body, said);
      expect(answer.status).toBe(401);
      expect(answer.body).not.toContain('a-token');
    }
    expect(gate.log.lines).toHaveLength(3);
    expect(gate.log.lines[0]).toBe(
      `warn refused ${method} ${path}: the token is not the gate's {"from":"127.0.0.1"}`,
    );
    expect((await gate.state()).quiesced).toBe(false);
  });

  test('is not where the service is reached', async () => {
    const { port, heard } = await shop();
    const gate = await aGate(port);

    expect(await asked(gate, 'PUT', '/quiesce')).toBe(200);

    expect(heard).toEqual(['PUT /quiesce']);
    expect((await gate.state()).quiesced).toBe(false);
  });

  test.each([
    ['no id', {}],
    ['an id with spaces', { id: 'a b' }],
    ['an id that never ends', { id: 'x'.repeat(201) }],
    ['a time that is none', { id: 'a', forMs: -1 }],
    ['a message of two lines', { id: 'a', message: 'a\nb' }],
    ['a message that runs backwards', { id: 'a', message: '\u202egnihton' }],
    ['something unknown', { id: 'a', forever: true }],
  ])('refuses %s', async (_, body) => {
    const { port } = await shop();
    const gate = await aGate(port);

    expect((await gate.control('PUT', '/quiesce', body)).status).toBe(400);
    expect((await gate.state()).quiesced).toBe(false);
  });
});

describe('a gate that is killed', () => {
  test('holds writes off from its first request on, for what is left of the lease', async () => {
    const clock = new SimulatedClock();
    const { port } = await shop();
    const before = await aGate(port, { clock });
    await before.control('PUT', '/quiesce', { id: mine, forMs: 60_000, message: 'Back at ten.' });
    await clock.advance(20_000);

    const gate = await before.again();

    expect(await asked(gate, 'POST', '/')).toBe(503);
    expect(await gate.state()).toMatchObject({
      holder: mine,
      message: 'Back at ten.',
      until: start + 60_000,
    });
    expect(gate.log.lines).toEqual([
      `warn writes are still held off by ${mine}, for 40s unless renewed {"holder":"${mine}","until":${start + 60_000}}`,
    ]);
    expect((await gate.control('PUT', '/quiesce', { id: mine, forMs: 60_000 })).status).toBe(200);
    await clock.advance(60_000);
    expect(await asked(gate, 'POST', '/')).toBe(200);
  });

  test('opens when the lease ran out meanwhile, and says so', async () => {
    const { port } = await shop();
    const before = await aGate(port, { clock: new SimulatedClock() });
    await before.control('PUT', '/quiesce', { id: mine, forMs: 60_000 });

    const gate = await before.again({ clock: new SimulatedClock(start + 61_000) });

    expect(await asked(gate, 'POST', '/')).toBe(200);
    expect((await gate.state()).last).toEqual({ id: mine, at: start + 61_000, how: 'opened by itself' });
    expect((await gate.control('PUT', '/quiesce', { id: mine })).status).toBe(410);
  });

  test('holds no longer than a whole lease when the clock was set back', async () => {
    const { port } = await shop();
    const before = await aGate(port, { clock: new SimulatedClock() });
    await before.control('PUT', '/quiesce', { id: mine, forMs: 60_000 });

    const gate = await before.again({ clock: new SimulatedClock(start - 3_600_000) });

    expect((await gate.state()).until).toBe(start - 3_600_000 + 60_000);
  });

  test('does not guess what a broken file meant', async () => {
    const { port } = await shop();
    const stateFile = join(temporaryFolder('rd-gate'), 'gate.json');
    writeFileSync(stateFile, '{"hold": {"id": "x"');

    await expect(aGate(port, { stateFile })).rejects.toThrow(
      new RegExp(
        `^could not read who holds writes off from ${stateFile}: .*; remove the file if nobody does$`,
      ),
    );
  });
});

test('a hold that cannot be kept across a restart is not acknowledged', async () => {
  const { port } = await shop();
  const folder = temporaryFolder('rd-gate');
  writeFileSync(join(folder, 'file'), '');
  const gate = await aGate(port, { stateFile: join(folder, 'gate.json') });
  const broken = await aGate(port, { stateFile: join(folder, 'new', 'gate.json') });
  writeFileSync(join(folder, 'new'), 'a file where a folder has to be');

  const answer = await broken.control('PUT', '/quiesce', { id: mine });

  expect(answer.status).toBe(500);
  expect(await asked(broken, 'POST', '/')).toBe(200);
  expect((await gate.control('PUT', '/quiesce', { id: mine })).status).toBe(200);
  expect((await leaseFile(gate.stateFile).read()).hold?.id).toBe(mine);
  expect(JSON.parse(readFileSync(gate.stateFile, 'utf8'))).toMatchObject({ ended: [] });
});
