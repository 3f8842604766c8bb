import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { git } from '../../src/clients/git/git.ts';
import { branchProblem, isSha, remoteProblem } from '../../src/clients/git/names.ts';
import { aDirectory } from '../rollback/a-directory.ts';
import { never } from '../rollback/a-step.ts';

const protocols = ['https', 'ssh', 'file'];

test.for([
  'https://git.example/shop.git',
  'https://robot@git.example:8443/shop.git',
  'ssh://git@git.example/shop.git',
  'git@git.example:team/shop.git',
  'file:///srv/git/shop.git',
  '/srv/git/shop.git',
])('%s is a remote', (url) => {
  expect(remoteProblem(url, protocols)).toBeNull();
});

test.for([
  ['--upload-pack=/bin/sh', 'the URL "--upload-pack=/bin/sh" starts with a dash'],
  ['ext::sh -c id', 'the URL "ext::sh -c id" holds spaces or control characters'],
  ['ext::id', 'the URL "ext::id" names a helper program; use https, ssh, file or an absolute path'],
  ['ssh://-oProxyCommand=id/x', 'the host of the URL "ssh://-oProxyCommand=id/x" starts with a dash'],
  ['ssh://git@-oProxyCommand/x', 'the host of the URL "ssh://git@-oProxyCommand/x" starts with a dash'],
  ['git@git.example:-x', 'the URL "git@git.example:-x" is neither https, ssh, file nor an absolute path'],
  ['-git@git.example:x', 'the URL "-git@git.example:x" starts with a dash'],
  [
    'git://git.example/shop.git',
    'the URL "git://git.example/shop.git" uses git, which is not among git_protocols (https, ssh, file)',
  ],
  ['ftp://git.example/x', 'the URL "ftp://git.example/x" is neither https, ssh, file nor an absolute path'],
  ['shop.git', 'the URL "shop.git" is neither https, ssh, file nor an absolute path'],
  ['../shop.git', 'the URL "../shop.git" is neither https, ssh, file nor an absolute path'],
  ['/srv/a\nb', String.raw`the URL "/srv/a\nb" holds spaces or control characters`],
  [
    'https://bob:s3cret@git.example/x',
    'the URL "https://bob:[secret]@git.example/x" holds a password; use ssh keys, or a .netrc file of the daemon\'s user',
  ],
  ['file://host/x', 'the URL "file://host/x" names a host; write file:///path'],
  ['', 'the URL "" is neither https, ssh, file nor an absolute path'],
] as const)('%j is refused', ([url, problem]) => {
  expect(remoteProblem(url, protocols)).toBe(problem);
});

test('a path is refused where git may not use files', () => {
  expect(remoteProblem('/srv/shop.git', ['https'])).toBe(
    'the URL "/srv/shop.git" uses file, which is not among git_protocols (https)',
  );
});

test.for(['main', 'release/1.2', 'a.b', 'feature-x_y'])('%s is a branch', (branch) => {
  expect(branchProblem(branch)).toBeNull();
});

test.for([
  ['--force', 'the branch "--force" starts with a dash'],
  ['refs/heads/main', 'state the branch without refs/heads/, got "refs/heads/main"'],
  ['HEAD', '"HEAD" is not a branch name'],
  ['', '"" is not a branch name'],
  ['a..b', 'the branch "a..b" is not a valid ref name'],
  ['a@{1}', 'the branch "a@{1}" is not a valid ref name'],
  ['a//b', 'the branch "a//b" is not a valid ref name'],
  ['/a', 'the branch "/a" is not a valid ref name'],
  ['a/', 'the branch "a/" is not a valid ref name'],
  ['a.', 'the branch "a." is not a valid ref name'],
  ['a/.b', 'a part of the branch "a/.b" starts with a dot or ends with .lock'],
  ['a.lock', 'a part of the branch "a.lock" starts with a dot or ends with .lock'],
  ['a b', 'the branch "a b" holds a character that git does not allow'],
  ['a:b', 'the branch "a:b" holds a character that git does not allow'],
  ['a*', 'the branch "a*" holds a character that git does not allow'],
  ['a\\b', String.raw`the branch "a\\b" holds a character that git does not allow`],
] as const)('the branch %j is refused', ([branch, problem]) => {
  expect(branchProblem(branch)).toBe(problem);
});

test('only whole commit ids are commit ids', () => {
  const whole = [isSha('a1'.repeat(20)), isSha('a1'.repeat(32))];
  const others = ['a1b2c3d', 'A1'.repeat(20), `${'a1'.repeat(20)}~1`, '--all', 'a1'.repeat(21)].map(isSha);
  expect([...whole, ...others]).toEqual([true, true, false, false, false, false, false]);
});

test('a hostile remote never reaches git, whoever let it through before', async () => {
  const directory = aDirectory();
  const witness = join(directory, 'witness');
  const client = git({ stateDir: directory, protocols, environment: process.env });
  for (const url of [`ext::touch% ${witness}`, `--upload-pack=touch ${witness}`, '/srv/a\nb'])
    await expect(client.head({ name: 'shop', url, branch: 'main' }, never)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  const branch = `--upload-pack=touch${witness}`;
  await expect(client.head({ name: 'shop', url: directory, branch }, never)).rejects.toThrow(
    `the repository of shop: the branch ${JSON.stringify(branch)} starts with a dash`,
  );
  expect(existsSync(witness)).toBe(false);
});
