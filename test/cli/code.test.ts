import { expect, test } from 'vitest';
import { MINUTE } from '../../src/domain/time.ts';
import { terminal } from './terminal.ts';

const page = 'https://ops.example/approve/VqSZ8.1767701700.c2lnbmF0dXJl';

test('a one-time code is printed in two halves, with whom it is for, until when, and where it can be used', async () => {
  await using at = await terminal();
  at.daemon.madeCode = { code: '01234567', expiresAt: Date.now() + 10 * MINUTE, page };

  const { code, out } = await at.ask('code i-7k3f9a --for carol');

  expect(code).toBe(0);
  expect(out.split('\n')).toEqual([
    'code  0123 4567',
    expect.stringMatching(/^for {3}carol, as approver, once, until \d\d:\d\d:\d\d \(in 10m\)$/),
    `page  ${page}`,
    '',
  ]);
  expect(at.daemon.log).toEqual([
    'local (admin): make code {"incident":"i-7k3f9a","name":"carol","role":"approver"}',
  ]);
});

test('without a public URL the page is where the daemon listens', async () => {
  await using at = await terminal();
  at.daemon.madeCode = { code: '01234567', expiresAt: 0, page: '/approve/a.1.b' };

  const { out } = await at.ask('code i-7k3f9a --for dan --role dba --json');

  expect(JSON.parse(out)).toEqual({ code: '01234567', expiresAt: 0, page: `${at.url}/approve/a.1.b` });
});

test('a code that cannot be made is refused with the reason', async () => {
  await using at = await terminal();
  at.daemon.madeCode = { refused: 'nothing is asked about i-7k3f9a' };

  expect(await at.ask('code i-7k3f9a --for carol')).toEqual({
    code: 1,
    out: '',
    err: 'refused  nothing is asked about i-7k3f9a\n',
  });
});

test.each([
  ['code i-7k3f9a', '--for: say who answers with the code, e.g. --for carol'],
  ['code i-7k3f9a --for carol --role viewer', '--role: expected approver, dba or admin, got viewer'],
])('%s is wrong usage', async (line, problem) => {
  await using at = await terminal();

  const { code, err } = await at.ask(line);

  expect([code, err.includes(problem)]).toEqual([2, true]);
  expect(at.daemon.log).toEqual([]);
});
