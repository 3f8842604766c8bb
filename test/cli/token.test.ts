import { expect, test } from 'vitest';
import { DAY, HOUR } from '../../src/domain/time.ts';
import { terminal } from './terminal.ts';

const at = Date.UTC(2026, 0, 5, 12);
const ci = {
  name: 'ci',
  role: 'operator',
  by: 'alice',
  at,
  expiresAt: at + 90 * DAY,
  revokedAt: null,
} as const;

test('the secret of a new token stands alone on standard output, once', async () => {
  await using here = await terminal();
  here.daemon.madeToken = { secret: 'rbk_s3cret', token: ci };

  expect(await here.ask('token make ci --role operator --for 90d')).toEqual({
    code: 0,
    out: 'rbk_s3cret\n',
    err: 'ok  ci, operator; shown this once:\n',
  });
  expect(await here.ask('token make ci --json')).toEqual({
    code: 0,
    out: `${JSON.stringify({ secret: 'rbk_s3cret', token: ci })}\n`,
    err: '',
  });
  expect(here.daemon.log).toEqual([
    'local (admin): make token {"name":"ci","role":"operator","forMs":7776000000}',
    'local (admin): make token {"name":"ci","role":"viewer","forMs":null}',
  ]);
});

test('a token that is not made is a refusal', async () => {
  await using here = await terminal();
  here.daemon.madeToken = { refused: 'the first token must be for an admin' };

  expect(await here.ask('token make ci')).toEqual({
    code: 1,
    out: '',
    err: 'refused  the first token must be for an admin\n',
  });
});

test('tokens are listed with what they are for and how long they count', async () => {
  await using here = await terminal();
  here.daemon.tokenViews = [
    { ...ci, name: 'ops', expiresAt: null },
    { ...ci, name: 'old', revokedAt: at + HOUR },
    { ...ci, name: 'gone', expiresAt: at + HOUR },
  ];
  const { code, out } = await here.ask('token list');

  expect(code).toBe(0);
  const words = out.split('\n').map((line) => line.split(/ {2,}/));
  expect(words[0]).toEqual(['NAME', 'ROLE', 'MADE', 'BY', 'COUNTS']);
  expect(
    words.slice(1, 4).map(([name, role, , by, counts]) => [name, role, by, counts?.replace(/\d.*/, '…')]),
  ).toEqual([
    ['ops', 'operator', 'alice', 'until revoked'],
    ['old', 'operator', 'alice', 'no: revoked …'],
    ['gone', 'operator', 'alice', 'no: expired …'],
  ]);
  here.daemon.tokenViews = [];
  expect((await here.ask('token list')).out).toBe(
    'no tokens were made; those of the configuration are listed there\n',
  );
  expect((await here.ask('token list --json')).out).toBe('[]\n');
});

test('a token is revoked by its name', async () => {
  await using here = await terminal();

  expect(await here.ask('token revoke ci')).toEqual({ code: 0, out: 'ok  done\n', err: '' });
  expect(here.daemon.log).toEqual(['local (admin): revoke token ci']);
});

test.each([
  ['token', 'rollbackd: token: make|list|revoke is missing [USAGE]'],
  ['token sell ci', 'rollbackd: token: expected make, list or revoke, got sell [USAGE]'],
  ['token make', 'rollbackd: token make: say which, e.g. rollbackd token make alice [USAGE]'],
  ['token revoke', 'rollbackd: token revoke: say which, e.g. rollbackd token revoke alice [USAGE]'],
  ['token list ci', 'rollbackd: token list: unexpected argument ci; it lists all of them [USAGE]'],
  [
    'token make a --role root',
    'rollbackd: --role: expected one of viewer, operator, approver, dba, admin; got root [USAGE]',
  ],
  ['token make a --for 3', 'rollbackd: --for: expected a duration such as 90s, 2h or 1h30m, got 3 [USAGE]'],
])('%s is wrong usage', async (line, said) => {
  await using here = await terminal();
  const { code, err } = await here.ask(line);

  expect([code, err.split('\n')[0]]).toEqual([2, said]);
});
