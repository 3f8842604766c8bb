import { expect, test } from 'vitest';
import { HOUR, MINUTE } from '../../../src/domain/time.ts';
import { start } from '../../fakes/clock.ts';
import { aQuestion, ticketId } from './a-question.ts';
import { ApprovalServer, read, type Shown } from './approval-server.ts';

const token = 'secret-of-the-approver';
const plan = '"incident":"i-7k3f9a","ticket":"VqSZ8-ZJ3_k1p0a7cQb2Xw","planDigest":"9f8e7d6c5b4a3210"';
const wrong =
  'That token or code cannot answer this question. Nothing was decided. Check it, or ask for a new code.';

function alert(page: Shown): string | undefined {
  return /role="alert">([^<]*)</.exec(page.text)?.[1];
}

test('an answer with a token is the answer of its owner, for the plan of the question', async () => {
  await using server = await ApprovalServer.open(aQuestion());

  const answers = [
    await server.answer({ answer: 'approve', credential: token, note: ' seen on the dashboard ' }),
    await server.answer({ answer: 'reject', credential: ` ${token} ` }),
    await server.answer({ answer: 'hand_over', credential: 'secret-of-the-dba' }),
    await server.answer({ answer: 'prolong', credential: 'secret-of-the-admin' }),
  ];

  expect(answers.map(({ status, headers }) => [status, headers['location']])).toEqual(
    answers.map(() => [303, server.path.replace('/approve/', './')]),
  );
  expect(server.decided).toEqual([
    `the-approver (approver): approve {${plan},"note":"seen on the dashboard"}`,
    `the-approver (approver): reject {${plan},"note":""}`,
    'the-dba (dba): hand_over {"incident":"i-7k3f9a","ticket":"VqSZ8-ZJ3_k1p0a7cQb2Xw","note":""}',
    `the-admin (admin): prolong {${plan}}`,
  ]);
  expect(server.counted.filter((event) => event !== 'shown')).toEqual(answers.map(() => 'answered'));
});

test('an answer with a one-time code is the answer of the person whom it was made for', async () => {
  await using server = await ApprovalServer.open(aQuestion());
  server.daemon.codeOwner = { name: 'carol', role: 'approver' };

  expect((await server.answer({ answer: 'approve', credential: '1234 5678' })).status).toBe(303);

  expect(server.decided).toEqual([
    `use code 12345678 for ${ticketId}`,
    `carol (approver): approve {${plan},"note":""}`,
  ]);
});

test('whoever may not answer gets one sentence, whatever the reason, and what was typed is not shown again', async () => {
  await using server = await ApprovalServer.open(aQuestion());
  const credentials = ['secret-of-nobody', 'secret-of-the-viewer', 'secret-of-the-operator', '87654321'];

  const pages: Shown[] = [];
  for (const credential of credentials)
    pages.push(await server.answer({ answer: 'approve', credential, note: 'kept' }));

  expect(pages.map((page) => [page.status, alert(page)])).toEqual(credentials.map(() => [403, wrong]));
  for (const [index, { text }] of pages.entries()) {
    expect(text).not.toContain(credentials[index]);
    expect(text).toContain('value="kept"');
  }
  expect(server.decided).toEqual([
    'refused 127.0.0.1 unauthorized 1: POST /approve/:link',
    'refused 127.0.0.1 unauthorized 1: POST /approve/:link',
    'refused 127.0.0.1 unauthorized 1: POST /approve/:link',
    `use code 87654321 for ${ticketId}`,
    'refused 127.0.0.1 unauthorized 1: POST /approve/:link',
  ]);
  expect(server.log.lines).toEqual([]);
});

test('five wrong credentials a minute, and no more, also when they come at once', async () => {
  await using server = await ApprovalServer.open(aQuestion());
  const page = await server.get();
  const tries = Array.from({ length: 20 }, () =>
    server.answer({ answer: 'approve', credential: 'secret-of-nobody' }, page),
  );

  const statuses = (await Promise.all(tries)).map(({ status }) => status);

  const counts = [403, 429].map((wanted) => statuses.filter((status) => status === wanted).length);
  expect(counts).toEqual([5, 15]);
  const right = { answer: 'approve', credential: '12345678' };
  server.daemon.codeOwner = { name: 'carol', role: 'approver' };
  const refused = await server.answer(right, page);
  expect([refused.status, ...read(refused)]).toEqual([
    429,
    'Too many wrong tries',
    'Nothing was decided. Wait a minute, then open the link again.',
  ]);
  await server.clock.advance(MINUTE);
  expect((await server.answer(right, page)).status).toBe(303);
});

