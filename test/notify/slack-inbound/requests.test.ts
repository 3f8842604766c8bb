import { describe, expect, test } from 'vitest';
import { Secret } from '../../../src/domain/secret.ts';
import { MINUTE, SECOND } from '../../../src/domain/time.ts';
import { slackRequests } from '../../../src/notify/slack/inbound/http.ts';
import { verify } from '../../../src/notify/slack/inbound/signature.ts';
import { SimulatedClock, start } from '../../fakes/clock.ts';
import { RecordedLog } from '../../fakes/log.ts';
import { signingSecret } from '../../fakes/slack/slack.ts';
import { interactionBody, sign, type SignedRequest } from '../../fakes/slack/signing.ts';
import { clicking, type Clicking } from './clicking.ts';

const overHttp = { transport: 'http' } as const;

function aClick(c: Clicking, signing = {}): SignedRequest {
  return c.slack.signedClick({ user: 'UALICE', action: 'approve', value: c.ticket }, signing);
}

test('a signed click approves', async () => {
  await using c = await clicking(overHttp);
  expect(await c.post(aClick(c))).toBe(200);
  expect(await c.answers()).toEqual(['question.answered: approved by slack:UALICE: in Slack']);
  expect(c.slack.toldTo('UALICE')).toEqual([`Your approval counts. ${c.id}: approved; the rollback starts.`]);
});

test('a signed command is answered', async () => {
  await using c = await clicking(overHttp);
  expect(await c.post(c.slack.signedCommand({ user: 'UALICE', text: 'incidents' }), 'commands')).toBe(200);
  expect(c.slack.toldTo('UALICE')[0]).toContain(`${c.id} HIGH shop: asking`);
});

describe('a request is refused with 401 and nothing else', () => {
  test.each([
    ['301 s old', -301 * SECOND, 401],
    ['300 s old', -300 * SECOND, 200],
    ['300 s early', 300 * SECOND, 200],
    ['301 s early', 301 * SECOND, 401],
    ['of the year 2126', 100 * 365 * 24 * 60 * MINUTE, 401],
  ])('or taken, when it is %s', async (_, offset, status) => {
    await using c = await clicking(overHttp);
    expect(await c.post(aClick(c, { at: c.w.clock.now() + offset }))).toBe(status);
    expect(await c.answers()).toHaveLength(status === 200 ? 1 : 0);
  });

  test('when it is replayed, also to a daemon that was started anew', async () => {
    await using c = await clicking(overHttp);
    const request = c.slack.signedClick({ user: 'UALICE', action: 'prolong', value: c.ticket });
    expect(await c.post(request)).toBe(200);
    expect(await c.post(request)).toBe(401);
    await c.reborn();
    expect(await c.post(request)).toBe(401);
    expect(c.counts).toEqual([
      'accepted/prolong',
      'ignored/seen',
      'forged/replayed',
      'ignored/seen',
      'forged/replayed',
    ]);
  });

  test('when another secret signed it, one byte differs, or a header is missing or odd', async () => {
    await using c = await clicking(overHttp);
    const good = aClick(c);
    const { 'x-slack-signature': signature = '', 'x-slack-request-timestamp': time = '' } = good.headers;
    const withHeaders = (more: Record<string, string>) => ({
      ...good,
      headers: { ...good.headers, ...more },
    });
    const without = (name: string) => ({
      ...good,
      headers: Object.fromEntries(Object.entries(good.headers).filter(([key]) => key !== name)),
    });
    const bad = [
      aClick(c, { secret: 'another secret' }),
      { ...good, body: `${good.body.slice(0, -1)}E` },
      { ...good, body: `${good.body} ` },
      { ...good, body: '' },
      without('x-slack-signature'),
      without('x-slack-request-timestamp'),
      withHeaders({ 'x-slack-signature': signature.toUpperCase() }),
      withHeaders({ 'x-slack-signature': signature.replace('v0', 'v1') }),
      withHeaders({ 'x-slack-signature': `${signature}0` }),
      withHeaders({ 'x-slack-request-timestamp': ` 0${time}` }),
      withHeaders({ 'x-slack-request-timestamp': `${time}.0` }),
      withHeaders({ 'x-slack-request-timestamp': `-${time}` }),
    ];
    for (const request of bad) expect(await c.post(request)).toBe(401);
    expect(await c.answers()).toEqual([]);
    expect(await c.w.store.unanswered('slack', 10)).toEqual([]);
    expect(await c.post(good)).toBe(200);
  });
});

test('both secrets count while one is being replaced', async () => {
  await using c = await clicking({ ...overHttp, secrets: ['the old one', 'the new one'] });
  const prolong = { user: 'UALICE', action: 'prolong', value: c.ticket };
  expect(await c.post(c.slack.signedClick(prolong, { secret: 'the old one' }))).toBe(200);
  expect(await c.post(c.slack.signedClick(prolong, { secret: 'the new one' }))).toBe(200);
  expect(await c.post(c.slack.signedClick(prolong, { secret: signingSecret }))).toBe(401);
});

test('people are told once a minute when more than ten forged requests come in', async () => {
  await using c = await clicking(overHttp);
  for (let count = 0; count < 30; count += 1) await c.post(aClick(c, { secret: 'guess' }));
  expect((await c.w.journal('slack.refused')).map(({ message }) => message)).toEqual([
    "more than 10 requests to /slack were refused within a minute, the last one as wrong signature: somebody may be forging clicks, or the signing secret is not Slack's",
  ]);
  expect((await c.w.told()).at(-1)).toContain('more than 10 requests to /slack were refused');
  expect(c.counts.filter((count) => count === 'forged/wrong_signature')).toHaveLength(30);
});

