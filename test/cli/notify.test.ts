import { expect, test } from 'vitest';
import { terminal } from './terminal.ts';

test('each channel that was tried is a line, and one that failed makes the answer no', async () => {
  await using at = await terminal();
  at.daemon.tried = [
    { channel: 'slack', ok: true, detail: '3 messages sent' },
    { channel: 'email', ok: false, detail: 'after 0 messages: no way \u001b[31mout' },
  ];

  const { code, out } = await at.ask('notify --test');

  expect(code).toBe(1);
  expect(out.split('\n')).toEqual([
    'ok      slack  3 messages sent',
    'FAILED  email  after 0 messages: no way \ufffd[31mout',
    '',
    '1 of 2 channels failed',
    '',
  ]);
  expect(at.daemon.log).toEqual(['local (admin): notify test']);
});

test('when all were sent it says what to do next', async () => {
  await using at = await terminal();
  at.daemon.tried = [{ channel: 'log', ok: true, detail: '3 messages sent' }];

  expect(await at.ask('notify --test')).toEqual({
    code: 0,
    out: [
      'ok  log  3 messages sent',
      '',
      'look whether they arrived: that a server takes a message does not mean that people see it',
      '',
    ].join('\n'),
    err: '',
  });
  expect(JSON.parse((await at.ask('notify --test --json')).out)).toEqual(at.daemon.tried);
});

test('without --test it is wrong usage, and nothing is sent', async () => {
  await using at = await terminal();

  const { code, err } = await at.ask('notify');

  expect([code, err.includes('notify: say --test')]).toEqual([2, true]);
  expect(at.daemon.log).toEqual([]);
});