test('a token counts after any number of wrong tries: nobody is locked out by whoever shares an address', async () => {
  await using server = await ApprovalServer.open(aQuestion());
  const page = await server.get();
  for (let nth = 0; nth < 8; nth += 1)
    await server.answer({ answer: 'approve', credential: '00000000' }, page);

  expect((await server.answer({ answer: 'approve', credential: token }, page)).status).toBe(303);
  expect((await server.answer({ answer: 'approve', credential: 'secret-of-the-viewer' }, page)).status).toBe(
    429,
  );
});

test('right credentials do not count as tries', async () => {
  await using server = await ApprovalServer.open(aQuestion());
  const page = await server.get();

  for (let nth = 0; nth < 12; nth += 1)
    expect((await server.answer({ answer: 'prolong', credential: token }, page)).status).toBe(303);
});

test.each([
  ['of another site', { origin: 'https://attacker.example' }],
  ['of another port', { origin: 'http://127.0.0.1:1' }],
  ['of a frame without an origin', { origin: 'null' }],
  ['that says nothing of where it came from', { origin: undefined }],
  ['that the browser calls cross-site', { 'sec-fetch-site': 'cross-site' }],
  ['that the browser calls same-site', { 'sec-fetch-site': 'same-site' }],
  ['without an origin, from the address bar', { origin: undefined, 'sec-fetch-site': 'none' }],
])('a form %s decides nothing', async (_, headers) => {
  await using server = await ApprovalServer.open(aQuestion());
  const { text } = await server.get();
  const csrf = /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? '';

  const { status } = await server.post({ csrf, answer: 'approve', credential: token }, headers);

  expect(status).toBe(403);
  expect(server.decided).toEqual([]);
});

test('a browser that names no origin but its own page is believed', async () => {
  await using server = await ApprovalServer.open(aQuestion());
  const { text } = await server.get();
  const csrf = /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? '';
  const headers = { origin: undefined, 'sec-fetch-site': 'same-origin' };

  expect((await server.post({ csrf, answer: 'approve', credential: token }, headers)).status).toBe(303);
});

test('under the public name only its own scheme is believed', async () => {
  await using server = await ApprovalServer.open(aQuestion(), 'https://ops.example/rollbackd');
  const { text } = await server.get();
  const csrf = /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? '';
  const statusFrom = async (origin: string): Promise<number> => {
    const headers = { host: 'ops.example', origin };
    return (await server.post({ csrf, answer: 'reject', credential: token }, headers)).status;
  };

  expect(await statusFrom('https://ops.example')).toBe(303);
  expect(await statusFrom('http://ops.example')).toBe(403);
});

test('a form without the token of a page, or with one that was changed or is old, decides nothing', async () => {
  await using server = await ApprovalServer.open(aQuestion());
  const page = await server.get();
  const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
  const right = { answer: 'approve', credential: token };

  const pages = [
    await server.post(right),
    await server.post({ ...right, csrf: csrf.replace(/.$/, '~') }),
    await server.post({ ...right, csrf: csrf.replace(/^\d/, '9') }),
    await server.post({ ...right, csrf: server.path.slice(-43) }),
  ];
  server.daemon.askedViews = [aQuestion({ question: { dueAt: start + 2 * HOUR } })];
  const old = await server.get();
  await server.clock.advance(HOUR);
  pages.push(await server.answer(right, old));

  const notice =
    'This page was open for too long, or the question was changed since. Nothing was decided by you. Look again, and answer here.';
  expect(pages.map((shown) => [shown.status, alert(shown)])).toEqual(pages.map(() => [409, notice]));
  expect(server.decided).toEqual([]);
});

test('a page counts no more once anybody answered, or got more time', async () => {
  await using server = await ApprovalServer.open(aQuestion());
  const page = await server.get();
  const answers = [{ by: 'alice', answer: 'approve', at: start }] as const;
  const right = { answer: 'approve', credential: token };

  server.daemon.askedViews = [aQuestion({ question: { answers } })];
  expect(alert(await server.answer(right, page))).toBe(
    'Meanwhile, alice approved at 12:00 UTC. Nothing was decided by you. Look again, and answer here.',
  );
  server.daemon.askedViews = [aQuestion({ question: { dueAt: start + 23 * MINUTE } })];
  expect((await server.answer(right, page)).status).toBe(409);
  expect(server.decided).toEqual([]);
});

test('an answer after the decision says who decided, and changes nothing', async () => {
  await using server = await ApprovalServer.open(aQuestion());
  const page = await server.get();
  const answers = [{ by: 'alice', answer: 'reject', at: start }] as const;
  server.daemon.askedViews = [aQuestion({ current: false, question: { state: 'rejected', answers } })];

  const late = await server.answer({ answer: 'approve', credential: token }, page);

  expect([late.status, alert(late)]).toEqual([
    409,
    'Already decided: alice rejected at 12:00 UTC. Your answer was not taken.',
  ]);
  expect(server.decided).toEqual([]);
});

