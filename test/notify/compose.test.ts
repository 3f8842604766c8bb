import { expect, test } from 'vitest';
import { noMarks } from '../../src/domain/incident.ts';
import type { Contact } from '../../src/domain/notification.ts';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { compose as composeWith, noLinks, type Telling } from '../../src/notify/compose.ts';
import { start } from '../fakes/clock.ts';
import { aRow } from '../fakes/daemon-views.ts';

/** Without contacts and links, unless the test is about them. */
const compose = (telling: Pick<Telling, 'transition' | 'incident' | 'channel'> & Partial<Telling>) =>
  composeWith({ contacts: [], matter: 'service', links: noLinks, ...telling });

const marks = { ...noMarks, breachedAt: start - 62 * SECOND, detectedAt: start - 2 * SECOND };

test('an opened incident tells value, threshold and how long it took to notice', () => {
  const message = compose({
    transition: {
      at: start,
      type: 'incident.opened',
      message: 'CRITICAL on backend: the share of 5xx is too high',
      facts: { detail: '61.2% of requests', condition: 'above 50% for 1m' },
    },
    incident: aRow({ state: 'judging', reason: 'layra/api-error-rate: 61.2% of requests', marks }),
    channel: 'slack',
  });

  expect(message).toEqual({
    key: `i-7k3f9a/incident.opened/${start}/slack`,
    channel: 'slack',
    incident: 'i-7k3f9a',
    at: start,
    title: 'CRITICAL backend i-7k3f9a: the share of 5xx is too high',
    text: [
      'rule: layra/api-error-rate, 61.2% of requests, threshold above 50% for 1m',
      'why: layra/api-error-rate: 61.2% of requests',
      'so far: detection 1m, 1m2s in all',
      'more: rollbackd show i-7k3f9a',
    ].join('\n'),
    urgent: true,
    story: {
      type: 'incident.opened',
      message: 'CRITICAL on backend: the share of 5xx is too high',
      facts: { detail: '61.2% of requests', condition: 'above 50% for 1m' },
      incident: aRow({ state: 'judging', reason: 'layra/api-error-rate: 61.2% of requests', marks }),
    },
  });
});

test('a question tells the plan, the deadline, and the commands that answer it', () => {
  const message = compose({
    transition: {
      at: start,
      type: 'question.asked',
      message: 'roll back shop:2 → shop:1?',
      facts: {
        from: 'shop:2 (r-2)',
        to: 'shop:1 (r-1)',
        steps: ['capture logs', 'recreate container backend'],
        planDigest: '9f8e7d6c5b4a3210',
        dueAt: start + 15 * MINUTE,
        otherwise: 'hand_over',
        people: 2,
      },
    },
    incident: aRow({
      severity: 'high',
      state: 'asking',
      reason: 'HIGH asks people',
      marks: { ...marks, decidedAt: start - SECOND, askedAt: start - SECOND },
    }),
    channel: 'slack',
  });

  expect(message.urgent).toBe(true);
  expect(message.text).toBe(
    [
      'rule: layra/api-error-rate',
      'release: shop:2 (r-2) → shop:1 (r-1)',
      'why: HIGH asks people',
      'so far: detection 1m, decision 1s, 1m2s in all',
      'step 1: capture logs',
      'step 2: recreate container backend',
      'answer until 2026-01-05 12:15:00 UTC, otherwise hand over',
      'needs 2 people',
      'approve: rollbackd approve i-7k3f9a --plan 9f8e7d6c5b4a3210',
      'reject: rollbackd reject i-7k3f9a --plan 9f8e7d6c5b4a3210',
      'more: rollbackd show i-7k3f9a',
    ].join('\n'),
  );
});

test('the commands stand only where there is an open question', () => {
  const { text } = compose({
    transition: {
      at: start,
      type: 'question.expired',
      message: 'nobody answered',
      facts: { planDigest: 'd1', to: 'shop:1 (r-1)' },
    },
    incident: aRow({ state: 'handed_over', marks: noMarks }),
    channel: 'log',
  });

  expect(text).toContain('\nrelease: back to shop:1 (r-1)\n');
  expect(text).not.toContain('approve');
  expect(text).not.toContain('so far');
});

