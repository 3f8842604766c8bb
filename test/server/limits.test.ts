import { expect, test } from 'vitest';
import { MINUTE } from '../../src/domain/time.ts';
import { perMinute } from '../../src/server/limits.ts';
import { Refusals } from '../../src/server/refusals.ts';
import { SimulatedClock } from '../fakes/clock.ts';
import { FakeDaemon } from '../fakes/daemon.ts';
import { serving, tokens } from './serving.ts';

async function times(count: number, send: () => Promise<{ readonly status: number }>): Promise<string> {
  const statuses: number[] = [];
  for (let index = 0; index < count; index++) statuses.push((await send()).status);
  return [...new Set(statuses)]
    .map((one) => `${one}: ${statuses.filter((s) => s === one).length}`)
    .join(', ');
}

test('who acts too often is told when to come back; others and looking go on', async () => {
  const { send, daemon } = await serving({ tokens });
  const halt = (as: 'operator' | 'admin') => () => send('POST', '/api/v1/commands/halt', { as, body: {} });

  expect(await times(perMinute.actions + 2, halt('operator'))).toBe(`200: ${perMinute.actions}, 429: 2`);
  const refused = await halt('operator')();
  expect(refused.type).toBe('application/problem+json; charset=utf-8');
  expect(refused.body).toMatchObject({ status: 429, title: 'Too Many Requests', code: 'RATE_LIMITED' });
  const waitS = Number(refused.headers['retry-after']);
  expect(waitS).toBeGreaterThan(50);
  expect(refused.text).toContain(
    `too many requests of the-operator within a minute; ask again in ${waitS} s`,
  );
  expect((await halt('admin')()).status).toBe(200);
  expect((await send('GET', '/api/v1/status', { as: 'operator' })).status).toBe(200);
  expect(daemon.log.filter((line) => line.startsWith('refused'))).toEqual([
    'refused the-operator rate_limited 1: POST /api/v1/commands/halt',
  ]);
});

test('guessing is slowed down by address, and locks nobody out', async () => {
  const { send, daemon } = await serving({ tokens });
  const guess = () => send('GET', '/api/v1/status', { headers: { authorization: 'Bearer guess' } });

  expect(await times(perMinute.failedLogins + 3, guess)).toBe(`401: ${perMinute.failedLogins}, 429: 3`);
  expect((await guess()).text).toContain('too many requests without a valid token from this address');
  expect((await send('GET', '/api/v1/status', { as: 'viewer' })).status).toBe(200);
  expect(daemon.log.filter((line) => line.startsWith('refused'))).toEqual([
    'refused 127.0.0.1 unauthorized 1: GET /api/v1/status',
  ]);
});

test('health and metrics are never counted', async () => {
  const { send } = await serving({ tokens });

  expect(await times(perMinute.reads / 10, () => send('GET', '/healthz'))).toBe('200: 300');
  expect((await send('GET', '/metrics')).headers).not.toHaveProperty('retry-after');
});

test('what is refused is told at once, then once a minute with a count, and no more when it stops', async () => {
  const clock = new SimulatedClock();
  const daemon = new FakeDaemon();
  const refusals = new Refusals(daemon, clock);
  const refuse = (count: number): void => {
    for (let one = 0; one < count; one++)
      refusals.note({ source: '10.0.0.7', why: 'unauthorized', asked: `GET /api/v1/${one}` });
  };
  const told = (): string[] => daemon.log.splice(0);

  refuse(3);
  expect(told()).toEqual(['refused 10.0.0.7 unauthorized 1: GET /api/v1/0']);
  await clock.advance(MINUTE);
  expect(told()).toEqual(['refused 10.0.0.7 unauthorized 2: GET /api/v1/2']);
  refuse(5);
  expect(told()).toEqual([]);
  await clock.advance(MINUTE);
  expect(told()).toEqual(['refused 10.0.0.7 unauthorized 5: GET /api/v1/4']);
  await clock.advance(10 * MINUTE);
  expect(told()).toEqual([]);
  refuse(1);
  expect(told()).toEqual(['refused 10.0.0.7 unauthorized 1: GET /api/v1/0']);
});

test('a thousand sources in a minute are a few entries', () => {
  const clock = new SimulatedClock();
  const daemon = new FakeDaemon();
  const refusals = new Refusals(daemon, clock);
  for (let one = 0; one < 1_000; one++)
    refusals.note({ source: `10.0.0.${one}`, why: 'unauthorized', asked: 'GET of no route' });
  expect(daemon.log).toHaveLength(33);
  expect(daemon.log.at(-1)).toBe('refused other sources unauthorized 1: GET of no route');
  refusals.close();

  expect(daemon.log).toHaveLength(34);
  expect(daemon.log.at(-1)).toBe('refused other sources unauthorized 967: GET of no route');
});

test('what a stranger makes up does not reach the journal', async () => {
  const { send, daemon } = await serving({ tokens });
  await send('GET', '/api/v1/%0aevil-canary?x=evil-canary', { headers: { 'user-agent': 'evil-canary' } });

  expect(daemon.log).toEqual(['refused 127.0.0.1 unauthorized 1: GET of no route']);
});