test('what the daemon refuses is told with its reason, and the question is shown as it is then', async () => {
  await using server = await ApprovalServer.open(aQuestion());
  server.daemon.answer = {
    accepted: false,
    message: 'nothing may start: halted by bob',
    incident: 'i-7k3f9a',
  };

  const page = await server.answer({ answer: 'approve', credential: token });

  expect([page.status, alert(page)]).toEqual([409, 'Refused: nothing may start: halted by bob']);
  expect(page.text).toContain('value="approve"');
});

test.each([
  ['no answer', {}, 'Choose one of the answers.'],
  ['an answer that there is not', { answer: 'destroy' }, 'Choose one of the answers.'],
  [
    'no credential',
    { answer: 'approve', credential: ' ' },
    'Nothing was decided: a token or a one-time code is needed.',
  ],
  [
    'a note of several lines',
    { answer: 'approve', note: 'a\nb' },
    'Nothing was decided: a note is one line of at most 500 characters.',
  ],
  [
    'a note that is too long',
    { answer: 'approve', note: 'a'.repeat(501) },
    'Nothing was decided: a note is one line of at most 500 characters.',
  ],
])('a form with %s decides nothing', async (_, fields, notice) => {
  await using server = await ApprovalServer.open(aQuestion());

  const page = await server.answer({ credential: token, ...fields });

  expect([page.status, alert(page)]).toEqual([422, notice]);
  expect(server.decided).toEqual([]);
});

test('anything but a small form is refused, in a page', async () => {
  await using server = await ApprovalServer.open(aQuestion());
  const send = (type: string, body: string): Promise<Shown> =>
    server.send('POST', server.path, { body, headers: { origin: server.origin, 'content-type': type } });

  const json = await send('application/json', JSON.stringify({ answer: 'approve', credential: token }));
  const text = await send('text/plain', `answer=approve&credential=${token}`);
  const big = await send('application/x-www-form-urlencoded', `answer=approve&note=${'a'.repeat(10_000)}`);
  const twice = await send('application/x-www-form-urlencoded', 'answer=approve&answer=reject');

  expect([json, text, big, twice].map(({ status }) => status)).toEqual([415, 415, 413, 409]);
  expect([json, text, big, twice].map(({ headers }) => headers['content-type'])).toEqual(
    Array(4).fill('text/html; charset=utf-8'),
  );
  expect(server.decided).toEqual([]);
});

test('a fault is told in a page that leaks nothing, and logged without the link', async () => {
  await using server = await ApprovalServer.open(aQuestion());
  const page = await server.get();
  server.daemon.answer = new TypeError('the disk is on fire');

  const { status, text } = await server.answer({ answer: 'approve', credential: token }, page);

  expect(status).toBe(500);
  expect(text).not.toMatch(/disk|secret-of/);
  expect(JSON.stringify(server.log.lines)).not.toMatch(/secret-of|approve\/Vq/);
});

const destroying = {
  risk: 'destructive-data',
  steps: ['stop writes to orders', 'restore orders from 10:00'],
  destroys: ['restore orders from 10:00'],
} as const;

test('what destroys data is approved on a second page, by typing the name of the target', async () => {
  await using server = await ApprovalServer.open(aQuestion({ plan: destroying }));
  const first = await server.get();
  expect(first.text).toContain('<a class="button stop" href="?confirm">');
  expect(first.text).not.toContain('value="approve"');

  const second = await server.get(`${server.path}?confirm`);
  expect(read(second).slice(1, 8)).toEqual([
    'Destroy data of backend?',
    'What is destroyed',
    'restore orders from 10:00',
    'rollbackd cannot bring back what is lost by this.',
    'shop:2.4.0 → shop:2.3.1',
    'The second one is known to be good.',
    'Your approval',
  ]);
  const typed = { answer: 'approve', credential: token, confirm: 'backend' };
  expect((await server.answer(typed, second)).status).toBe(303);
  expect(server.decided).toEqual([`the-approver (approver): approve {${plan},"note":""}`]);
});

test.each(['', 'Backend', 'backend2'])(
  'data is not destroyed when %j is typed for its name',
  async (confirm) => {
    await using server = await ApprovalServer.open(aQuestion({ plan: destroying }));

    const page = await server.answer({ answer: 'approve', credential: token, confirm });

    expect([page.status, alert(page)]).toEqual([
      422,
      'Nothing was decided: to confirm, type the name of the target exactly as it stands here.',
    ]);
    expect(read(page)).toContain('Destroy data of backend?');
    expect(server.decided).toEqual([]);
  },
);

test('what destroys data is rejected without typing anything more', async () => {
  await using server = await ApprovalServer.open(aQuestion({ plan: destroying }));

  expect((await server.answer({ answer: 'reject', credential: token })).status).toBe(303);
});
