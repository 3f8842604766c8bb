import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Secret } from '../../src/domain/secret.ts';
import { inProcess } from '../cli/terminal.ts';
import { serving, tokens } from '../server/serving.ts';
import { someBackups } from './some-backups.ts';

/** A real desk behind a real server, and a terminal that talks to it. */
async function atTheTerminal() {
  const it = await someBackups();
  const desk = await it.openDesk();
  onTestFinished(() => desk[Symbol.asyncDispose]());
  const { url } = await serving({ backups: desk });
  const ask = (line: string) => inProcess(['backup', ...line.split(' ')], { ROLLBACKD_URL: url });
  return { ...it, desk, ask };
}

test('a set is made, listed, shown, verified, restored and pruned from the command line', async () => {
  const { ask, conf } = await atTheTerminal();
  expect((await ask('list')).out).toBe(
    'there is no backup set yet; rollbackd backup create RECIPE makes one\n',
  );
  const made = await ask('create shop --json');
  const { set: id } = JSON.parse(made.out) as { readonly set: string };
  expect(made.code).toBe(0);

  expect((await ask('list')).out).toContain(id);
  expect((await ask(`show ${id}`)).out).toMatch(new RegExp(`files +${conf} .* ${conf} 2`));
  expect(await ask(`verify ${id}`)).toMatchObject({ code: 0, out: `ok  ${id} reads back as it was made\n` });
  expect(await ask(`verify ${id} --rehearse`)).toMatchObject({
    code: 0,
    out: `ok  ${id} was restored into scratch and counts the same\n`,
  });
  writeFileSync(join(conf, 'app.env'), 'MODE=bad\n');
  expect(await ask(`restore ${id} --part ${conf} --yes`)).toMatchObject({ code: 0 });
  expect(readFileSync(join(conf, 'app.env'), 'utf8')).toBe('MODE=good\n');
  expect(await ask('prune')).toMatchObject({ code: 0, out: 'nothing is past retention\n' });
});

test('what fails ends with 1, what is said wrongly with 2', async () => {
  const { ask, sets } = await atTheTerminal();
  const { set: id } = JSON.parse((await ask('create shop --json')).out) as { readonly set: string };
  const [file = ''] = JSON.parse(readFileSync(join(sets, id, 'manifest.json'), 'utf8')).set.parts.map(
    (part: { readonly file: string }) => part.file,
  );
  writeFileSync(join(sets, id, file), 'spoilt');

  const verified = await ask(`verify ${id}`);
  expect(verified.code).toBe(1);
  expect(verified.out).toContain(`FAILED  ${id} has 1 problems\n`);
  expect((await ask('list')).out).toContain('1 problems, read ');
  expect(await ask(`restore ${id} --yes`)).toMatchObject({ code: 1 });
  expect(await ask(`restore ${id}`)).toMatchObject({
    code: 2,
    err: `rollbackd: backup restore replaces what is in use by what ${id} holds; say --yes if that is meant [USAGE]\n`,
  });
  expect(await ask('create')).toMatchObject({ code: 2 });
  expect(await ask('mend')).toMatchObject({ code: 2 });
  expect((await ask('create other')).err).toContain('there is no recipe other; there is shop, code');
});

test('an operator makes and verifies, only an admin restores and prunes', async () => {
  const it = await someBackups();
  const desk = await it.openDesk();
  onTestFinished(() => desk[Symbol.asyncDispose]());
  const { send } = await serving({
    backups: desk,
    tokens: [...tokens, { name: 'x', role: 'viewer', token: new Secret('y') }],
  });
  const status = async (as: 'viewer' | 'operator' | 'dba' | 'admin', path: string, body: object) =>
    (await send('POST', `/api/v1/backups${path}`, { as, body })).status;

  expect(await status('viewer', '', { recipe: 'shop' })).toBe(403);
  expect(await status('operator', '', { recipe: 'shop' })).toBe(200);
  expect(await status('viewer', '/b-1/verify', {})).toBe(403);
  expect(await status('operator', '/b-1/verify', {})).toBe(404);
  expect(await status('dba', '/b-1/restore', {})).toBe(403);
  expect(await status('admin', '/b-1/restore', {})).toBe(404);
  expect(await status('dba', '/prune', {})).toBe(403);
  expect(await status('admin', '/prune', {})).toBe(200);
});

test('where no backups are configured, that is said', async () => {
  const { send } = await serving();
  expect((await send('GET', '/api/v1/backups')).body).toMatchObject({
    code: 'NOT_FOUND',
    detail: 'no backups are configured; add backups: to the main file',
  });
});
