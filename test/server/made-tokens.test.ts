import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { MadeToken } from '../../src/domain/controls.ts';
import { MINUTE } from '../../src/domain/time.ts';
import type { MadeTokens } from '../../src/server/tokens.ts';
import { SimulatedClock, start } from '../fakes/clock.ts';
import { serving, tokens } from './serving.ts';

function made(given: Partial<MadeToken>, secret = 'canary-secret-4711'): MadeToken {
  const hash = createHash('sha256').update(secret).digest('hex');
  return {
    name: 'ci',
    role: 'operator',
    hash,
    by: 'alice',
    at: start,
    expiresAt: null,
    revokedAt: null,
    ...given,
  };
}

const status = { authorization: 'Bearer canary-secret-4711' };

test('a token that was made opens the API with its role, until it expires', async () => {
  const clock = new SimulatedClock();
  const token = made({ expiresAt: start + 10 * MINUTE });
  const { send, daemon } = await serving({ clock, made: () => ({ tokens: [token], ever: true }) });

  expect((await send('POST', '/api/v1/commands/halt', { body: {}, headers: status })).status).toBe(200);
  expect((await send('POST', '/api/v1/commands/reload', { body: {}, headers: status })).status).toBe(403);
  await clock.advance(10 * MINUTE - 1);
  expect((await send('GET', '/api/v1/status', { headers: status })).status).toBe(200);
  await clock.advance(1);
  expect((await send('GET', '/api/v1/status', { headers: status })).status).toBe(401);
  expect(daemon.log[0]).toBe('ci (operator): halt {"note":""}');
});

test('an unknown, an expired, a revoked and a missing token get the same answer, and nothing of it is told', async () => {
  const clock = new SimulatedClock();
  const all: MadeToken[] = [
    made({ name: 'a', expiresAt: start }, 'expired-canary'),
    made({ name: 'b', revokedAt: start - 1 }, 'revoked-canary'),
    made({ name: 'c', hash: 'not a hash' }, 'broken-canary'),
    made({ name: 'd', hash: '' }, ''),
  ];
  const { send, daemon, log } = await serving({ clock, made: () => ({ tokens: all, ever: true }) });
  const answers = [];
  for (const headers of [
    {},
    ...['expired', 'revoked', 'broken', 'unknown'].map((what) => ({
      authorization: `Bearer ${what}-canary`,
    })),
    { authorization: 'Bearer ' },
  ]) {
    const { status, text, headers: got } = await send('GET', '/api/v1/status', { headers });
    const { date: _, 'x-request-id': __, ...others } = got;
    answers.push(JSON.stringify({ status, text, others }));
  }

  expect(new Set(answers).size).toBe(1);
  expect(JSON.parse(answers[0] ?? '')).toMatchObject({
    status: 401,
    text: '{"status":401,"title":"Unauthorized","code":"UNAUTHORIZED","detail":"a valid token is needed: Authorization: Bearer TOKEN"}',
  });
  expect(JSON.stringify([daemon.log, log.lines])).not.toContain('canary');
});

test.each<[string, MadeTokens | null, number]>([
  ['there never was a token', { tokens: [], ever: false }, 200],
  ['one was made', { tokens: [made({})], ever: true }, 401],
  ['the only one was revoked', { tokens: [made({ revokedAt: start })], ever: true }, 401],
  ['the only one was forgotten since', { tokens: [], ever: true }, 401],
  ['it is not known yet', null, 503],
])('on loopback without a token, when %s', async (_, given, expected) => {
  const { send, daemon } = await serving({ made: () => given });

  expect((await send('POST', '/api/v1/commands/halt', { body: {} })).status).toBe(expected);
  expect(daemon.log.includes('local (admin): halt {"note":""}')).toBe(expected === 200);
});

test('while it is not known which tokens were made, those of the configuration count', async () => {
  const { send } = await serving({ tokens, made: () => null });

  expect((await send('GET', '/api/v1/status', { as: 'viewer' })).status).toBe(200);
  expect((await send('GET', '/api/v1/status', { headers: status })).body).toEqual({
    status: 503,
    title: 'Service Unavailable',
    code: 'DAEMON_UNREACHABLE',
    detail: 'the daemon is starting; ask again',
  });
});

test('tokens are made, listed and revoked by admins alone', async () => {
  const { send, daemon } = await serving({ tokens });
  const { hash: _, ...view } = made({});
  daemon.madeToken = { secret: 's3cret', token: view };
  daemon.tokenViews = [view];
  const body = { name: 'ci', role: 'operator', forMs: 90 * 24 * 3_600_000 };

  expect((await send('POST', '/api/v1/tokens', { as: 'admin', body })).body).toEqual({
    secret: 's3cret',
    token: view,
  });
  expect((await send('GET', '/api/v1/tokens', { as: 'admin' })).body).toEqual([view]);
  await send('POST', '/api/v1/tokens/ci/revoke', { as: 'admin', body: {} });
  await send('DELETE', '/api/v1/tokens/ci', { as: 'admin' });
  expect(daemon.log).toEqual([
    'the-admin (admin): make token {"name":"ci","role":"operator","forMs":7776000000}',
    'tokens',
    'the-admin (admin): revoke token ci',
    'the-admin (admin): revoke token ci',
  ]);
  for (const [method, path] of [
    ['POST', '/api/v1/tokens'],
    ['GET', '/api/v1/tokens'],
    ['POST', '/api/v1/tokens/ci/revoke'],
    ['DELETE', '/api/v1/tokens/ci'],
    ['POST', '/api/v1/codes'],
  ] as const)
    expect((await send(method, path, { as: 'dba' })).status).toBe(403);
});

test('what the daemon does not make is refused with its reason', async () => {
  const { send, daemon } = await serving();
  daemon.madeToken = { refused: 'the first token must be for an admin' };
  const body = { name: 'ci', role: 'viewer' };

  expect(await send('POST', '/api/v1/tokens', { body })).toMatchObject({
    status: 409,
    body: { accepted: false, message: 'the first token must be for an admin', incident: null },
  });
  expect((await send('POST', '/api/v1/tokens', { body: { name: 'a b', role: 'root' } })).body).toMatchObject({
    detail:
      'name: must be a name of letters, digits, dashes and underscores; role: expected one of viewer, operator, approver, dba, admin',
  });
});

test.each([
  ['a public name', { host: 'rollbackd.example.org' }],
  ['a public name and a port', { host: 'rollbackd.example.org:443' }],
  ['somebody for whom a proxy asks', { 'x-forwarded-for': '203.0.113.7' }],
  ['somebody whom a proxy calls real', { 'x-real-ip': '203.0.113.7' }],
  ['somebody of whom a proxy says it in the standard way', { forwarded: 'for=203.0.113.7' }],
])('without tokens nobody is let in who asks for %s', async (_, headers) => {
  const { send, daemon } = await serving({ hosts: ['rollbackd.example.org'] });

  const halted = await send('POST', '/api/v1/commands/halt', { body: {}, headers });

  expect(halted.body).toMatchObject({ status: 401, code: 'UNAUTHORIZED' });
  expect((await send('GET', '/api/v1/events', { headers })).status).toBe(401);
  expect((await send('POST', '/api/v1/commands/unhalt', { body: {} })).status).toBe(200);
  expect(daemon.log.filter((line) => line.startsWith('local'))).toEqual([
    'local (admin): unhalt {"note":""}',
  ]);
});
