import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { PlaybookStep } from '../../src/domain/playbook.ts';
import { gitResetDriver } from '../../src/rollback/drivers/git-reset.ts';
import { planner } from '../../src/rollback/planner.ts';
import { aRemote } from './a-remote.ts';
import { aStep, never, opId, release, shop } from './a-step.ts';
import { aWorkingCopy, type WorkingCopyUnderTest } from './a-working-copy.ts';
import { dieBetweenCalls, Died } from './crashes.ts';

vi.setConfig({ testTimeout: 30_000 });

/** Two commits after the good one; `published` of them are known to the remote. */
function ahead({ published = 0, remote = true } = {}) {
  const far = aRemote();
  const it = aWorkingCopy();
  const good = it.commit('release 1', { 'app.txt': 'one\n', 'old.txt': 'old\n' });
  if (remote) it.git('remote', 'add', 'origin', far.url);
  if (remote) it.git('push', '-q', 'origin', 'main');
  const bad = [1, 2].map((nth) => {
    const sha = it.commit(`bad ${nth}`, { 'app.txt': `bad ${nth}\n`, [`new-${nth}.txt`]: 'new\n' });
    if (remote && nth <= published) it.git('push', '-q', 'origin', 'main');
    return sha;
  });
  return { ...it, good, head: bad[1] ?? '', far };
}

function resetting(it: WorkingCopyUnderTest & { good: string; far: { url: string } }, options: object = {}) {
  const open = () => gitResetDriver(it.parts());
  const driver = open();
  const parsed = driver.options.parse({ path: it.path, to: 'last_good', ...options });
  const step = aStep('git.reset', parsed, {
    target: { ...shop, repository: { url: it.far.url, branch: 'main' } },
    to: release('commit', it.good, it.good.slice(0, 7)),
  });
  return {
    open,
    driver,
    step,
    refusals: async () =>
      (await driver.preflight(step, await driver.read(step, never), never)).map(({ message }) =>
        message.replaceAll(it.root, 'ROOT').replaceAll(/[0-9a-f]{12}/g, 'COMMIT'),
      ),
  };
}

test('the branch goes back to the last good commit, and forth with the undo, work included', async () => {
  const it = ahead();
  it.write({ 'app.txt': 'mine\n', 'untracked.txt': 'stays\n' });
  const { driver, step, refusals, open } = resetting(it, { allow_uncommitted: 'patch' });
  expect(await refusals()).toEqual([]);
  expect(driver.describe(step, await driver.read(step, never))).toBe(
    `reset ${it.path} to last_good (${it.good.slice(0, 12)}): 3 files change, app.txt, new-1.txt, new-2.txt`,
  );

  expect(await driver.apply(step, opId, never)).toMatchObject({
    ended: 'done',
    detail: expect.stringContaining(
      `${it.path} is reset to ${it.good.slice(0, 12)}; what was not committed in`,
    ),
    evidence: { commit: it.head },
  });

  expect([it.git('rev-parse', 'main'), it.git('branch', '--show-current')]).toEqual([it.good, 'main']);
  expect([it.read('app.txt'), existsSync(join(it.path, 'new-1.txt')), it.read('untracked.txt')]).toEqual([
    'one\n',
    false,
    'stays\n',
  ]);
  expect(await driver.probe(step, opId, never)).toBe('done');

  expect(await open().undo?.(step, opId, never)).toMatchObject({ ended: 'done' });
  expect(await open().probe(step, opId, never)).toBe('not_done');
  expect([it.git('rev-parse', 'main'), it.read('app.txt')]).toEqual([it.head, 'mine\n']);
  expect(it.status()).toEqual([' M app.txt', '?? untracked.txt']);
});

describe('published commits', () => {
  test('are not left behind unless the plan says so', async () => {
    const refused = [
      'N of the 2 commits that ROOT/mdm would leave behind were published; revert them by git.revert, or state published: allowed',
    ];
    for (const published of [1, 2]) {
      const it = ahead({ published });
      const { driver, step, refusals } = resetting(it);
      expect((await refusals()).map((line) => line.replace(/^\d/, 'N'))).toEqual(refused);
      expect(await driver.apply(step, opId, never)).toMatchObject({ ended: 'failed' });
      expect(it.git('rev-parse', 'HEAD')).toBe(it.head);
      expect(await resetting(it, { published: 'allowed' }).refusals()).toEqual([]);
    }
  });

  test('a remote of which nothing is known here may have all of them', async () => {
    const it = ahead({ remote: false });
    expect(await resetting(it).refusals()).toEqual([]);
    it.git('remote', 'add', 'origin', it.far.url);
    expect(await resetting(it).refusals()).toEqual([
      '2 of the 2 commits that ROOT/mdm would leave behind were published; revert them by git.revert, or state published: allowed',
    ]);
  });

  test('a plan that allows it has the risk that always asks people', async () => {
    const it = ahead({ published: 2 });
    const { driver, step } = resetting(it);
    const planning = planner({ 'git.reset': driver });
    const risksOf = async (options: object) => {
      const written: PlaybookStep = {
        kind: 'git.reset',
        options: { path: it.path, to: it.good, ...options },
        deadlineMs: 60_000,
        retries: 0,
      };
      const playbook = { id: 'shop/reset', steps: [written], otherwisePlaybook: null, communication: null };
      const rest = { verification: { settleMs: 0, phases: [] }, objectives: {} as never };
      const request = { incident: 'i-1', target: step.target, from: null, to: null, at: 0 };
      const { plan } = await planning.build({ ...request, playbook: { ...playbook, ...rest } }, never);
      return plan?.steps.map(({ risk }) => risk) ?? null;
    };
    expect(await risksOf({})).toBe(null);
    expect(await risksOf({ published: 'allowed' })).toEqual(['destructive-data']);
    expect(driver.riskOf?.({ path: it.path, to: 'main' })).toBe('disruptive');
    expect(driver.riskOf?.({ published: ['?'] })).toBe('destructive-data');
  });
});