test('Slack’s own questions about the address are answered, once they are signed', async () => {
  await using c = await clicking(overHttp);
  const signing = { secret: signingSecret, at: c.w.clock.now() };
  const challenge = sign(JSON.stringify({ type: 'url_verification', challenge: 'c0de' }), {
    ...signing,
    contentType: 'application/json',
  });
  const answer = await fetch(`${c.url}interactions`, { method: 'POST', ...challenge });
  expect([answer.status, await answer.text()]).toEqual([200, 'c0de']);
  expect(await c.post(sign('token=x&ssl_check=1', signing), 'commands')).toBe(200);
  expect(await c.post(sign('{"type":"other"}', signing))).toBe(400);
  expect(await c.post({ ...challenge, headers: { 'content-type': 'application/json' } })).toBe(401);
  expect(c.counts).toEqual(['forged/no_signature']);
});

test('a body of more than 64 KiB is not read, and other methods and paths are not there', async () => {
  await using c = await clicking(overHttp);
  const big = sign('x'.repeat(64 * 1024 + 1), { secret: signingSecret, at: c.w.clock.now() });
  expect(await c.post(big)).toBe(413);
  expect((await fetch(`${c.url}interactions`)).status).toBe(404);
  expect((await fetch(`${c.url}other`, { method: 'POST', ...aClick(c) })).status).toBe(404);
});

test('what cannot be stored is not acknowledged', async () => {
  const clock = new SimulatedClock(start);
  const log = new RecordedLog();
  const requests = slackRequests({
    inbound: { receive: () => Promise.reject(new Error('the disk is full')) },
    secrets: [new Secret(signingSecret)],
    clock,
    log,
    journal: () => Promise.resolve(),
    counted: () => {},
  });
  const { body, headers } = sign(interactionBody({}), { secret: signingSecret, at: clock.now() });
  const request = {
    kind: 'interactions',
    body: Buffer.from(body),
    signature: headers['x-slack-signature'] ?? null,
    timestamp: headers['x-slack-request-timestamp'] ?? null,
  } as const;
  expect(await requests.receive(request)).toEqual({ status: 503, body: 'try again' });
  expect(log.lines).toEqual([
    'error what Slack posted could not be stored, so it is not acknowledged {"error":"the disk is full"}',
  ]);
});

test('of 10,000 valid requests that were changed in any way none is accepted, and none is too much', async () => {
  const clock = new SimulatedClock(start);
  const received: string[] = [];
  const requests = slackRequests({
    inbound: { receive: async (key) => (received.push(key), 'new') },
    secrets: [new Secret(signingSecret), new Secret('the next one')],
    clock,
    log: new RecordedLog(),
    journal: () => Promise.resolve(),
    counted: () => {},
  });
  const random = seeded(7);
  const statuses = new Map<number, number>();
  for (let count = 0; count < 10_000; count += 1) {
    const payload = { type: 'block_actions', api_app_id: 'A1', actions: [{ value: `t${count}` }] };
    const good = sign(interactionBody(payload), { secret: signingSecret, at: clock.now() });
    const { status } = await requests.receive(mutated(good, random));
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  expect([...statuses]).toEqual([[401, 10_000]]);
  expect(received).toEqual([]);
});

test('the verifier reads secrets one by one and never throws on odd input', () => {
  const body = Buffer.from('x');
  for (const signature of [null, '', 'v0=', `v0=${'é'.repeat(64)}`, `v0=${'0'.repeat(64)}`])
    for (const timestamp of [null, '', 'NaN', '9'.repeat(13), `${start / 1000}`])
      expect(verify({ signature, timestamp, body }, [new Secret('s')], start)).toHaveProperty('refused');
});

/** One change in signature, time stamp or body; never none. */
function mutated({ body, headers }: SignedRequest, random: () => number) {
  const request = {
    kind: random() < 0.5 ? 'interactions' : 'commands',
    body: Buffer.from(body),
    signature: headers['x-slack-signature'] ?? '',
    timestamp: headers['x-slack-request-timestamp'] ?? '',
  } as const;
  const below = (most: number): number => Math.floor(random() * most);
  const changed = (text: string): string => {
    const at = below(text.length);
    const other = String.fromCharCode((text.charCodeAt(at) + 1 + below(120)) % 128);
    return (
      [text.slice(0, at) + other + text.slice(at + 1), text.slice(0, at) + text.slice(at + 1), text + other][
        below(3)
      ] ?? ''
    );
  };
  switch (below(5)) {
    case 0:
      return { ...request, signature: changed(request.signature) };
    case 1:
      return { ...request, timestamp: changed(request.timestamp) };
    case 2: {
      const copy = Buffer.from(request.body);
      const at = below(copy.length);
      copy[at] = (copy[at] ?? 0) ^ (1 + below(255));
      return { ...request, body: copy };
    }
    case 3:
      return { ...request, body: Buffer.concat([request.body, Buffer.from([below(256)])]) };
    default:
      return { ...request, body: request.body.subarray(below(request.body.length)).subarray(1) };
  }
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
