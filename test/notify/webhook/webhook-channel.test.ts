import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { httpClient } from '../../../src/clients/http.ts';
import { RollbackError } from '../../../src/domain/errors.ts';
import type { Channel } from '../../../src/domain/ports/channel.ts';
import { Secret } from '../../../src/domain/secret.ts';
import { noLinks, type Links } from '../../../src/notify/compose.ts';
import { webhookChannel } from '../../../src/notify/webhook/webhook-channel.ts';
import { SimulatedClock, start } from '../../fakes/clock.ts';
import { aRow } from '../../fakes/daemon-views.ts';
import { aMessage, first } from '../messages.ts';
import { receiver } from './receiver.ts';

const never = new AbortController().signal;
const path = '/in?token=canary-token';

function channelTo(
  url: string,
  {
    secret = null,
    links = noLinks,
    clock = new SimulatedClock(),
  }: {
    readonly secret?: string | null;
    readonly links?: Links;
    readonly clock?: SimulatedClock;
  } = {},
): Channel {
  return webhookChannel({
    webhook: { name: 'pager', url: new Secret(url), secret: secret === null ? null : new Secret(secret) },
    environment: 'production',
    links,
    http: httpClient({ clock }),
    clock,
  });
}

const question = aMessage({
  key: 'i-7k3f9a/question.asked/1/pager/9',
  story: {
    type: 'question.asked',
    message: 'may I?',
    facts: { ticket: 'k3', dueAt: start, planDigest: 'd1' },
    incident: aRow({ state: 'asking' }),
  },
});

