import { expect, test, vi } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { effectRecords } from '../../src/clients/files/records.ts';
import { httpClient } from '../../src/clients/http.ts';
import { flagsSetDriver } from '../../src/rollback/drivers/flags-set.ts';
import { bodyOf, serving } from '../clients/loopback.ts';
import { aDirectory } from './a-directory.ts';
import { aStep, never, opId } from './a-step.ts';
import { dieBetweenCalls, Died } from './crashes.ts';

vi.setConfig({ testTimeout: 8_000 });

/** A server of feature flags: GET tells one, PUT writes it. */
async function flagServer(before: unknown = { data: { enabled: true, owner: 'mdm' } }) {
  const state = { body: before, answers: { put: 200, get: 200 }, heeds: true, seen: [] as string[] };
  const served = await serving(async (request, response) => {
    const body = await bodyOf(request);
    const { authorization = 'nobody', 'x-rollbackd-op': op = '' } = request.headers;
    if (request.method === 'GET') {
      response.writeHead(state.body === undefined ? 404 : state.answers.get);
      return response.end(JSON.stringify(state.body));
    }
    state.seen.push(`${request.method} ${authorization} ${String(op)} ${body}`);
    if (state.heeds) state.body = JSON.parse(body) as unknown;
    response.writeHead(state.answers.put);
    return response.end('{}');
  });
  const url = `${served.url}/flags/new-storage`;
  const clock = systemClock();
  const stateDir = aDirectory();
  const driver = flagsSetDriver({
    http: httpClient({ clock }),
    environment: { FLAGS_AUTH: 'Bearer hush-hush' },
    stores: {},
    open: () => Promise.reject(new Error('no Redis here')),
    files: { hostRoot: '/', roots: [] },
    records: effectRecords(stateDir, clock),
  });
  const http = { url, at: ['data', 'enabled'], json: { data: { owner: 'mdm' } }, value: false };
  const stepOf = (more: object = {}) =>
    aStep(
      'flags.set',
      driver.options.parse({ http: { ...http, headers: { Authorization: { env: 'FLAGS_AUTH' } }, ...more } }),
    );
  return { state, url, driver, stepOf, step: stepOf() };
}

test('a flag over HTTP is written, read back, and put back', async () => {
  const { state, url, driver, step } = await flagServer();
  const facts = await driver.read(step, never);
  expect(await driver.preflight(step, facts, never)).toEqual([]);
  expect(driver.describe(step, facts)).toBe(`set data.enabled at ${url} to false (was true)`);
  expect(await driver.probe(step, opId, never)).toBe('not_done');

  expect(await driver.apply(step, opId, never)).toEqual({
    ended: 'done',
    detail: `data.enabled at ${url}: false (was true)`,
  });

  expect(state.seen).toEqual([`PUT Bearer hush-hush ${opId} {"data":{"owner":"mdm","enabled":false}}`]);
  expect(await driver.probe(step, opId, never)).toBe('done');
  expect(await driver.apply(step, opId, never)).toMatchObject({ ended: 'done' });
  expect(state.seen).toHaveLength(1);
  expect(await driver.undo?.(step, opId, never)).toEqual({
    ended: 'done',
    detail: `data.enabled at ${url} was put back`,
  });
  expect(await driver.probe(step, opId, never)).toBe('not_done');
  expect(state.body).toEqual({ data: { owner: 'mdm', enabled: true } });
  expect(driver.byHand(step).join()).not.toContain('hush');
});

test('a flag that holds already what is wanted is not written, nor by the undo', async () => {
  const { state, url, driver, step } = await flagServer({ data: { enabled: false, owner: 'mdm' } });

  expect(await driver.apply(step, opId, never)).toEqual({
    ended: 'done',
    detail: `data.enabled at ${url} is false already`,
  });
  state.body = { data: { enabled: true, owner: 'mdm' } };
  expect(await driver.undo?.(step, opId, never)).toMatchObject({ ended: 'done' });
  expect(state.seen).toEqual([]);
});

test('killed between any two calls, it is written once and what was before is known', async () => {
  for (let nth = 1; ; nth += 1) {
    const { state, driver, step } = await flagServer();
    const times = dieBetweenCalls(nth);
    const died = await driver.apply(step, opId, never).catch((error: unknown) => error);
    if (times() < nth) break;
    expect(died).toBeInstanceOf(Died);
    dieBetweenCalls(0);
    expect(await driver.apply(step, opId, never)).toMatchObject({ ended: 'done' });
    expect(state.seen).toHaveLength(1);
    expect(await driver.undo?.(step, opId, never)).toMatchObject({ ended: 'done' });
    expect(state.body).toEqual({ data: { owner: 'mdm', enabled: true } });
  }
});

test('an answer that was lost is no failure: the flag is asked', async () => {
  const { state, driver, step } = await flagServer();
  state.answers.put = 502;
  expect(await driver.apply(step, opId, never)).toMatchObject({ ended: 'done' });
});

test('faults 56 and 57: a refusal, and a success that changed nothing, are failures', async () => {
  const { state, url, driver, step } = await flagServer();
  state.heeds = false;
  expect(await driver.apply(step, opId, never)).toEqual({
    ended: 'failed',
    detail: `data.enabled at ${url} was written, but reading it back says otherwise`,
    retryable: false,
  });
  state.answers.put = 403;
  expect(await driver.apply(step, `${opId}1`, never)).toMatchObject({
    ended: 'failed',
    detail: `PUT ${url} answered 403`,
  });
});

test('one that cannot be read is refused in preflight, one that is not there is said', async () => {
  const { state, url, driver, step, stepOf } = await flagServer();
  state.answers.get = 401;
  expect(await driver.preflight(step, await driver.read(step, never), never)).toEqual([
    { level: 'refuse', message: `GET ${url} answered 401` },
  ]);
  state.body = undefined;
  expect(await driver.preflight(step, await driver.read(step, never), never)).toEqual([
    {
      level: 'warn',
      message: `data.enabled at ${url} is not there yet, so a later failure may not put it back`,
    },
  ]);
  const secret = stepOf({ url: 'http://user:hunter2@127.0.0.1:1/x' });
  const [found] = await driver.preflight(secret, await driver.read(secret, never), never);
  expect([found?.level, found?.message.includes('hunter2')]).toEqual(['refuse', false]);
});

test('what somebody changed since is left as it is', async () => {
  const { state, url, driver, step } = await flagServer();
  await driver.apply(step, opId, never);
  state.body = { data: { enabled: 'partly' } };
  expect(await driver.probe(step, opId, never)).toBe('unknown');
  expect(await driver.undo?.(step, opId, never)).toEqual({
    ended: 'failed',
    detail: `data.enabled at ${url} was changed by somebody else since; it is left as it is`,
    retryable: false,
  });
});

test('exactly one place is stated, and set and unset are for files', async () => {
  const { driver, url } = await flagServer();
  const http = { url, value: 1 };
  const redis = { store: 'cache', key: 'a', value: '1' };
  for (const options of [
    {},
    { http, redis },
    { http, set: { a: 1 } },
    { file: '/a.yaml', set: { a: 1 }, http },
  ])
    expect(driver.options.safeParse(options).success).toBe(false);
  for (const options of [{ http }, { redis }, { file: '/a.yaml', set: { a: 1 } }])
    expect(driver.options.safeParse(options).success).toBe(true);
});