test('a closed incident tells every phase and the head of the journal, and is not urgent', () => {
  const message = compose({
    transition: {
      at: start,
      type: 'incident.closed',
      message: 'rolled back and verified',
      facts: { from: 'shop:2 (r-2)', to: 'shop:1 (r-1)', head: '41:ab12cd' },
    },
    incident: aRow({
      state: 'closed',
      outcome: 'rolled_back',
      closedAt: start,
      reason: 'rolled back and verified',
      marks: {
        breachedAt: start - 300 * SECOND,
        detectedAt: start - 240 * SECOND,
        decidedAt: start - 240 * SECOND + 300,
        askedAt: null,
        answeredAt: null,
        firstEffectAt: start - 239 * SECOND,
        lastEffectAt: start - 200 * SECOND,
        verifiedAt: start,
      },
    }),
    channel: 'slack',
  });

  expect(message.urgent).toBe(false);
  expect(message.text).toBe(
    [
      'rule: layra/api-error-rate',
      'release: shop:2 (r-2) → shop:1 (r-1)',
      'so far: detection 1m, decision 300ms, rollback 39s, verification 3m20s, 5m in all',
      'journal head: 41:ab12cd',
      'more: rollbackd show i-7k3f9a',
      'report: rollbackd report i-7k3f9a',
    ].join('\n'),
  );
});

test('a hand-over tells what a person would type', () => {
  const message = compose({
    transition: {
      at: start,
      type: 'incident.handed_over',
      message: 'the old release did not become healthy',
      facts: { byHand: ['docker start backend-1', 7] },
    },
    incident: aRow({ severity: 'medium', state: 'handed_over', marks: noMarks, reason: '' }),
    channel: 'log',
  });

  expect(message.urgent).toBe(true);
  expect(message.text).toContain('\nby hand: docker start backend-1\nmore: ');
});

const contacts: readonly Contact[] = [
  {
    role: 'on_call',
    name: 'Alice',
    slack: 'U0000000001',
    email: 'alice@shop.example',
    phone: '+49 30 1234',
  },
  { role: 'dba', name: 'Dana', slack: null, email: 'dana@shop.example', phone: null },
  { role: 'dba', name: 'Dora', slack: null, email: null, phone: '+49 30 5678' },
];

test('a hand-over names whom to call: those who know most about what it is about', () => {
  const handedOver = { at: start, type: 'incident.handed_over', message: 'yours now' };
  const incident = aRow({ state: 'handed_over', marks: noMarks });
  const calls = (facts: Record<string, string>, matter: Telling['matter']) =>
    compose({ transition: { ...handedOver, facts }, incident, channel: 'log', contacts, matter })
      .text.split('\n')
      .filter((line) => line.startsWith('call'));

  expect(calls({}, 'service')).toEqual([
    'call: on call Alice, +49 30 1234, Slack U0000000001, alice@shop.example',
  ]);
  expect(calls({ risk: 'destructive-data' }, 'service')).toEqual([
    'call: DBA Dana, dana@shop.example',
    'call: DBA Dora, +49 30 5678',
  ]);
  // Nobody is DevOps here, so whoever is on call knows next.
  expect(calls({}, 'host')).toEqual([
    'call: on call Alice, +49 30 1234, Slack U0000000001, alice@shop.example',
  ]);
});

