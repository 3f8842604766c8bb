import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { gitCheckoutPathsDriver } from '../../src/rollback/drivers/git-checkout-paths.ts';
import { aDirectory } from './a-directory.ts';
import { aStep, never, opId } from './a-step.ts';
import { aWorkingCopy, whileTimePasses, type WorkingCopyUnderTest } from './a-working-copy.ts';
import { dieBetweenCalls, Died } from './crashes.ts';

vi.setConfig({ testTimeout: 30_000 });

const paths = { paths: ['tests/', 'scripts/run.sh'] };

/** Tests of `main` are good; a branch `feature` is checked out that spoilt them. */
function spoilt() {
  const it = aWorkingCopy();
  it.commit('release 1', {
    'tests/a.py': 'good\n',
    'tests/b.py': 'good\n',
    'scripts/run.sh': 'good\n',
    'src/app.py': 'one\n',
    '.gitignore': 'ignored.*\n',
  });
  it.git('checkout', '-q', '-b', 'feature');
  it.commit('feature', {
    'tests/a.py': 'bad\n',
    'tests/new.py': 'new\n',
    'scripts/run.sh': 'bad\n',
    'src/app.py': 'two\n',
  });
  return it;
}

function taking(it: WorkingCopyUnderTest, options: object = {}) {
  const open = () => gitCheckoutPathsDriver(it.parts());
  const driver = open();
  const parsed = driver.options.parse({ path: it.path, from: 'main', ...paths, ...options });
  const step = aStep('git.checkout_paths', parsed);
  return {
    open,
    driver,
    step,
    refusals: async () =>
      (await driver.preflight(step, await driver.read(step, never), never)).map(({ message }) =>
        message.replaceAll(it.root, 'ROOT'),
      ),
  };
}

test('paths come from the ref, files that it does not have stay, and everything else is untouched', async () => {
  const it = spoilt();
  const { driver, step, refusals } = taking(it);
  expect(await refusals()).toEqual([]);
  expect(driver.describe(step, await driver.read(step, never))).toBe(
    `take tests/, scripts/run.sh in ${it.path} from main: 2 files change, scripts/run.sh, tests/a.py`,
  );
  expect(await driver.probe(step, opId, never)).toBe('not_done');

  const main = it.git('rev-parse', 'main');
  expect(await driver.apply(step, opId, never)).toEqual({
    ended: 'done',
    detail: `tests/, scripts/run.sh in ${it.path} is that of ${main.slice(0, 12)}`,
    evidence: { commit: it.git('rev-parse', 'HEAD') },
  });

  expect([
    it.read('tests/a.py'),
    it.read('tests/new.py'),
    it.read('scripts/run.sh'),
    it.read('src/app.py'),
  ]).toEqual(['good\n', 'new\n', 'good\n', 'two\n']);
  expect(it.git('branch', '--show-current')).toBe('feature');
  expect(await driver.probe(step, opId, never)).toBe('done');

  expect(await driver.undo?.(step, opId, never)).toMatchObject({ ended: 'done' });
  expect(await driver.probe(step, opId, never)).toBe('not_done');
  expect(it.status()).toEqual([]);
});

test('with exact, tracked files that the ref does not have go, and come back with the undo', async () => {
  const it = spoilt();
  it.write({ 'tests/notes.txt': 'mine\n' });
  const { driver, step } = taking(it, { exact: true });

  expect(await driver.apply(step, opId, never)).toMatchObject({ ended: 'done' });
  expect([existsSync(join(it.path, 'tests/new.py')), it.read('tests/notes.txt')]).toEqual([false, 'mine\n']);

  expect(await driver.undo?.(step, opId, never)).toMatchObject({ ended: 'done' });
  expect(it.read('tests/new.py')).toBe('new\n');
  expect(it.status()).toEqual(['?? tests/notes.txt']);
});

