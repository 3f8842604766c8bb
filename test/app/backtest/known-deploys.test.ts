import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { knownDeploys } from '../../../src/app/backtest/known-deploys.ts';
import { pastCommits } from '../../../src/clients/git/past.ts';
import { aDirectory } from '../../rollback/a-directory.ts';
import { aRemote, type RemoteUnderTest } from '../../rollback/a-remote.ts';
import { aRelease } from '../../fakes/daemon-views.ts';
import { FakeDaemon } from '../../fakes/daemon.ts';
import { configured, shopRules, writeShop } from './shop.ts';

const configuration = await configured(writeShop(shopRules, ['shop', 'till']));
const around = { environment: process.env, signal: new AbortController().signal };
const nowhere = { file: null, git: null, registry: null };

test('commits of a range come newest first, with their tags and what they revert', async () => {
  const remote = aRemote();
  const first = remote.commit('first', { a: '1' });
  const second = remote.commit('second', { a: '2' });
  remote.git('tag', 'v2', second);
  const merge = remote.merge({ b: '1' });
  const undone = remote.commit(`Revert "second"\n\nThis reverts commit ${second}.`, { a: '1' });
  const commits = await pastCommits({ directory: remote.url, range: `${first}..main`, ...around });

  expect(commits.map(({ sha, tags, reverts }) => [sha, tags, reverts])).toEqual([
    [undone, [], second],
    [merge, [], null],
    [second, ['v2'], null],
  ]);
  expect(commits.every(({ at }) => at % 1_000 === 0 && at > Date.UTC(2025, 0))).toBe(true);
});

test.each([
  ['--upload-pack=/bin/sh..main', 'USAGE', 'is not a range of commits such as v1.2..main'],
  ['a...b..c', 'USAGE', 'is not a range of commits such as v1.2..main'],
  ['', 'USAGE', 'is not a range of commits such as v1.2..main'],
  ['nonsense..main', 'ANSWER_INVALID', 'git could not read nonsense..main on'],
])('the range %s is refused', async (range, code, message) => {
  const remote = aRemote();
  remote.commit('first', { a: '1' });
  const asked = pastCommits({ directory: remote.url, range, ...around });

  await expect(asked).rejects.toMatchObject({ code });
  await expect(asked).rejects.toThrow(message);
});

test('what is no repository is refused by name', async () => {
  await expect(pastCommits({ directory: '/nonexistent', range: 'a..b', ...around })).rejects.toThrow(
    '/nonexistent is not the directory of a git repository',
  );
  await expect(pastCommits({ directory: aDirectory(), range: 'a..b', ...around })).rejects.toThrow(
    'git could not read a..b on',
  );
});

test('commits are deployments of every target; a reverted one was bad', async () => {
  const remote = aRemote();
  const first = remote.commit('first', { a: '1' });
  const second = remote.commit('second', { a: '2' });
  const third = remote.commit(`undo\n\nThis reverts commit ${second}.`, { a: '1' });
  const deploys = await deploysIn(remote, `${first}..main`);

  expect(new Set(deploys.map(({ target, release, bad }) => `${target} ${release} ${bad}`))).toEqual(
    new Set(
      ['shop', 'till'].flatMap((target) => [
        `${target} ${second.slice(0, 12)} true`,
        `${target} ${third.slice(0, 12)} null`,
      ]),
    ),
  );
});

test('where a range has tags, these are the deployments', async () => {
  const remote = aRemote();
  const first = remote.commit('first', { a: '1' });
  remote.git('tag', 'v2', remote.commit('second', { a: '2' }));
  remote.commit('third', { a: '3' });

  expect((await deploysIn(remote, `${first}..main`)).map(({ target, release }) => [target, release])).toEqual(
    [
      ['shop', 'v2'],
      ['till', 'v2'],
    ],
  );
});

test('the registry of the running daemon knows when releases came, and what became of them', async () => {
  const releases = [
    aRelease({ name: 'shop:2', standing: 'bad', firstSeenAt: 2_000 }),
    aRelease({ name: 'shop:1', standing: 'good', firstSeenAt: 1_000 }),
  ];
  const registry = Object.assign(Object.create(new FakeDaemon()) as FakeDaemon, {
    releases: (target: string) => Promise.resolve(target === 'shop' ? releases : []),
  });
  const deploys = await knownDeploys({ ...nowhere, registry: registry as never }, configuration, around);

  expect(deploys).toEqual([
    { at: 1_000, target: 'shop', release: 'shop:1', bad: false },
    { at: 2_000, target: 'shop', release: 'shop:2', bad: true },
  ]);
});

test('a deployment that two know of counts once, and is bad if one of them says so', async () => {
  const file = join(aDirectory(), 'deploys.yaml');
  const entry = '{ time: 2026-03-02T00:00:00Z, target: shop, release: v1';
  writeFileSync(file, `- ${entry} }\n- ${entry}, bad: true }\n- ${entry}, bad: false }\n`);

  expect(await knownDeploys({ ...nowhere, file }, configuration, around)).toEqual([
    { at: Date.UTC(2026, 2, 2), target: 'shop', release: 'v1', bad: true },
  ]);
});

function deploysIn(remote: RemoteUnderTest, range: string) {
  return knownDeploys({ ...nowhere, git: { directory: remote.url, range } }, configuration, around);
}