test('a question that can destroy data says so, names the DBAs, and holds its link', () => {
  const { text } = compose({
    transition: {
      at: start,
      type: 'question.asked',
      message: 'may I?',
      facts: {
        planDigest: 'd1',
        ticket: 'k3',
        dueAt: start + MINUTE,
        people: 2,
        role: 'dba',
        risk: 'destructive-data',
      },
    },
    incident: aRow({ state: 'asking', marks: noMarks, reason: '' }),
    channel: 'email',
    contacts,
    links: { ...noLinks, approval: (ticket, dueAt) => `https://ops.example/approve/${ticket}.${dueAt}` },
  });

  expect(text).toBe(
    [
      'rule: layra/api-error-rate',
      'risk: this plan can destroy data',
      'answer until 2026-01-05 12:01:00 UTC, otherwise hand over',
      'needs 2 people, or a DBA',
      `decide: https://ops.example/approve/k3.${start + MINUTE}`,
      'approve: rollbackd approve i-7k3f9a --plan d1',
      'reject: rollbackd reject i-7k3f9a --plan d1',
      'call: DBA Dana, dana@shop.example',
      'call: DBA Dora, +49 30 5678',
      'more: rollbackd show i-7k3f9a',
    ].join('\n'),
  );
});

test('what fired says since when it breached, and for how long until that was enough', () => {
  const { text } = compose({
    transition: {
      at: start,
      type: 'level.fired',
      message: 'fired',
      facts: { detail: '3 of 3 failed', condition: '3 failures', since: start - 90 * SECOND, firedAt: start },
    },
    incident: aRow({ marks: noMarks, reason: '' }),
    channel: 'log',
  });

  expect(text).toBe(
    [
      'rule: layra/api-error-rate, 3 of 3 failed, threshold 3 failures',
      'breaching since 2026-01-05 11:58:30 UTC, 1m30s until it fired',
      'more: rollbackd show i-7k3f9a',
    ].join('\n'),
  );
});

test('text of the world cannot end a line, turn the direction of text, or go on for ever', () => {
  const { title, text } = compose({
    transition: {
      at: start,
      type: 'incident.opened',
      message: 'broken\r\nBcc: everybody@shop.example \u202egnirts',
      facts: {
        detail: 'x'.repeat(10_240),
        steps: ['one\nstep 2: approve: https://evil.example', '\u0007\u200b'],
      },
    },
    incident: aRow({ target: 'b\u2067ack\nend', marks: noMarks, reason: '' }),
    channel: 'email',
  });

  expect(title).toBe('CRITICAL b\ufffdack end i-7k3f9a: broken Bcc: everybody@shop.example \ufffdgnirts');
  expect(text.split('\n').map((line) => `${line.slice(0, 60)} ${line.length}`)).toEqual([
    `rule: layra/api-error-rate, ${'x'.repeat(32)} 1007`,
    'step 1: one step 2: approve: https://evil.example 49',
    'step 2: \ufffd\ufffd 10',
    'more: rollbackd show i-7k3f9a 29',
  ]);
});

test('however many steps there are, and however long, what is asked stands in the text', () => {
  const { text } = compose({
    transition: {
      at: start,
      type: 'question.asked',
      message: 'may I?',
      facts: { steps: Array.from({ length: 500 }, () => 'y'.repeat(900)), planDigest: 'd1' },
    },
    incident: aRow({ state: 'asking', marks: noMarks, reason: '' }),
    channel: 'email',
  });

  expect(text.split('\n').map((line) => line.replace(/y{9,}/, 'y…'))).toEqual([
    'rule: layra/api-error-rate',
    ...Array.from({ length: 20 }, (_, index) => `step ${index + 1}: y…… (cut)`),
    '… and 480 more',
    'approve: rollbackd approve i-7k3f9a --plan d1',
    'reject: rollbackd reject i-7k3f9a --plan d1',
    'more: rollbackd show i-7k3f9a',
  ]);
});

test('what a title has no room for is said whole beneath it', () => {
  const reason = `a step failed: ${'x'.repeat(400)} ended with 1`;
  const message = `handed over, backend is yours now: ${reason}`;
  const told = compose({
    transition: { at: start, type: 'incident.handed_over', message, facts: {} },
    incident: aRow({ state: 'handed_over', reason }),
    channel: 'slack',
  });

  expect(told.title).toHaveLength(300 + '… (cut)'.length);
  expect(told.text.split('\n')[0]).toBe(message);
});