describe('work that is not committed', () => {
  test('fault 37: it is refused where it would be lost, and only there', async () => {
    const it = spoilt();
    it.write({ 'tests/a.py': 'mine\n', 'src/app.py': 'mine, too\n', 'tests/new.py': 'the ref has none\n' });
    expect(await taking(it).refusals()).toEqual([
      'tests/a.py in ROOT/mdm is not committed and would be lost; commit it, or state allow_uncommitted: patch',
    ]);
  });

  test('it is kept as a patch before anything else, also what is ignored and written over, and undone exactly', async () => {
    const it = spoilt();
    it.git('checkout', '-q', 'main');
    it.write({ 'tests/ignored.bin': 'of main\n' });
    it.git('add', '--force', 'tests/ignored.bin');
    it.git('commit', '-q', '-m', 'tracked although ignored');
    it.git('checkout', '-q', 'feature');
    it.write({ 'tests/a.py': 'mine\n', 'tests/ignored.bin': 'my own\n', 'src/app.py': 'elsewhere\n' });
    const { driver, step, open } = taking(it, { allow_uncommitted: 'patch' });

    const done = await driver.apply(step, opId, never);

    expect(it.read('tests/a.py')).toBe('good\n');
    expect(it.read('tests/ignored.bin')).toBe('of main\n');
    const patch = done.ended === 'done' ? (done.evidence?.['patch'] ?? '') : '';
    expect(done).toMatchObject({ detail: expect.stringContaining('in 3 files is kept as') });
    expect(patch.startsWith(it.stateDir)).toBe(true);
    expect(statSync(patch).mode & 0o777).toBe(0o600);
    const text = readFileSync(patch, 'utf8');
    for (const line of ['+mine', '+my own', '+elsewhere']) expect(text).toContain(line);

    expect(await open().undo?.(step, opId, never)).toMatchObject({ ended: 'done' });
    expect([it.read('tests/a.py'), it.read('tests/ignored.bin'), it.read('src/app.py')]).toEqual([
      'mine\n',
      'my own\n',
      'elsewhere\n',
    ]);
    expect(it.status()).toEqual([' M src/app.py', ' M tests/a.py']);
  });

  test('what somebody changed after the step is left as it is', async () => {
    const it = spoilt();
    const { driver, step } = taking(it);
    await driver.apply(step, opId, never);
    it.write({ 'tests/a.py': 'repaired by hand\n' });

    expect(await driver.probe(step, opId, never)).toBe('unknown');
    expect(await driver.undo?.(step, opId, never)).toEqual({
      ended: 'failed',
      detail: `tests/a.py in ${it.path} was changed since; it is left as it is`,
      retryable: false,
    });
    expect(it.read('tests/a.py')).toBe('repaired by hand\n');
  });
});

test('killed between any two calls, a repeat finishes, the work before is kept, and the undo brings it back', async () => {
  for (let nth = 1; ; nth += 1) {
    const it = spoilt();
    it.write({ 'tests/a.py': 'mine\n' });
    const { open, step } = taking(it, { allow_uncommitted: 'patch' });
    const times = dieBetweenCalls(nth);
    const died = await open()
      .apply(step, opId, never)
      .catch((error: unknown) => error);
    if (times() < nth) break;
    expect(died).toBeInstanceOf(Died);
    dieBetweenCalls(0);
    expect(await open().probe(step, opId, never)).not.toBe('unknown');
    expect(await open().apply(step, opId, never)).toMatchObject({ ended: 'done' });
    expect(it.read('tests/a.py')).toBe('good\n');
    expect(await open().undo?.(step, opId, never)).toMatchObject({ ended: 'done' });
    expect(it.read('tests/a.py')).toBe('mine\n');
  }
});

test('git runs as the owner of the working copy, and files stay theirs', async () => {
  const it = spoilt();
  execFileSync('chown', ['-R', '1234:2345', it.path]);
  execFileSync('chmod', ['o+x', it.root]);
  const { driver, step } = taking(it);

  expect(await driver.apply(step, opId, never)).toMatchObject({ ended: 'done' });

  const found = ['tests/a.py', '.git/index'].map((name) => statSync(join(it.path, name)));
  expect(found.map(({ uid, gid }) => [uid, gid])).toEqual([
    [1234, 2345],
    [1234, 2345],
  ]);
  expect(await driver.undo?.(step, opId, never)).toMatchObject({ ended: 'done' });
  expect(statSync(join(it.path, 'tests/a.py')).uid).toBe(1234);
});

