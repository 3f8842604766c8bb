import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { linkPath } from '../../../src/server/approval/link.ts';
import { DAY, MINUTE } from '../../../src/domain/time.ts';
import { start } from '../../fakes/clock.ts';
import { aQuestion, ticketId } from './a-question.ts';
import { ApprovalServer, read } from './approval-server.ts';
import { aVault } from './a-vault.ts';

test('the page says what is broken, since when, what will be done, what is asked, until when, and what happens otherwise', async () => {
  await using server = await ApprovalServer.open(aQuestion());

  const page = await server.get();

  expect(page.status).toBe(200);
  expect(read(page)).toEqual([
    'HIGH in production',
    'Roll back backend?',
    'Answer until 12:13 UTC',
    '13 minutes left. If nobody answers, nothing is rolled back; rollbackd stops and a person has to take over.',
    'What is broken',
    'Share of API requests answered with 5xx',
    '34% of requests',
    'threshold: above 10% for 1m',
    'Since 11:56 UTC, for 4 minutes',
    '11:51 UTC11:59 UTC',
    'What will be done',
    'shop:2.4.0 → shop:2.3.1',
    'The second one is known to be good.',
    'keep 500 log lines of backend',
    'recreate container backend from shop:2.3.1',
    'Disruptive: the service may be interrupted for a short time.',
    'Your answer',
    'One approver decides.',
    'API token or one-time code',
    'An admin makes a code of 8 digits: rollbackd code i-7k3f9a --for YOU',
    'Note (optional)',
    'Approve: roll back now',
    'Reject: leave it as it is',
    'I take it over',
    '10 more minutes',
    'Incident i-7k3f9a, plan 9f8e7d6c5b4a3210. Everything about it: rollbackd show i-7k3f9a',
  ]);
});

