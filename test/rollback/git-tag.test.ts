import { expect, test, vi } from 'vitest';
import { gitTagDriver } from '../../src/rollback/drivers/git-tag.ts';
import { aRemote } from './a-remote.ts';
import { aStep, never, opId, shop } from './a-step.ts';
import { aWorkingCopy } from './a-working-copy.ts';
import { dieBetweenCalls, Died } from './crashes.ts';

vi.setConfig({ testTimeout: 30_000 });

function tagging(options: object, where: 'here' | 'remote') {
  const it = aWorkingCopy();
  it.commit('release 1', { 'app.txt': 'one\n' });
  const far = aRemote();
  far.commit('release 1', { 'app.txt': 'one\n' });
  const open = () => gitTagDriver(it.parts());
  const driver = open();
  const parsed = driver.options.parse({ ...options, ...(where === 'here' ? { path: it.path } : {}) });
  const step = aStep('git.tag', parsed, {
    risk: 'safe',
    target: { ...shop, repository: where === 'remote' ? { url: far.url, branch: 'main' } : null },
  });
  return {
    ...it,
    far,
    open,
    driver,
    step,
    tags: () => (where === 'here' ? it.git('tag') : far.tags().join('\n')),
  };
}

for (const where of ['here', 'remote'] as const) {
  test(`${where}: an annotated tag names the incident, and says whose it is`, async () => {
    const { driver, step, far, git, tags } = tagging({}, where);
    expect(await driver.preflight(step, await driver.read(step, never), never)).toEqual([]);
    expect(await driver.probe(step, opId, never)).toBe('not_done');

    expect(await driver.apply(step, opId, never)).toMatchObject({
      ended: 'done',
      evidence: { tag: 'rollback-20260105-120000' },
    });

    expect(tags()).toBe('rollback-20260105-120000');
    const show = where === 'here' ? git : far.git;
    expect(show('cat-file', 'tag', 'rollback-20260105-120000')).toContain(
      `Rollback of shop, incident i-7k3f9a\n\nRollbackd-Op: ${opId}`,
    );
    expect(await driver.probe(step, opId, never)).toBe('done');
    expect(await driver.probe(step, `${opId}9`, never)).toBe('not_done');
  });

  test(`${where}: killed between any two calls, there is one tag in the end`, async () => {
    for (let nth = 1; ; nth += 1) {
      const { open, step, tags } = tagging({}, where);
      const times = dieBetweenCalls(nth);
      const died = await open()
        .apply(step, opId, never)
        .catch((error: unknown) => error);
      if (times() < nth) break;
      expect(died).toBeInstanceOf(Died);
      dieBetweenCalls(0);
      expect(await open().apply(step, opId, never)).toMatchObject({ ended: 'done' });
      expect(tags()).toBe('rollback-20260105-120000');
    }
  });
}

test('a second that another tag took is left to it; a name that the plan states is not shared', async () => {
  const it = tagging({}, 'here');
  it.git('tag', 'rollback-20260105-120000');
  expect(await it.driver.apply(it.step, opId, never)).toMatchObject({
    evidence: { tag: 'rollback-20260105-120001' },
  });

  const named = tagging({ name: 'rollback-shop', message: 'Because' }, 'here');
  named.git('tag', 'rollback-shop');
  const found = await named.driver.preflight(named.step, await named.driver.read(named.step, never), never);
  expect(found.map(({ message }) => message)).toEqual([
    `there is a tag rollback-shop already in ${named.path}`,
  ]);
  expect(await named.driver.apply(named.step, opId, never)).toMatchObject({ ended: 'failed' });
});

test('names that git would take for something else are no names', () => {
  const { options } = gitTagDriver(aWorkingCopy().parts());
  for (const name of ['-d', 'a..b', 'refs/heads/main', 'x y', 'HEAD', ''])
    expect(options.safeParse({ name }).success).toBe(false);
});