describe('a hostile working copy runs nothing', () => {
  /** Each of these would make git run a program, if git were run there. */
  const settings: readonly (readonly [string, string])[] = [
    ['filter.evil.smudge', 'touch PWNED; cat'],
    ['filter.evil.clean', 'touch PWNED; cat'],
    ['filter.evil.process', 'touch PWNED'],
    ['core.fsmonitor', 'touch PWNED'],
    ['core.sshCommand', 'touch PWNED'],
    ['core.hooksPath', '.githooks'],
    ['core.worktree', '/etc'],
    ['core.attributesFile', '/tmp/attributes'],
    ['core.pager', 'touch PWNED'],
    ['diff.evil.textconv', 'touch PWNED'],
    ['diff.external', 'touch PWNED'],
    ['merge.evil.driver', 'touch PWNED'],
    ['credential.helper', '!touch PWNED'],
    ['include.path', '/tmp/more'],
    ['includeIf.gitdir:/.path', '/tmp/more'],
    ['gpg.program', 'touch PWNED'],
    ['alias.checkout', '!touch PWNED'],
    ['remote.origin.uploadpack', 'touch PWNED'],
    ['remote.origin.promisor', 'true'],
    ['submodule.evil.update', '!touch PWNED'],
    ['extensions.worktreeConfig', 'true'],
    ['core.somethingNew', 'touch PWNED'],
  ];
  test('its configuration holds what may run a program, or what nobody knows: refused, one by one', async () => {
    const it = spoilt();
    it.write({ '.gitattributes': '* filter=evil diff=evil merge=evil\n' });
    const pwned = join(it.path, 'PWNED');
    const config = it.read('.git/config');
    const { driver, step, refusals } = taking(it);
    for (const [key, value] of settings) {
      it.git('config', key, value.replace('PWNED', pwned));
      const [refusal] = await refusals();
      expect(refusal?.toLowerCase()).toBe(
        `the configuration of root/mdm holds ${key}, which may run programs or change content; git is not run there`.toLowerCase(),
      );
      expect(await driver.apply(step, opId, never)).toMatchObject({ ended: 'failed', retryable: false });
      it.write({ '.git/config': config });
    }
    expect(await driver.probe(step, opId, never)).toBe('not_done');
    expect([existsSync(pwned), it.read('tests/a.py')]).toEqual([false, 'bad\n']);
  });

  test('it became unfit after the step: git is not run there to ask about it', async () => {
    const it = spoilt();
    const pwned = join(it.path, 'PWNED');
    const { driver, step } = taking(it);
    expect(await driver.apply(step, opId, never)).toMatchObject({ ended: 'done' });
    expect(await driver.probe(step, opId, never)).toBe('done');
    it.git('config', 'core.fsmonitor', `touch ${pwned}`);

    expect(await driver.probe(step, opId, never)).toBe('unknown');
    expect(existsSync(pwned)).toBe(false);
  });

  test('its hooks are not run', async () => {
    const it = spoilt();
    const pwned = join(it.path, 'PWNED');
    for (const hook of ['post-checkout', 'post-index-change', 'reference-transaction', 'pre-commit'])
      writeFileSync(join(it.path, '.git/hooks', hook), `#!/bin/sh\ntouch ${pwned}\n`, { mode: 0o755 });
    const { driver, step } = taking(it);

    expect(await driver.apply(step, opId, never)).toMatchObject({ ended: 'done' });
    expect(existsSync(pwned)).toBe(false);
  });

  test('a filter that is named but not configured would leave other content: refused', async () => {
    const it = spoilt();
    it.write({ 'tests/.gitattributes': '*.py filter=lfs\n' });
    expect(await taking(it).refusals()).toEqual([
      'tests/a.py, tests/b.py in ROOT/mdm goes through a filter (.gitattributes), and no filter is run',
    ]);
  });

  test('another repository cannot be put above a broken one, nor beneath it by a link or alternates', async () => {
    const it = spoilt();
    it.write({ '.git/objects/info/alternates': '/somewhere/objects\n' });
    expect(await taking(it).refusals()).toEqual([
      'ROOT/mdm borrows its history from another repository (objects/info/alternates)',
    ]);
    const linked = join(it.root, 'linked');
    mkdirSync(linked);
    symlinkSync(join(it.path, '.git'), join(linked, '.git'));
    expect(await taking(it, { path: linked }).refusals()).toEqual([
      'the .git of ROOT/linked is no folder: name the main working copy',
    ]);
    const broken = join(it.path, 'tests');
    mkdirSync(join(broken, '.git'));
    await expect(taking(it, { path: broken }).refusals()).rejects.toMatchObject({ code: 'COMMAND_FAILED' });
  });

  test('parts that belong to somebody else are refused', async () => {
    const it = spoilt();
    chownSync(join(it.path, '.git/config'), 1234, 1234);
    expect(await taking(it).refusals()).toEqual([
      '.git/config in ROOT/mdm belongs to another user than the folder, may be written by others, or is a link',
    ]);
  });

  test('a folder that became a link is not followed', async () => {
    const it = spoilt();
    const outside = aDirectory();
    writeFileSync(join(outside, 'a.py'), 'outside\n');
    execFileSync('rm', ['-r', join(it.path, 'tests')]);
    symlinkSync(outside, join(it.path, 'tests'));
    const { driver, step } = taking(it, { allow_uncommitted: 'patch' });

    expect(await driver.apply(step, opId, never)).toMatchObject({ ended: 'done' });

    expect(readFileSync(join(outside, 'a.py'), 'utf8')).toBe('outside\n');
    expect([it.read('tests/a.py'), it.read('tests/b.py')]).toEqual(['good\n', 'good\n']);
  });
});