test('browsers may show the page alone, run nothing on it, load nothing for it, and send its form only back', async () => {
  await using server = await ApprovalServer.open(aQuestion());

  const { headers, text } = await server.get();

  const style = /<style>([^]*)<\/style>/.exec(text)?.[1] ?? '';
  const hash = createHash('sha256').update(style).digest('base64');
  expect(headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `default-src 'none'; style-src 'sha256-${hash}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
    'x-frame-options': 'DENY',
    'referrer-policy': 'same-origin',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  });
  expect(text).not.toMatch(/<script|<img|<link|style="|https?:|\son\w+=/);
});

test('looking decides nothing, however often and in whatever way', async () => {
  await using server = await ApprovalServer.open(aQuestion());
  const query = '?answer=approve&credential=secret-of-the-admin';

  await server.get();
  await server.get(`${server.path}${query}`);
  await server.get(server.path, { purpose: 'prefetch', 'sec-purpose': 'prefetch;prerender' });
  expect(await server.send('HEAD', server.path, {})).toMatchObject({ status: 200, text: '' });

  expect(server.decided).toEqual([]);
});

test('every link that opens nothing gets the same page: changed, foreign, expired, or of a question long gone', async () => {
  await using server = await ApprovalServer.open(aQuestion());
  const good = await server.get();
  const foreign = await server.get(linkPath(aVault('of another daemon'), ticketId, start));
  const others = [
    server.path.slice(0, -1),
    server.path.replace(/.$/, (last) => (last === 'A' ? 'E' : 'A')),
    '/approve/x',
    '/approve/%2e%2e%2fmetrics',
    linkPath(server.vault, 'AAAAAAAAAAAAAAAAAAAAAA', start),
  ];
  const pages = [foreign, ...(await Promise.all(others.map((path) => server.get(path))))];
  await server.clock.advance(13 * MINUTE + DAY);
  pages.push(await server.get());

  expect(good.status).toBe(200);
  const { status, text, headers } = foreign;
  expect(status).toBe(404);
  expect(read(foreign)).toEqual([
    'This link opens nothing',
    'It has expired, was cut off or changed on the way, or never was one. Look for a newer message, or ask those who run rollbackd here.',
  ]);
  const { date: _, ...told } = headers;
  for (const page of pages) {
    expect({ status: page.status, text: page.text }).toEqual({ status, text });
    expect(page.headers).toMatchObject(told);
  }
  expect(server.counted).toEqual(['shown', ...pages.map(() => 'no_such_link')]);
});

test('a foreign Host header opens nothing', async () => {
  await using server = await ApprovalServer.open(aQuestion());

  const { status, text } = await server.get(server.path, { host: 'attacker.example' });

  expect(status).toBe(403);
  expect(text).not.toContain('backend');
  expect(server.counted).toEqual([]);
});

test('text from data is shown as it is written, and turns nothing around it', async () => {
  const hostile = '\u202e<img src=x onerror=alert(1)>"\'&\u2066';
  await using server = await ApprovalServer.open(
    aQuestion({
      incident: { target: hostile, rule: hostile, series: [] },
      plan: { target: hostile, steps: [hostile] },
      question: { answers: [{ by: hostile, answer: 'approve', at: start }] },
    }),
  );

  const { text } = await server.get();

  const inert = '\ufffd&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;\ufffd';
  expect(text).not.toMatch(/<img|[\u202a-\u202e\u2066-\u2069]/);
  expect(text.match(/<bdi>[^<]*<\/bdi>/g)?.filter((part) => part === `<bdi>${inert}</bdi>`)).toHaveLength(4);
  expect(text).toContain(`<title>Roll back ${inert}? · rollbackd</title>`);
});

test('a question that needs two people says who answered already', async () => {
  await using server = await ApprovalServer.open(
    aQuestion({
      question: {
        needs: { people: 2, role: 'dba' },
        answers: [{ by: 'alice', answer: 'approve', at: start - MINUTE }],
      },
    }),
  );

  const lines = read(await server.get());

  expect(lines).toContain('One DBA has to approve, or 2 approvers. Each of them alone can reject it.');
  expect(lines).toContain('alice approved at 11:59 UTC');
});

test('when no more time can be had, none is offered', async () => {
  await using server = await ApprovalServer.open(aQuestion({ question: { prolongs: 0 } }));

  const { text } = await server.get();

  expect(text).toContain('<button type="submit" disabled>No more time</button>');
  expect(text).not.toContain('value="prolong"');
});

test('while nothing may start it says why, and approving is not offered', async () => {
  await using server = await ApprovalServer.open(
    aQuestion({ question: { halted: 'halted by <b>bob</b>: inventory' } }),
  );

  const page = await server.get();

  expect(read(page)).toContain(
    'Nothing may start now: halted by &lt;b&gt;bob&lt;/b&gt;: inventory. It can be approved once that is lifted (rollbackd unhalt); the time goes on meanwhile.',
  );
  expect(page.text).not.toContain('value="approve"');
  expect(page.text).toContain('value="reject"');
});

test('a plan that took the place of the one asked about is not shown, and cannot be approved', async () => {
  await using server = await ApprovalServer.open(
    aQuestion({ plan: { digest: 'ffffffffffffffff', steps: ['something else'] } }),
  );

  const { text } = await server.get();

  expect(text).toContain('The plan of this question holds no more, so it cannot be approved.');
  expect(text).not.toMatch(/something else|value="approve"/);
});

test.each([
  [
    { state: 'approved', answers: [{ by: 'alice', answer: 'approve', at: start }] },
    'backend: approved',
    'alice approved at 12:00 UTC',
  ],
  [
    { state: 'rejected', answers: [{ by: 'bob', answer: 'reject', at: start - DAY }] },
    'backend: rejected',
    'bob rejected at 2026-01-04 12:00 UTC',
  ],
  [
    { state: 'handed_over', answers: [{ by: 'bob', answer: 'hand_over', at: start }] },
    'backend: taken over by hand',
    'bob took it over by hand at 12:00 UTC',
  ],
  [
    { state: 'expired', dueAt: start - MINUTE },
    'backend: nobody answered in time',
    'The time was over at 11:59 UTC: nothing is rolled back; rollbackd stops and a person has to take over.',
  ],
  [
    { state: 'withdrawn', endedBecause: 'the error rate recovered' },
    'backend: no answer is needed any more',
    'the error rate recovered',
  ],
] as const)('a question that is over says what became of it: %#', async (question, title, line) => {
  await using server = await ApprovalServer.open(aQuestion({ question, current: false }));

  const page = await server.get();

  expect(page.status).toBe(200);
  expect(read(page)).toContain(title);
  expect(read(page)).toContain(line);
  expect(page.text).not.toContain('<form');
});

test('the link of one question never shows another one of the same incident', async () => {
  await using server = await ApprovalServer.open(
    aQuestion({ question: { id: 'i-7k3f9a/2', state: 'open' }, current: false }),
  );

  const page = await server.get();

  expect(read(page)).toEqual([
    'HIGH in production',
    'backend: this question is over',
    'Another question has taken its place. Look for the newest message.',
    'Incident i-7k3f9a, plan 9f8e7d6c5b4a3210. Everything about it: rollbackd show i-7k3f9a',
  ]);
});
