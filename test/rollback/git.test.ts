import { cpSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { git } from '../../src/clients/git/git.ts';
import { gitRevertDriver } from '../../src/rollback/drivers/git-revert.ts';
import { start } from '../fakes/clock.ts';
import { aDirectory } from './a-directory.ts';
import { released, tag } from './a-release.ts';
import { never, opId } from './a-step.ts';
import { dieBetweenCalls, Died } from './crashes.ts';

vi.setConfig({ testTimeout: 60_000 });

test('two commits are taken back in one that is pushed with its tag and its trailers', async () => {
  const it = released();
  const second = it.remote.commit('release 2a', { 'app.txt': 'two\n' });
  const third = it.remote.commit('release 2b', { 'app.txt': 'three\n', 'new.txt': 'new\n' });
  const step = it.step(third);

  const outcome = await it.driver.apply(step, opId, never);
  const head = it.remote.head();
  expect(outcome).toEqual({
    ended: 'done',
    detail: `reverted 2 commits in ${head.slice(0, 12)} and pushed it to main, tagged ${tag}`,
    evidence: { commit: head, tag },
  });
  expect(it.remote.file('app.txt')).toBe('one');
  expect(it.remote.file('new.txt')).toBeNull();
  expect(it.remote.git('rev-parse', 'main^{tree}')).toBe(it.remote.git('rev-parse', `${it.good}^{tree}`));
  expect(it.remote.git('rev-parse', 'main^')).toBe(third);
  expect(it.remote.git('log', '-1', '--format=%B', 'main')).toBe(
    `Roll back shop to ${it.good.slice(0, 7)} (${step.to?.id})

rollbackd takes back 2 commits because of incident i-7k3f9a.

This reverts commit ${third}.
This reverts commit ${second}.

Rollbackd-Incident: i-7k3f9a
Rollbackd-Op: ${opId}`,
  );
  expect(it.remote.git('cat-file', '-t', tag)).toBe('tag');
  expect(it.remote.git('rev-parse', `${tag}^{commit}`)).toBe(head);
  expect(await it.driver.probe(step, opId, never)).toBe('done');
  expect(it.checkouts()).toEqual([]);
});

test('run again under the same effect, nothing is pushed twice', async () => {
  const it = released();
  const step = it.step(it.remote.commit('release 2', { 'app.txt': 'two\n' }));
  await it.driver.apply(step, opId, never);
  const head = it.remote.head();
  expect(await it.driver.apply(step, opId, never)).toEqual({
    ended: 'done',
    detail: `main already holds the revert ${head.slice(0, 12)}`,
  });
  expect(it.remote.head()).toBe(head);
  expect(it.remote.tags()).toEqual([tag]);
});

test('a tag that is taken is left alone: the next second is used', async () => {
  const it = released();
  const bad = it.remote.commit('release 2', { 'app.txt': 'two\n' });
  it.remote.git('tag', tag, it.good);
  expect(await it.driver.apply(it.step(bad), opId, never)).toMatchObject({
    evidence: { tag: 'rollback-20260105-120001' },
  });
  expect(it.remote.git('rev-parse', tag)).toBe(it.good);
});

test.for([1, 2])(
  'killed after call %i, nothing was pushed, and the next run ends as if nothing had happened',
  async (nth) => {
    const it = released();
    const step = it.step(it.remote.commit('release 2', { 'app.txt': 'two\n' }));
    const before = it.remote.head();
    const times = dieBetweenCalls(nth);
    await expect(it.driver.apply(step, opId, never)).rejects.toThrow(Died);
    expect([it.remote.head(), it.remote.tags()]).toEqual([before, []]);
    expect(await it.driver.probe(step, opId, never)).toBe('not_done');

    expect((await it.driver.apply(step, opId, never)).ended).toBe('done');
    expect(times()).toBe(nth + 2);
    expect(it.remote.git('rev-list', '--count', `${before}..main`)).toBe('1');
    expect(it.remote.file('app.txt')).toBe('one');
    expect(it.remote.tags()).toEqual([tag]);
  },
);

test('one commit can be taken back from beneath later ones', async () => {
  const it = released();
  const bad = it.remote.commit('release 2', { 'bad.txt': 'bad\n' });
  const later = it.remote.commit('later', { 'app.txt': 'two\n' });
  expect((await it.driver.apply(it.step(later, { commits: [bad] }), opId, never)).ended).toBe('done');
  expect([it.remote.file('bad.txt'), it.remote.file('app.txt')]).toEqual([null, 'two']);
});

test('what was reverted already is not reverted again', async () => {
  const it = released();
  it.remote.commit('release 2', { 'app.txt': 'two\n' });
  const back = it.remote.commit('back by hand', { 'app.txt': 'one\n' });
  expect(await it.driver.apply(it.step(back), opId, never)).toEqual({
    ended: 'done',
    detail: `nothing to revert: main already holds what ${it.good.slice(0, 12)} held`,
  });
  expect(it.remote.head()).toBe(back);
});

test('hooks and settings of the machine have no part in it', async () => {
  const it = released();
  const bad = it.remote.commit('release 2', { 'app.txt': 'two\n' });
  const home = aDirectory();
  const witness = join(home, 'witness');
  const hooks = aDirectory();
  for (const name of [
    'post-checkout',
    'pre-commit',
    'commit-msg',
    'post-commit',
    'pre-push',
    'reference-transaction',
  ])
    writeFileSync(join(hooks, name), `#!/bin/sh\ntouch ${witness}\n`, { mode: 0o755 });
  writeFileSync(join(home, '.gitconfig'), `[core]\n\thooksPath = ${hooks}\n[commit]\n\tgpgSign = true\n`);
  await it.driver.read(it.step(bad), never);
  const [clone = ''] = readdirSync(join(it.stateDir, 'git'));
  cpSync(hooks, join(it.stateDir, 'git', clone, 'hooks'), { recursive: true });
  const environment = {
    PATH: process.env['PATH'],
    HOME: home,
    GIT_DIR: '/nowhere',
    GIT_EDITOR: `touch ${witness}`,
  };
  const client = git({ stateDir: it.stateDir, protocols: ['file'], environment });
  const driver = gitRevertDriver({ git: client, clock: it.clock });
  expect((await driver.apply(it.step(bad), opId, never)).ended).toBe('done');
  expect(existsSync(witness)).toBe(false);
});

test('locks and checkouts that a dead git left behind are removed', async () => {
  const it = released();
  const step = it.step(it.remote.commit('release 2', { 'app.txt': 'two\n' }));
  await it.driver.read(step, never);
  const [clone = ''] = readdirSync(join(it.stateDir, 'git'));
  for (const name of [
    'index.lock',
    'HEAD.lock',
    'config.lock',
    'packed-refs.lock',
    'refs/rollbackd/branch.lock',
  ])
    writeFileSync(join(it.stateDir, 'git', clone, name), '');
  it.remote.git('clone', '-q', it.remote.url, join(it.stateDir, 'git', `${clone}.work`));
  it.remote.commit('release 3', { 'app.txt': 'three\n' });
  const later = it.step(it.remote.head());
  expect((await it.driver.apply(later, opId, never)).ended).toBe('done');
});

test('the observer sees the head of the branch, and whether it is a revert of ours', async () => {
  const it = released();
  const bad = it.remote.commit('release 2', { 'app.txt': 'two\n' });
  expect(await it.observer.look(it.target, never)).toEqual({
    at: start,
    components: [{ kind: 'commit', value: bad, label: bad.slice(0, 7) }],
    healthy: null,
    exited: false,
    sealed: null,
    opId: null,
    manager: null,
  });
  await it.driver.apply(it.step(bad), opId, never);
  expect(await it.observer.look(it.target, never)).toMatchObject({
    components: [{ value: it.remote.head() }],
    opId,
  });
});

test('a dry run names commits, branch and remote; a person gets the commands', async () => {
  const it = released();
  const bad = it.remote.commit('release 2', { 'app.txt': 'two\n' });
  const step = it.step(bad);
  expect(it.driver.describe(step, await it.driver.read(step, never))).toBe(
    `revert ${bad.slice(0, 12)} on main of ${it.remote.url}, back to ${it.good.slice(0, 12)}, and push`,
  );
  expect(it.driver.byHand(step)).toEqual([
    `git clone --branch main ${it.remote.url} rollback`,
    'cd rollback',
    `git revert --no-commit ${it.good}..${bad}`,
    `git commit -m 'Roll back shop to ${it.good.slice(0, 12)}'`,
    'git tag -a "rollback-$(date -u +%Y%m%d-%H%M%S)" -m "Rollback, incident i-7k3f9a"',
    'git push --atomic --follow-tags origin main',
  ]);
});