describe('refused before anything happens', () => {
  test('fault 38: a ref that is not there, a path that the ref lacks, a merge that is not finished', async () => {
    const it = spoilt();
    expect(await taking(it, { from: 'nowhere' }).refusals()).toEqual([
      'ROOT/mdm knows no commit, branch or tag nowhere; fetch it there first',
    ]);
    expect(await taking(it, { paths: ['missing/', 'tests'] }).refusals()).toEqual(['main has no missing/']);
    it.write({ '.git/MERGE_HEAD': `${it.git('rev-parse', 'main')}\n` });
    expect(await taking(it).refusals()).toEqual([
      'a merge is not finished in ROOT/mdm: finish or abort it first',
    ]);
  });

  test('outside file_roots, and through a link', async () => {
    const it = spoilt();
    symlinkSync(it.path, join(it.root, 'link'));
    for (const path of ['/etc', join(it.root, 'link')])
      await expect(taking(it, { path }).refusals()).rejects.toMatchObject({ code: 'REFUSED' });
  });

  test('fault 43: paths and refs that git would take for something else', () => {
    const { options } = gitCheckoutPathsDriver(aWorkingCopy().parts());
    const bad = [
      { paths: ['../etc'] },
      { paths: ['/etc'] },
      { paths: ['-f'] },
      { paths: ['.git/config'] },
      { paths: ['a/.GIT/config'] },
      { paths: ['.'] },
      { paths: [] },
      { from: '--upload-pack=x' },
      { from: 'HEAD~3' },
      { from: 'main:evil' },
      { from: '@{-1}' },
    ];
    for (const options_ of bad)
      expect(options.safeParse({ path: '/opt/mdm', from: 'main', ...paths, ...options_ }).success).toBe(
        false,
      );
  });
});

describe('fault 39: index.lock', () => {
  test('somebody else works there: waited for, then refused', async () => {
    const it = spoilt();
    it.write({ '.git/index.lock': '' });
    const { driver, step } = taking(it);
    expect(await whileTimePasses(it.clock, driver.apply(step, opId, never))).toEqual({
      ended: 'failed',
      detail: `${it.path}/.git/index.lock is held by another git; if none runs, remove the file`,
      retryable: true,
    });
    expect(it.read('tests/a.py')).toBe('bad\n');
  });

  test('ours, and its git is dead: removed', async () => {
    const it = spoilt();
    const { open, step } = taking(it);
    dieBetweenCalls(2);
    await expect(open().apply(step, opId, never)).rejects.toThrow(Died);
    dieBetweenCalls(0);
    it.write({ '.git/index.lock': '' });
    const later = new Date(it.clock.wall() + 60_000);
    utimesSync(join(it.path, '.git/index.lock'), later, later);

    expect(await whileTimePasses(it.clock, open().apply(step, opId, never))).toMatchObject({ ended: 'done' });
    expect([it.read('tests/a.py'), existsSync(join(it.path, '.git/index.lock'))]).toEqual(['good\n', false]);
  });
});
