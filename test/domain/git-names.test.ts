import { expect, test } from 'vitest';
import { branchProblem, isSha, repositoryUrlProblem } from '../../src/domain/git-names.ts';

test.for(['main', 'release/2.x', 'feature/a_b-c', 'v1.2', 'a@b', 'überholung', 'head', 'a/HEAD'])(
  '%s is a branch name',
  (name) => {
    expect(branchProblem(name)).toBeNull();
  },
);

const length = 'expected 1 to 200 characters';
const dash = 'it must not begin with a dash';
const whole = 'state it without refs/heads/';
const at = '@ alone and @{ are not allowed';
const characters = String.raw`white space, invisible characters and ~ ^ : ? * [ \ are not allowed`;
const slashes = 'it must not begin or end with / or hold //';
const parts = 'no part may begin with a dot or end with .lock';

test.for([
  ['', length],
  ['x'.repeat(201), length],
  ['-x', dash],
  ['--force', dash],
  ['HEAD', 'HEAD moves; state the branch itself'],
  ['refs/heads/main', whole],
  ['refs/tags/v1', whole],
  ['@', at],
  ['a@{1}', at],
  ['a b', characters],
  ['a~1', characters],
  ['a^', characters],
  ['a:b', characters],
  ['a?', characters],
  ['a*', characters],
  ['a[b', characters],
  [String.raw`a\b`, characters],
  ['a\u0000', characters],
  ['a\nb', characters],
  ['a\u007f', characters],
  ['a\u00a0b', characters],
  ['ma\u202ein', characters],
  ['a\ud800', characters],
  ['a..b', '.. is not allowed'],
  ['/a', slashes],
  ['a/', slashes],
  ['a//b', slashes],
  ['.a', parts],
  ['a/.b', parts],
  ['a.lock', parts],
  ['a.lock/b', parts],
  ['a.', 'it must not end with a dot'],
] as const)('%j is not a branch name', ([name, why]) => {
  expect(branchProblem(name)).toBe(`is not a branch name: ${why}`);
});

const protocols = ['https', 'ssh', 'file'];

test.for([
  'https://git.example/shop.git',
  'https://git.example:8443/team/shop',
  'ssh://git@git.example/shop.git',
  'ssh://git.example:2222/shop',
  'file:///srv/git/shop.git',
  '/srv/git/shop.git',
])('%s is the URL of a repository', (url) => {
  expect(repositoryUrlProblem(url, protocols)).toBeNull();
});

const forms = 'expected https://host/path, ssh://user@host/path, file:///path or an absolute path';
const secret = "must not hold a user or password; use ssh keys, or a .netrc file of the daemon's user";

test.for([
  ['ext::sh -c id', forms],
  ['ext::sh', forms],
  ['fd::17', forms],
  ['http://git.example/shop', forms],
  ['git://git.example/shop', forms],
  ['ftp://git.example/shop', forms],
  ['git@git.example:shop.git', `${forms}; write ssh://user@host/path`],
  ['git@git.example:-x', `${forms}; write ssh://user@host/path`],
  ['-git@git.example:x', forms],
  ['--upload-pack=/bin/sh', forms],
  ['-u/srv', forms],
  ['ssh://-oProxyCommand=id/x', forms],
  ['ssh://git@-oProxyCommand/x', forms],
  ['ssh://%2DoProxyCommand=id/x', forms],
  ['ssh://%2Dx/x', forms],
  ['ssh://%zz/x', forms],
  ['ssh://%2Dx@git.example/x', forms],
  ['ssh://-l@git.example/x', forms],
  ['ssh://-x/shop', forms],
  ['ssh://git.example/-x', forms],
  ['ssh://git.example', forms],
  ['https://', forms],
  ['https://me:secret@git.example/shop', secret],
  ['https://token@git.example/shop', secret],
  ['ssh://git:secret@git.example/shop', secret],
  ['file://host/srv/git', forms],
  ['file:///', forms],
  ['/srv/../etc', 'must not hold ..'],
  ['../shop', forms],
  ['shop', forms],
  ['https://git.example/a b', forms],
  ['https://git.example/a\nb', forms],
  ['https://git.example/a\u200b', forms],
  ['', forms],
] as const)('%j is refused as the URL of a repository', ([url, problem]) => {
  expect(repositoryUrlProblem(url, protocols)).toBe(problem);
});

test('a protocol that git may not use is refused by its name', () => {
  expect(repositoryUrlProblem('/srv/shop.git', ['https'])).toBe(
    'needs file in git_protocols, which allows https',
  );
  expect(repositoryUrlProblem('https://git.example/shop', ['ssh', 'file'])).toBe(
    'needs https in git_protocols, which allows ssh, file',
  );
});

test('only whole commit ids are commit ids', () => {
  const ids = [isSha('a1'.repeat(20)), isSha('a1'.repeat(32))];
  const others = ['a1b2c3d', 'A1'.repeat(20), `${'a1'.repeat(20)}~1`, '--all', 'a1'.repeat(21)].map(isSha);
  expect([...ids, ...others]).toEqual([true, true, false, false, false, false, false]);
});
