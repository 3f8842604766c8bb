import { execFileSync } from 'node:child_process';
import { chownSync, lchownSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { sqliteFile } from '../../src/clients/databases/sqlite/where.ts';
import { readHeldFile } from '../../src/clients/files/held-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const app = 1234;

/** A database of root, and a folder of an application that has a link in it. */
function links() {
  const folder = temporaryFolder('rd-links');
  const [theirs, secret] = [join(folder, 'app'), join(folder, 'secret.db')];
  new DatabaseSync(secret).close();
  mkdirSync(theirs);
  const link = (name: string, to: string, owner: number): string => {
    symlinkSync(to, join(theirs, name));
    lchownSync(join(theirs, name), owner, owner);
    return join(theirs, name);
  };
  return { folder, theirs, secret, link };
}

test('a link that an application put in the place of its database leads to no file of another', async () => {
  const { folder, theirs, secret, link } = links();
  const data = link('data.db', secret, app);
  const by = (at: string): string => `${at} is a link of user ${app} to what is not theirs`;

  await expect(sqliteFile('/', data)).rejects.toThrow(`${data} is not followed: ${by(data)}`);
  const nowhere = link('new.db', join(folder, 'nothing'), app);
  await expect(sqliteFile('/', nowhere)).rejects.toThrow(by(nowhere));
  const above = link('current', folder, app);
  await expect(sqliteFile('/', join(above, 'secret.db'))).rejects.toThrow(by(above));
  const twice = link('twice.db', data, 0);
  await expect(sqliteFile('/', twice)).rejects.toThrow(by(data));
  await expect(sqliteFile(folder, '/app/data.db')).rejects.toThrow(by('/app/data.db'));
  expect(await sqliteFile('/', join(theirs, 'none.db'))).toBe(join(theirs, 'none.db'));
});

test('a link to a file of its own owner, or of root, is followed', async () => {
  const { secret, link } = links();
  const current = link('current.db', secret, 0);
  expect(await sqliteFile('/', current)).toBe(current);
  chownSync(secret, app, app);
  const own = link('own.db', secret, app);
  expect(await sqliteFile('/', own)).toBe(own);
});

test('a pipe in the place of a file is refused at once', async () => {
  const folder = temporaryFolder('rd-pipe');
  execFileSync('mkfifo', [join(folder, 'app.env')]);
  const reading = readHeldFile(join(folder, 'app.env'), { hostRoot: '/', roots: [folder] });
  await expect(reading).rejects.toThrow(`${folder}/app.env is not a regular file`);
});
