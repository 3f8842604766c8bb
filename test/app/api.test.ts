import { expect, test } from 'vitest';
import { SECOND } from '../../src/domain/time.ts';
import { Description, type Described } from '../server/described.ts';
import { Listening } from '../server/listening.ts';
import { Running } from './running.ts';

const alice = { authorization: 'Bearer first-token' };

async function ask(
  at: Running,
  method: string,
  path: string,
  sent: { headers?: object; body?: unknown } = {},
) {
  const headers = {
    ...(sent.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(sent.headers ?? alice),
  } as Record<string, string>;
  const body = sent.body === undefined ? {} : { body: JSON.stringify(sent.body) };
  const answer = await fetch(`${at.url}${path}`, { method, headers, ...body });
  const type = answer.headers.get('content-type') ?? '';
  const text = await answer.text();
  return {
    status: answer.status,
    type,
    text,
    body: (type.includes('json') ? JSON.parse(text) : text) as unknown,
  };
}

test('what a running daemon answers is what its own document says', async () => {
  await using at = await new Running().start();
  const description = new Description((await ask(at, 'GET', '/api/v1/openapi.json')).body as Described);
  const paths = {
    '/metrics': '/metrics',
    '/healthz': '/healthz',
    '/readyz': '/readyz',
    '/api/v1/status': '/api/v1/status',
    '/api/v1/doctor': '/api/v1/doctor',
    '/api/v1/explain': '/api/v1/explain?rule=full',
    '/api/v1/rto': '/api/v1/rto',
    '/api/v1/journal': '/api/v1/journal',
    '/api/v1/journal/verify': '/api/v1/journal/verify',
    '/api/v1/incidents': '/api/v1/incidents',
    '/api/v1/incidents/{id}': '/api/v1/incidents/i-nope',
    '/api/v1/incidents/{id}/report': '/api/v1/incidents/i-nope/report',
    '/api/v1/targets/{target}/plan': '/api/v1/targets/shop/plan',
    '/api/v1/targets/{target}/releases': '/api/v1/targets/shop/releases',
    '/api/v1/targets/{target}/gate': '/api/v1/targets/shop/gate',
    '/api/v1/tokens': '/api/v1/tokens',
  };
  const wrong: string[] = [];
  const statuses: Record<string, number> = {};
  for (const [path, asked] of Object.entries(paths)) {
    const answer = await ask(at, 'GET', asked);
    wrong.push(...description.problems(`GET ${path}`, answer));
    statuses[path] = answer.status;
  }

  expect(wrong).toEqual([]);
  expect(Object.entries(statuses).filter(([, status]) => status !== 200)).toEqual([
    // Nothing was evaluated yet: its clock stands still.
    ['/readyz', 503],
    ['/api/v1/incidents/{id}', 404],
    ['/api/v1/incidents/{id}/report', 404],
  ]);
});

test('a token is made, opens the API and a stream, and is revoked; who comes after it is journaled', async () => {
  await using at = await new Running().start();
  const made = await ask(at, 'POST', '/api/v1/tokens', { body: { name: 'ci', role: 'viewer' } });
  const { secret } = made.body as { secret: string };
  const ci = { authorization: `Bearer ${secret}` };
  expect((await ask(at, 'GET', '/api/v1/status', { headers: ci })).status).toBe(200);
  const stream = await Listening.open(`${at.url}/api/v1/events`, ci);
  await stream.until(({ blocks }) => blocks.length > 0);

  expect((await ask(at, 'DELETE', '/api/v1/tokens/ci')).status).toBe(200);
  await at.clock.advance(2 * SECOND);
  await stream.ended;
  expect(stream.blocks.map(({ event }) => event).at(-1)).toBe('unauthorized');
  for (let guess = 0; guess < 3; guess++)
    expect((await ask(at, 'GET', '/api/v1/status', { headers: ci })).status).toBe(401);

  const { text } = await ask(at, 'GET', '/api/v1/journal?limit=1000');
  const entries = JSON.parse(text) as { type: string; message: string }[];
  expect(entries.filter(({ type }) => type === 'access.refused').map(({ message }) => message)).toEqual([
    'refused a request from 127.0.0.1: no valid token; it was GET /api/v1/status',
  ]);
  expect(text).not.toContain(secret);
  expect((await ask(at, 'GET', '/metrics')).text).toContain(
    'rollbackd_api_refused_requests_total{why="unauthorized"} 1',
  );
});

test('an action under a key is carried out once, also after a restart', async () => {
  await using at = await new Running().start();
  const freeze = () =>
    ask(at, 'POST', '/api/v1/commands/freeze', {
      body: { forMs: 60_000, note: 'sale' },
      headers: { ...alice, 'idempotency-key': 'k-1' },
    });
  const first = await freeze();
  await at.stop();
  await at.start();
  const again = await freeze();

  expect(first.status).toBe(200);
  expect(again).toEqual(first);
  const { text } = await ask(at, 'GET', '/api/v1/journal?limit=1000');
  const entries = JSON.parse(text) as { type: string; message: string }[];
  expect(entries.filter(({ type }) => type === 'command.freeze')).toHaveLength(1);
});
