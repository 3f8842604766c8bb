import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { effectRecords } from '../../src/clients/files/records.ts';
import { httpClient } from '../../src/clients/http.ts';
import { RollbackError } from '../../src/domain/errors.ts';
import type { Redis } from '../../src/clients/redis.ts';
import type { Driver } from '../../src/domain/ports/driver.ts';
import { dockerRestartDriver } from '../../src/rollback/drivers/docker-restart.ts';
import { writeQuiesceDriver, type QuiesceParts } from '../../src/rollback/drivers/write-quiesce.ts';
import { SimulatedClock } from '../fakes/clock.ts';
import { aGate, aService, bodyOf, requested, token } from '../write-gate/a-gate.ts';
import { aDirectory } from './a-directory.ts';
import { aStep, never, opId } from './a-step.ts';
import { dieBetweenCalls, Died } from './crashes.ts';

/** Keys in memory, over which the test has power. */
class FakeRedis {
  readonly keys = new Map<string, string>();
  away = false;

  open = (): Promise<Redis> => {
    if (this.away) return Promise.reject(new RollbackError('UNREACHABLE', 'could not connect in flags'));
    return Promise.resolve({
      ping: () => Promise.resolve(),
      size: () => Promise.resolve(this.keys.size),
      scan: () => Readable.from([]) as AsyncIterable<Buffer[]>,
      unlink: (keys) => Promise.resolve(keys.filter((key) => this.keys.delete(key.toString())).length),
      flush: () => Promise.resolve(),
      get: (key) => Promise.resolve(this.keys.get(key) ?? null),
      set: (key, value) => {
        this.keys.set(key, value);
        return Promise.resolve();
      },
      textAt: () => Promise.resolve(null),
      putText: () => Promise.resolve(),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
  };
}

/** A restart of a container, as far as the step asks for one. */
function restarting() {
  const restarted: string[] = [];
  const driver: Driver = {
    ...dockerRestartDriver({
      docker: {} as never,
      vault: {} as never,
      clock: new SimulatedClock(),
      own: { containerId: null, hosts: [] },
    }),
    preflight: () => Promise.resolve([]),
    apply: ({ target }, id) => {
      if (!restarted.includes(`${target.container} ${id}`)) restarted.push(`${target.container} ${id}`);
      return Promise.resolve({ ended: 'done', detail: 'restarted' });
    },
    probe: ({ target }, id) =>
      Promise.resolve(restarted.includes(`${target.container} ${id}`) ? 'done' : 'not_done'),
  };
  return { driver, restarted };
}

function quiescing(options: object, more: Partial<QuiesceParts> & { readonly root?: string } = {}) {
  const stateDir = aDirectory();
  const { root = aDirectory(), ...parts } = more;
  const clock = systemClock();
  const open = () =>
    writeQuiesceDriver({
      clock,
      http: httpClient({ clock }),
      environment: { GATE_TOKEN: token, WRONG: 'not-the-token-at-all' },
      stores: {},
      open: new FakeRedis().open,
      files: { hostRoot: '/', roots: [root] },
      records: effectRecords(stateDir, new SimulatedClock()),
      restart: restarting().driver,
      ...parts,
    });
  const driver = open();
  const step = aStep('write.quiesce', driver.options.parse(options), { deadlineMs: 180_000 });
  return {
    root,
    step,
    apply: (id = opId) => open().apply(step, id, never),
    probe: (id = opId) => open().probe(step, id, never),
    release: async (id = opId) => (await open().release?.(step, id, never))!,
    renew: async (id = opId) => (await open().renew?.(step, id, never))!,
    describe: async () => driver.describe(step, await driver.read(step, never)),
    byHand: () => driver.byHand(step),
    refusals: async () =>
      (await driver.preflight(step, await driver.read(step, never), never)).map(({ message }) => message),
  };
}

async function gated() {
  const state = { writes: 0 };
  const service = await aService(async (request, response) => {
    await bodyOf(request);
    if (request.method !== 'GET') state.writes += 1;
    response.end('ok');
  });
  const gate = await aGate(service.port);
  const url = `http://127.0.0.1:${gate.running.controlPort}`;
  const written = async (): Promise<number> => {
    const answer = await requested(gate.port, { method: 'POST' }, 'x');
    await bodyOf(answer);
    return answer.statusCode ?? 0;
  };
  const options = { gate: { url, token: { env: 'GATE_TOKEN' } } };
  return { service, gate, url, written, state, options };
}

/** Each way to hold writes off, on something real or as near as a unit test gets, and how to see that it does. */
const providers = {
  async gate() {
    const { gate, options } = await gated();
    return { it: quiescing(options), held: async () => (await gate.state()).quiesced };
  },
  async http() {
    const state = { maintenance: false };
    const service = await aService((request, response) => {
      if (request.method === 'POST') state.maintenance = request.url === '/on';
      response.end(JSON.stringify({ maintenance: state.maintenance }));
    });
    const url = `http://127.0.0.1:${service.port}`;
    const it = quiescing({
      http: {
        set: { url: `${url}/on` },
        release: { url: `${url}/off` },
        read: { url: `${url}/state`, expect: { json: { maintenance: true } } },
      },
    });
    return { it, held: () => Promise.resolve(state.maintenance) };
  },
  redis() {
    const redis = new FakeRedis();
    const store = { kind: 'redis', name: 'flags', host: 'h', port: 1 } as never;
    const it = quiescing(
      { redis: { store: 'flags', key: 'maintenance', value: '1' } },
      { stores: { flags: store }, open: redis.open },
    );
    return Promise.resolve({ it, held: () => Promise.resolve(redis.keys.get('maintenance') === '1') });
  },
  file() {
    const root = aDirectory();
    const it = quiescing({ file: { path: join(root, 'MAINTENANCE') } }, { root });
    return Promise.resolve({ it, held: () => Promise.resolve(existsSync(join(root, 'MAINTENANCE'))) });
  },
  env() {
    const root = aDirectory();
    const file = join(root, '.env');
    writeFileSync(file, '# settings\nA=1\n');
    const { driver } = restarting();
    const it = quiescing(
      { env: { file, key: 'MAINTENANCE_MODE', restart: { container: 'backend' } } },
      { root, restart: driver },
    );
    return Promise.resolve({
      it,
      held: () => Promise.resolve(readFileSync(file, 'utf8').includes('MAINTENANCE_MODE=true')),
    });
  },
} as const;

describe.each(Object.entries(providers))('by %s', (_, make) => {
  test('writes are held off, which is renewed and asked about, until they are released', async () => {
    const { it, held } = await make();
    expect(await it.refusals()).toEqual([]);
    expect(await it.probe()).toBe('not_done');

    expect(await it.apply()).toMatchObject({ ended: 'done' });
    expect([await held(), await it.probe()]).toEqual([true, 'done']);
    expect(await it.renew()).toMatchObject({ ended: 'done' });
    expect(await it.apply()).toMatchObject({ ended: 'done' });

    expect(await it.release()).toEqual({ ended: 'done', detail: 'writes pass again' });
    expect(await held()).toBe(false);
    expect(await it.release()).toMatchObject({ ended: 'done' });
  });

  test('somebody else who holds them off is left alone', async () => {
    const { it, held } = await make();
    await it.apply();
    const other = `${opId}9`;

    expect(await it.refusals()).toHaveLength(1);
    expect(await it.apply(other)).toMatchObject({ ended: 'failed', retryable: true });
    expect(await it.release(other)).toMatchObject({ ended: 'done' });
    expect(await held()).toBe(true);
  });

  test('killed at any call, it is finished by a repeat, and let go of by a release', async () => {
    for (let nth = 1; ; nth += 1) {
      const { it, held } = await make();
      const reached = dieBetweenCalls(nth);
      const died = await it.apply().then(
        () => false,
        (error: unknown) => error instanceof Died,
      );
      dieBetweenCalls(Infinity);
      if (!died) {
        expect(reached()).toBeGreaterThan(1);
        break;
      }
      expect(['not_done', 'done']).toContain(await it.probe());
      expect(await it.apply()).toMatchObject({ ended: 'done' });
      expect([await held(), await it.probe()]).toEqual([true, 'done']);
      expect(await it.release()).toMatchObject({ ended: 'done' });
      expect(await held()).toBe(false);
    }
  });

  test('killed at any call and never repeated, a release lets go of it', async () => {
    for (let nth = 1; nth <= 4; nth += 1) {
      const { it, held } = await make();
      dieBetweenCalls(nth);
      await it.apply().catch((error: unknown) => expect(error).toBeInstanceOf(Died));
      dieBetweenCalls(Infinity);

      expect(await it.release()).toMatchObject({ ended: 'done' });
      expect(await held()).toBe(false);
    }
  });

  test('killed while letting go, a repeat lets go of it', async () => {
    const { it, held } = await make();
    await it.apply();
    dieBetweenCalls(1);
    await expect(it.release()).rejects.toBeInstanceOf(Died);
    dieBetweenCalls(Infinity);

    expect(await it.release()).toMatchObject({ ended: 'done' });
    expect(await held()).toBe(false);
  });
});

describe('a write that is tried', () => {
  test('and refused lets the plan go on', async () => {
    const { gate, options, state } = await gated();
    const it = quiescing({ ...options, probe: { url: `http://127.0.0.1:${gate.port}/try`, body: 'x' } });

    expect(await it.apply()).toMatchObject({ ended: 'done' });
    expect(state.writes).toBe(0);
  });

  test('and not refused fails the step, and what was set is let go of', async () => {
    const { service, gate, options, state } = await gated();
    const around = `http://127.0.0.1:${service.port}/try`;
    const it = quiescing({ ...options, probe: { url: around } });

    expect(await it.apply()).toEqual({
      ended: 'failed',
      detail: `a write still gets through: POST ${around} answered 200, expected 503; writes pass again`,
      retryable: false,
    });
    expect(state.writes).toBe(1);
    expect((await gate.state()).quiesced).toBe(false);
  });

  test('is tried again by a probe: being set is not being held off', async () => {
    const { service, options } = await gated();
    const it = quiescing(options);
    await it.apply();
    const heedless = { ...it.step, options: { ...(it.step.options as object), probe: undefined } };
    expect(await it.probe()).toBe('done');
    const probe = { url: `http://127.0.0.1:${service.port}/`, method: 'POST', headers: {}, refused: [503] };
    Object.assign(it.step, { options: { ...heedless.options, probe } });

    expect(await it.probe()).toBe('partial');
  });
});

describe('by a gate', () => {
  test('that opened by itself, the hold is lost and cannot be renewed', async () => {
    const clock = new SimulatedClock();
    const service = await aService((_request, response) => response.end());
    const gate = await aGate(service.port, { clock });
    const url = `http://127.0.0.1:${gate.running.controlPort}`;
    const it = quiescing({ gate: { url, token: { env: 'GATE_TOKEN' } } });
    await it.apply();
    await clock.advance(300_000);

    expect(await it.renew()).toEqual({
      ended: 'failed',
      detail: `the write gate at ${url}: nobody renewed the hold, so the gate opened by itself at 2026-01-05T12:05:00.000Z; writes have passed since`,
      retryable: false,
    });
    expect((await gate.state()).quiesced).toBe(false);
    expect(await it.release()).toMatchObject({ ended: 'done' });
  });

  test('writes that do not end in time fail the step, and pass again', async () => {
    const begun = Promise.withResolvers<{ end(): unknown }>();
    const service = await aService((_request, response) => begun.resolve(response));
    const gate = await aGate(service.port);
    const url = `http://127.0.0.1:${gate.running.controlPort}`;
    const it = quiescing({ gate: { url, token: { env: 'GATE_TOKEN' }, drain: '50ms' } });
    const write = requested(gate.port, { method: 'POST' }, 'x');
    const response = await begun.promise;

    expect(await it.apply()).toEqual({
      ended: 'failed',
      detail: '1 write was still under way after 50ms; writes pass again',
      retryable: false,
    });
    response.end();
    await write;
  });

  test('a wrong token is found in preflight, and shown nowhere', async () => {
    const { url } = await gated();
    const it = quiescing({ gate: { url, token: { env: 'WRONG' } } });

    expect(await it.refusals()).toEqual([
      `whether writes are held off cannot be read: GET /state of the write gate at ${url}: the gate does not know the token; compare its --token-file`,
    ]);
  });

  test('that is away, releasing fails and may be tried again', async () => {
    const { gate, options } = await gated();
    const it = quiescing(options);
    await it.apply();
    await gate.running.stop(0);

    expect(await it.release()).toMatchObject({ ended: 'failed', retryable: true });
    await expect(it.renew()).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });

  test('that cannot be reached at first, nothing was done', async () => {
    const { gate, options } = await gated();
    await gate.running.stop(0);

    expect(await quiescing(options).apply()).toMatchObject({ ended: 'failed', retryable: true });
  });

  test('the dry run says what will be held, and by hand it is a call of curl', async () => {
    const it = quiescing({
      gate: { socket: '/run/rollbackd/gate.sock', token: { file: '/run/secrets/gate' } },
      probe: { url: 'http://shop/orders' },
    });

    expect(await it.describe()).toBe(
      'hold writes off by the write gate at /run/rollbackd/gate.sock until the rollback is over, and try a write that must be refused',
    );
    expect(it.byHand()[1]).toBe(
      `curl -fsS -X DELETE --unix-socket /run/rollbackd/gate.sock -H 'Authorization: Bearer </run/secrets/gate>' --data '{"id": "by-hand-1"}' http://gate/quiesce   # let them pass again`,
    );
  });
});

test('what is set but reads as not held fails the step', async () => {
  const service = await aService((_request, response) => response.end('{"maintenance": false}'));
  const url = `http://127.0.0.1:${service.port}`;
  const it = quiescing({
    http: { set: { url }, release: { url }, read: { url, expect: { json: { maintenance: true } } } },
  });

  expect(await it.apply()).toEqual({
    ended: 'failed',
    detail: `${url}/ was set, but reading it back says that writes pass; writes pass again`,
    retryable: false,
  });
});

test('what cannot be let go of after a failure is in doubt, so that it is let go of again and again', async () => {
  const service = await aService((request, response) => {
    response.writeHead(request.url === '/off' ? 500 : 200).end('{}');
  });
  const url = `http://127.0.0.1:${service.port}`;
  const it = quiescing({
    http: {
      set: { url: `${url}/on` },
      release: { url: `${url}/off` },
      read: { url, expect: { json: { maintenance: true } } },
    },
  });

  await expect(it.apply()).rejects.toMatchObject({ code: 'EFFECT_UNKNOWN' });
});

test('a key that somebody took out is a lost hold', async () => {
  const redis = new FakeRedis();
  const store = { kind: 'redis', name: 'flags', host: 'h', port: 1 } as never;
  const it = quiescing(
    { redis: { store: 'flags', key: 'maintenance' } },
    { stores: { flags: store }, open: redis.open },
  );
  await it.apply();
  expect(redis.keys.get('maintenance')).toBe(opId);
  redis.keys.delete('maintenance');

  expect(await it.renew()).toMatchObject({ ended: 'failed', retryable: false });
  expect(redis.keys.has('maintenance')).toBe(false);
});

test('afterwards the variable is as it was, and other changes of the file stay', async () => {
  const root = aDirectory();
  const file = join(root, '.env');
  writeFileSync(file, 'A=1\nMAINTENANCE_MODE=false # off\n');
  const { driver, restarted } = restarting();
  const it = quiescing(
    { env: { file, key: 'MAINTENANCE_MODE', restart: { container: 'backend' } } },
    { root, restart: driver },
  );
  await it.apply();
  writeFileSync(file, readFileSync(file, 'utf8').replace('A=1', 'A=2'));

  await it.release();

  expect(readFileSync(file, 'utf8')).toBe('A=2\nMAINTENANCE_MODE=false # off\n');
  expect(restarted).toEqual([`backend ${opId}/held`, `backend ${opId}/let-go`]);
});

test.each([
  [{}, 'state exactly one of gate, http, redis, file and env'],
  [
    { file: { path: '/a' }, redis: { store: 'a', key: 'b' } },
    'state exactly one of gate, http, redis, file and env',
  ],
  [{ gate: { url: 'http://a', socket: '/a' } }, 'state either url or socket'],
])('%j is refused when it is read', (options, message) => {
  expect(() => quiescing(options)).toThrow(message);
});

test.each([
  [{ file: { path: '/etc/maintenance' } }, /^\/etc\/maintenance may not be changed: it is not inside /],
  [{ redis: { store: 'none', key: 'a' } }, /^there is no data store none; data_stores has none$/],
  [{ gate: { socket: '/nowhere' }, lease: '10s' }, /^a lease of 10s is too short: at least 1m$/],
  [
    { gate: { socket: '/nowhere', drain: '1h' } },
    /^writes under way are waited for 1h, longer than the step may take$/,
  ],
  [
    { gate: { socket: '/nowhere' }, probe: { url: 'http://a:b@c/' } },
    /^the address at c holds a password; use a header from a file$/,
  ],
])('%j is refused in preflight', async (options, message) => {
  expect((await quiescing(options).refusals())[0]).toMatch(message);
});
