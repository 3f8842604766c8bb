import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { released, tag } from './a-release.ts';
import { never, opId } from './a-step.ts';

vi.setConfig({ testTimeout: 60_000 });

test('a conflict names the files, and nothing is pushed', async () => {
  const it = released();
  const bad = it.remote.commit('release 2', { 'app.txt': 'two\n' });
  const later = it.remote.commit('later', { 'app.txt': 'two and more\n' });
  const outcome = await it.driver.apply(it.step(later, { commits: [bad] }), opId, never);
  expect(outcome).toEqual({
    ended: 'failed',
    detail: `GIT_CONFLICT: reverting ${bad.slice(0, 12)} conflicts in app.txt; nothing was pushed`,
    retryable: false,
  });
  expect([it.remote.head(), it.remote.tags(), it.checkouts()]).toEqual([later, [], []]);
});

test('a branch that moved since the plan is refused, and nothing is pushed', async () => {
  const it = released();
  const bad = it.remote.commit('release 2', { 'app.txt': 'two\n' });
  const later = it.remote.commit('release 3', { 'other.txt': 'x\n' });
  expect(await it.driver.apply(it.step(bad), opId, never)).toEqual({
    ended: 'failed',
    detail: `GIT_REMOTE_MOVED: main is at ${later.slice(0, 12)}, not at ${bad.slice(0, 12)}; nothing was pushed`,
    retryable: false,
  });
  expect(it.remote.tags()).toEqual([]);
  expect(await it.driver.probe(it.step(bad), opId, never)).toBe('not_done');
});

test('a branch that moves while we work, also backwards, is refused by the push', async () => {
  const it = released();
  const bad = it.remote.commit('release 2', { 'app.txt': 'two\n' });
  const worse = it.remote.commit('release 3', { 'app.txt': 'three\n' });
  const remote = { name: 'shop', url: it.remote.url, branch: 'main' };
  for (const movedTo of [bad, it.good]) {
    it.remote.git('update-ref', 'refs/heads/main', worse);
    const pushing = it.client.inWorktree(
      remote,
      { sha: await fetched(it), opId },
      never,
      async (worktree, clone) => {
        await worktree.revert([{ sha: worse, merge: false }]);
        const sha = await worktree.commit(['Roll back']);
        await worktree.tag(tag, 'Roll back');
        it.remote.git('update-ref', 'refs/heads/main', movedTo);
        await clone.push(sha, tag, worse);
      },
    );
    await expect(pushing).rejects.toMatchObject({ code: 'GIT_REMOTE_MOVED', recourse: 'give-up' });
    expect([it.remote.head(), it.remote.tags()]).toEqual([movedTo, []]);
  }
});

async function fetched({ client, remote }: ReturnType<typeof released>): Promise<string> {
  const place = { name: 'shop', url: remote.url, branch: 'main' };
  await client.inClone(place, null, never, (clone) => clone.fetch());
  return client.head(place, never);
}

test('a push that the remote declines by its own rules fails, and nothing is changed', async () => {
  const it = released();
  const bad = it.remote.commit('release 2', { 'app.txt': 'two\n' });
  const hook = join(it.remote.url, 'hooks', 'pre-receive');
  writeFileSync(hook, '#!/bin/sh\necho main is protected >&2\nexit 1\n', { mode: 0o755 });
  const outcome = await it.driver.apply(it.step(bad), opId, never);
  expect(outcome).toMatchObject({ ended: 'failed', retryable: false });
  expect(outcome.detail).toMatch(/^REFUSED: the remote declined the push to main, nothing was changed: /);
  expect([it.remote.head(), it.remote.tags()]).toEqual([bad, []]);
});

test('merges are refused unless the plan says which parent stays', async () => {
  const it = released();
  const merge = it.remote.merge({ 'app.txt': 'two\n', 'feature.txt': 'x\n' });
  expect(await it.problems(merge)).toEqual([
    `${merge.slice(0, 12)} merged other branches; state mainline: 1 to take back all that was merged`,
  ]);
  expect(await it.problems(merge, { mainline: 1 })).toEqual([]);
  expect((await it.driver.apply(it.step(merge, { mainline: 1 }), opId, never)).ended).toBe('done');
  expect([it.remote.file('app.txt'), it.remote.file('feature.txt')]).toEqual(['one', null]);
});

test('preflight refuses what is not in the past of the branch', async () => {
  const it = released();
  const bad = it.remote.commit('release 2', { 'app.txt': 'two\n' });
  const nowhere = 'a'.repeat(40);
  expect(await it.problems(bad, { to: nowhere })).toEqual([
    'the release aaaaaaaaaaaa is not in the past of main',
  ]);
  expect(await it.problems(bad, { commits: [nowhere] })).toEqual(['aaaaaaaaaaaa is not in main']);
  expect(await it.problems(it.good)).toEqual([
    `main is at ${bad.slice(0, 12)}, not at the release that is to be rolled back, ${it.good.slice(0, 12)}: somebody pushed meanwhile`,
  ]);
});

test('preflight says when there is nothing to revert', async () => {
  const it = released();
  expect(await it.problems(it.good)).toEqual(['there is nothing to revert']);
});

test('a remote that cannot be reached is an error, never a change', async () => {
  const it = released();
  const bad = it.remote.commit('release 2', { 'app.txt': 'two\n' });
  const gone = { ...it.target, repository: { url: `${it.remote.url}-gone`, branch: 'main' } };
  await expect(it.observer.look(gone, never)).rejects.toMatchObject({ code: 'UNREACHABLE' });
  await expect(it.driver.read({ ...it.step(bad), target: gone }, never)).rejects.toMatchObject({
    code: 'UNREACHABLE',
  });
  const missing = { ...it.target, repository: { url: it.remote.url, branch: 'release' } };
  await expect(it.observer.look(missing, never)).rejects.toThrow(
    'there is no branch release at the remote of shop',
  );
});