/** As the receiver's documentation says, and by nobody else's code. */
function isSigned(header: string, body: string, secret: string, now: number): boolean {
  const { t = '', v1 = '' } = Object.fromEntries(
    header.split(',').map((part) => part.split('=') as [string, string]),
  );
  if (Math.abs(now / 1_000 - Number(t)) > 300) return false;
  const expected = createHmac('sha256', secret).update(`${t}.${body}`).digest();
  const given = Buffer.from(v1, 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

test('a message is one post of JSON, signed, under the key of the message', async () => {
  await using service = await receiver();
  const links: Links = {
    approval: (ticket, dueAt) => `https://ops.example/approve/${ticket}.${dueAt}`,
    incident: (id) => `https://ops.example/api/v1/incidents/${id}`,
    report: (id) => `https://ops.example/api/v1/incidents/${id}/report`,
  };

  await channelTo(`${service.url}${path}`, { secret: 'canary-secret', links }).send([question], first, never);

  const [{ method, path: asked, headers, body } = { method: '', path: '', headers: {}, body: '' }] =
    service.received;
  expect([method, asked, headers['content-type'], headers['idempotency-key']]).toEqual([
    'POST',
    path,
    'application/json',
    'i-7k3f9a%2Fquestion.asked%2F1%2Fpager%2F9',
  ]);
  expect(headers['rollbackd-signature']).toMatch(/^t=1767614400,v1=[0-9a-f]{64}$/);
  const signature = String(headers['rollbackd-signature']);
  expect(isSigned(signature, body, 'canary-secret', start)).toBe(true);
  expect(isSigned(signature, `${body} `, 'canary-secret', start)).toBe(false);
  expect(isSigned(signature, body, 'canary-secreT', start)).toBe(false);
  expect(JSON.parse(body)).toMatchObject({
    version: 1,
    type: 'question.asked',
    incident: {
      id: 'i-7k3f9a',
      target: 'backend',
      severity: 'critical',
      openedAt: '2026-01-05T11:58:00.000Z',
    },
    links: {
      approval: `https://ops.example/approve/k3.${start}`,
      incident: 'https://ops.example/api/v1/incidents/i-7k3f9a',
      report: null,
    },
  });
});

test('without a secret there is no signature, and without an incident no story', async () => {
  await using service = await receiver();

  await channelTo(service.url).send([aMessage({ incident: null })], first, never);

  expect(service.received[0]?.headers['rollbackd-signature']).toBeUndefined();
  expect(JSON.parse(service.received[0]?.body ?? '')).toEqual({
    version: 1,
    key: 'i-7k3f9a/incident.opened/1/slack',
    at: '2026-01-05T12:00:00.000Z',
    environment: 'production',
    type: 'notice',
    title: 'CRITICAL backend i-7k3f9a: opened',
    text: 'rule: layra/api-error-rate',
    urgent: false,
    incident: null,
    message: null,
    facts: {},
    links: { incident: null, report: null, approval: null },
  });
});

test('facts that are very long are left out, and the rest arrives', async () => {
  await using service = await receiver();
  const story = { ...question.story!, facts: { evidence: 'x'.repeat(1_000_000) } };

  await channelTo(service.url).send([{ ...question, story }], first, never);

  const { body = '' } = service.received[0] ?? {};
  expect(JSON.parse(body)).toMatchObject({ type: 'question.asked', facts: { cut: true } });
  expect(body.length).toBeLessThan(256 * 1024);
});

test('a sentence that is cut is not cut through a character', async () => {
  await using service = await receiver();
  const story = { ...question.story!, message: `${'x'.repeat(9_999)}😀` };

  await channelTo(service.url).send([{ ...question, story }], first, never);

  const { body = '' } = service.received[0] ?? {};
  expect(JSON.parse(body)).toMatchObject({ message: `${'x'.repeat(9_999)}\u{fffd}` });
});

const answering =
  (status: number, headers: Record<string, string> = {}) =>
  (response: ServerResponse) =>
    void response.writeHead(status, headers).end('canary-answer');

test.each<[string, (response: ServerResponse) => void, string, string, object]>([
  [
    '429 with seconds',
    answering(429, { 'retry-after': '30' }),
    'UNREACHABLE',
    'the webhook pager answered HTTP 429; it will be posted again',
    { status: 429, retryAfterMs: 30_000 },
  ],
  [
    '503 with a date',
    answering(503, { 'retry-after': 'Mon, 05 Jan 2026 12:01:30 GMT' }),
    'UNREACHABLE',
    'the webhook pager answered HTTP 503; it will be posted again',
    { status: 503, retryAfterMs: 90_000 },
  ],
  [
    '429 without sense',
    answering(429, { 'retry-after': 'soon' }),
    'UNREACHABLE',
    'the webhook pager answered HTTP 429; it will be posted again',
    { status: 429 },
  ],
  [
    '408',
    answering(408),
    'UNREACHABLE',
    'the webhook pager answered HTTP 408; it will be posted again',
    { status: 408 },
  ],
  [
    '500',
    answering(500),
    'UNREACHABLE',
    'the webhook pager answered HTTP 500; it will be posted again',
    { status: 500 },
  ],
  [
    '400',
    answering(400),
    'REFUSED',
    'the webhook pager answered HTTP 400: it does not take the message; check its address and secret',
    { status: 400 },
  ],
  [
    'a redirect',
    answering(307, { location: 'http://127.0.0.1:9/' }),
    'REFUSED',
    'the webhook pager answered HTTP 307: redirects are not followed; check its address and secret',
    { status: 307 },
  ],
  [
    'a dropped connection',
    (response) => void response.destroy(),
    'UNREACHABLE',
    'the webhook pager could not be reached (reset); it will be posted again',
    { failure: 'reset' },
  ],
  [
    'a book',
    (response) => void response.writeHead(200).end('x'.repeat(2_000_000)),
    'REFUSED',
    'the webhook pager cannot be posted to: too large',
    { failure: 'too_large' },
  ],
])('%s is %s', async (_, answer, code, message, facts) => {
  await using service = await receiver();
  service.answers.push(answer);

  const error = await failureOf(channelTo(`${service.url}${path}`, { secret: 'canary-secret' }));

  expect({ code: error.code, message: error.message, facts: error.facts }).toEqual({ code, message, facts });
  expect(service.received.length).toBe(1);
});

test('one that never answers is given up after ten seconds', async () => {
  await using service = await receiver();
  service.answers.push(() => {});
  const clock = new SimulatedClock();
  const failing = failureOf(channelTo(service.url, { clock }));
  while (service.received.length === 0) await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(10_000);

  expect((await failing).message).toBe(
    'the webhook pager could not be reached (timeout); it will be posted again',
  );
});

test('stopping interrupts a post under way', async () => {
  await using service = await receiver();
  service.answers.push(() => {});
  const stop = new AbortController();
  const failing = failureOf(channelTo(service.url), stop.signal);
  stop.abort();

  const { code, message } = await failing;
  expect([code, message]).toEqual([
    'ABORTED',
    'interrupted while posting to the webhook pager; it will be posted again',
  ]);
});

/** What a post that goes wrong rejects with. Nothing of address, secret or answer is in it, however it is looked at. */
async function failureOf(channel: Channel, signal = never): Promise<RollbackError> {
  const error: unknown = await channel.send([question], first, signal).catch((thrown: unknown) => thrown);
  if (!(error instanceof RollbackError)) throw new Error(`expected a RollbackError, got ${String(error)}`);
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('canary');
  return error;
}