describe('publish: force_with_lease', () => {
  const publishing = { publish: 'force_with_lease', published: 'allowed' };

  test('the branch at the remote goes first, and comes back with the undo', async () => {
    const it = ahead({ published: 2 });
    const { driver, step, open } = resetting(it, publishing);
    expect(await driver.apply(step, opId, never)).toMatchObject({ ended: 'done' });
    expect([it.far.head(), it.git('rev-parse', 'HEAD')]).toEqual([it.good, it.good]);
    expect(await open().probe(step, opId, never)).toBe('done');
    expect(await open().undo?.(step, opId, never)).toMatchObject({ ended: 'done' });
    expect([it.far.head(), it.git('rev-parse', 'HEAD')]).toEqual([it.head, it.head]);
  });

  test('fault 40: a remote that is somewhere else is refused, also when it moved since the plan', async () => {
    const it = ahead({ published: 2 });
    const { driver, step, refusals } = resetting(it, publishing);
    expect(await refusals()).toEqual([]);
    const theirs = it.far.commit('theirs', { 'theirs.txt': 'x\n' });
    expect(await refusals()).toEqual([
      'main at the remote is at COMMIT, not at COMMIT as ROOT/mdm: it would lose what is not known here',
    ]);
    expect(await driver.apply(step, opId, never)).toMatchObject({ ended: 'failed', retryable: false });
    expect([it.far.head(), it.git('rev-parse', 'HEAD')]).toEqual([theirs, it.head]);
  });

  test('needs the word of the plan', () => {
    const { driver } = resetting(ahead());
    const options = { path: '/opt/mdm', to: 'v1', publish: 'force_with_lease' };
    expect(driver.options.safeParse(options).success).toBe(false);
    expect(driver.options.safeParse({ ...options, published: 'allowed' }).success).toBe(true);
  });

  test('fault 41: killed between any two calls, the remote is asked, and nothing happens twice or by half', async () => {
    for (let nth = 1; ; nth += 1) {
      const it = ahead({ published: 2 });
      const { open, step } = resetting(it, publishing);
      const times = dieBetweenCalls(nth);
      const died = await open()
        .apply(step, opId, never)
        .catch((error: unknown) => error);
      if (times() < nth) break;
      expect(died).toBeInstanceOf(Died);
      dieBetweenCalls(0);
      expect(await open().probe(step, opId, never)).not.toBe('unknown');
      expect(await open().apply(step, opId, never)).toMatchObject({ ended: 'done' });
      expect([it.far.head(), it.git('rev-parse', 'HEAD'), it.read('app.txt')]).toEqual([
        it.good,
        it.good,
        'one\n',
      ]);
    }
  });
});

test('fault 38: a detached HEAD, a commit that is not in the past, and a release without commit are refused', async () => {
  const it = ahead();
  const { driver, step } = resetting(it);
  const bare = { ...step, to: null };
  const found = await driver.preflight(bare, await driver.read(bare, never), never);
  expect(found.map(({ message }) => message)).toEqual(['the release to go to has no commit component']);

  it.git('checkout', '-q', '-b', 'other', it.good);
  const stranger = it.commit('elsewhere', { 'x.txt': 'x\n' });
  it.git('checkout', '-q', 'main');
  expect(await resetting(it, { to: stranger }).refusals()).toEqual([
    'COMMIT is not in the past of what ROOT/mdm has checked out',
  ]);
  it.git('checkout', '-q', '--detach');
  expect(await resetting(it).refusals()).toEqual([
    'ROOT/mdm has no branch checked out (detached HEAD): there is none to reset',
  ]);
});

test('a working copy that went on after the step is not undone', async () => {
  const it = ahead();
  const { driver, step } = resetting(it);
  await driver.apply(step, opId, never);
  const later = it.commit('fixed by hand', { 'app.txt': 'fixed\n' });
  expect(await driver.probe(step, opId, never)).toBe('unknown');
  expect(await driver.undo?.(step, opId, never)).toEqual({
    ended: 'failed',
    detail: `${it.path} went to another commit since; it is left as it is`,
    retryable: false,
  });
  expect(it.git('rev-parse', 'HEAD')).toBe(later);
});
