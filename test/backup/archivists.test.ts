import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { onCrashPoint } from '../../src/domain/crash-point.ts';
import { never } from '../rollback/a-step.ts';
import { dieBetweenCalls, Died } from '../rollback/crashes.ts';
import { aWorkingCopy, nobody, someBackups } from './some-backups.ts';

const quiet = (): void => {};

async function restored(it: Awaited<ReturnType<typeof someBackups>>, recipe: string, before: () => void) {
  const desk = await it.openDesk();
  const made = await desk.create({ recipe, smallerOk: false }, 'alice');
  await desk.ended(made.id);
  const { set } = desk.job(made.id) ?? {};
  before();
  const job = await desk.restore(set ?? '', [], 'bob');
  await desk.ended(job.id);
  return { desk, set, job: desk.job(job.id) };
}

test('a folder comes back with modes, owners, links and holes; the old one is kept', async () => {
  const it = await someBackups();
  const file = join(it.conf, 'app.env');
  execFileSync('chown', ['1234:5678', file]);
  symlinkSync('/etc/hostname', join(it.conf, 'link'));
  writeFileSync(join(it.conf, 'holes'), '');
  truncateSync(join(it.conf, 'holes'), 200 * 1024 * 1024);
  const { job, set } = await restored(it, 'shop', () => {
    writeFileSync(file, 'MODE=bad\n');
    chmodSync(file, 0o777);
    writeFileSync(join(it.conf, 'later'), 'x');
    rmSync(join(it.conf, 'deep'), { recursive: true });
  });

  const kept = readdirSync(it.root).find((name) => name.startsWith('.rollbackd-old-')) ?? '';
  expect(job).toMatchObject({ ended: 'well', message: `1 part of ${set} is in use`, by: 'bob' });
  expect(readFileSync(file, 'utf8')).toBe('MODE=good\n');
  const { mode, uid, gid } = statSync(file);
  expect([mode & 0o777, uid, gid]).toEqual([0o640, 1234, 5678]);
  expect(readlinkSync(join(it.conf, 'link'))).toBe('/etc/hostname');
  expect(lstatSync(join(it.conf, 'holes')).size).toBe(200 * 1024 * 1024);
  expect(lstatSync(join(it.conf, 'holes')).blocks).toBeLessThan(100);
  expect(readdirSync(it.conf).toSorted()).toEqual(['app.env', 'deep', 'holes', 'link']);
  expect(readFileSync(join(it.root, kept, 'app.env'), 'utf8')).toBe('MODE=bad\n');
  expect(it.notes[1]).toContain(`backup.restored: bob: 1 part of ${set} is in use`);
});

test('a working copy comes back with its branch, its commit and all work on top; what git ignores stays', async () => {
  const it = await someBackups();
  const git = aWorkingCopy(it.app);
  const before = git('status', '--porcelain', '--no-renames');
  const commit = git('rev-parse', 'HEAD');
  await restored(it, 'code', () => {
    git('add', '-A');
    git('commit', '-qm', 'a bad one');
    git('checkout', '-q', '-b', 'elsewhere');
    writeFileSync(join(it.app, 'kept.txt'), 'spoilt');
  });

  expect(git('rev-parse', 'HEAD')).toBe(commit);
  expect(git('branch', '--show-current')).toBe('main');
  expect(readFileSync(join(it.app, 'kept.txt'), 'utf8')).toBe('two\n');
  expect([...readFileSync(join(it.app, 'new.bin'))]).toEqual([0, 1, 2, 255]);
  expect(existsSync(join(it.app, 'gone.txt'))).toBe(false);
  expect(readFileSync(join(it.app, 'cache', 'x'), 'utf8')).toBe('ignored');
  expect(git('status', '--porcelain', '--no-renames').replaceAll(' ', '')).toBe(before.replaceAll(' ', ''));
});

test('looking at a working copy changes nothing in it', async () => {
  const it = await someBackups();
  const git = aWorkingCopy(it.app);
  const all = (): string =>
    execFileSync('find', [join(it.app, '.git'), '-type', 'f', '-printf', '%p %s\n'], {
      encoding: 'utf8',
    });
  git('status');
  const before = all();
  await (await it.openBackups()).create('code', nobody, quiet, never);
  expect(all()).toBe(before);
});

test('what is no working copy, or has no commit, is refused before anything is made', async () => {
  const it = await someBackups();
  const backups = await it.openBackups();
  mkdirSync(it.app);
  expect((await backups.examine('code', never)).problems).toEqual([
    `${it.app} is no working copy: there is no .git in it`,
  ]);
  execFileSync('git', ['init', '-q', it.app]);
  expect((await backups.examine('code', never)).problems).toEqual([`${it.app} has no commit yet`]);
});

describe('git in a working copy of somebody else', () => {
  const deploy = 1234;

  test('runs as who owns it: what comes back is theirs, and nothing is left of looking', async () => {
    const it = await someBackups();
    const git = aWorkingCopy(it.app);
    execFileSync('chmod', ['0711', it.root]);
    execFileSync('chown', ['-R', `${deploy}:${deploy}`, it.app]);
    const config = ['-c', `safe.directory=${it.app}`];
    const commit = git(...config, 'rev-parse', 'HEAD');
    const { job } = await restored(it, 'code', () => {
      rmSync(join(it.app, 'new.bin'));
      rmSync(join(it.app, 'kept.txt'));
    });

    expect(job).toMatchObject({ ended: 'well' });
    expect(git(...config, 'rev-parse', 'HEAD')).toBe(commit);
    for (const name of ['kept.txt', 'new.bin', '.git/index'])
      expect(statSync(join(it.app, name)).uid).toBe(deploy);
    expect(
      [it.stateDir, '/tmp']
        .flatMap((folder) => readdirSync(folder))
        .filter((name) => name.startsWith('rollbackd-work-')),
    ).toEqual([]);
  });

  test.each([
    ['filter.evil.clean', '*.txt filter=evil\n'],
    ['filter.evil.process', '*.txt filter=evil\n'],
    ['core.fsmonitor', ''],
    ['diff.evil.textconv', '*.txt diff=evil\n'],
    ['include.path', ''],
  ])('a configuration with %s is refused, and nothing of it runs', async (key, attributes) => {
    const it = await someBackups();
    const git = aWorkingCopy(it.app);
    const mark = join(it.root, 'ran');
    git('config', key, key === 'include.path' ? join(it.root, 'other') : `touch ${mark}; cat`);
    writeFileSync(join(it.app, '.gitattributes'), attributes);
    const backups = await it.openBackups();

    const why = `the configuration of ${it.app} holds ${key}, which may run programs or change content; git is not run there`;
    expect((await backups.examine('code', never)).problems).toEqual([why]);
    await expect(backups.create('code', nobody, quiet, never)).rejects.toThrow(why);
    expect(existsSync(mark)).toBe(false);
  });

  test('what others may write in a repository of root is refused', async () => {
    const it = await someBackups();
    aWorkingCopy(it.app);
    execFileSync('chown', [`0:${deploy}`, join(it.app, '.git', 'config')]);
    chmodSync(join(it.app, '.git', 'config'), 0o664);
    expect((await (await it.openBackups()).examine('code', never)).problems).toEqual([
      `.git/config in ${it.app} belongs to another user than the folder, may be written by others, or is a link`,
    ]);
  });

  test('is looked at in the middle of a merge, too', async () => {
    const it = await someBackups();
    const git = aWorkingCopy(it.app);
    writeFileSync(join(it.app, '.git', 'MERGE_HEAD'), `${git('rev-parse', 'HEAD')}\n`);
    expect((await (await it.openBackups()).examine('code', never)).problems).toEqual([]);
  });
});

describe('a restoration that dies at any point', () => {
  test('is finished or taken away by the next start, and the thing in use is one or the other, whole', async () => {
    const seen = new Set<string>();
    for (let nth = 1; nth < 12; nth += 1) {
      const it = await someBackups();
      const backups = await it.openBackups();
      const set = await backups.create('shop', nobody, quiet, never);
      writeFileSync(join(it.conf, 'app.env'), 'MODE=bad\n');
      const desk = await it.openDesk();
      dieBetweenCalls(nth);
      const job = await desk.restore(set.id, [], 'bob');
      await desk.ended(job.id);
      onCrashPoint(() => {});
      const ended = desk.job(job.id);
      await (await it.openDesk()).settle();

      const now = readFileSync(join(it.conf, 'app.env'), 'utf8');
      seen.add(now);
      expect(['MODE=bad\n', 'MODE=good\n']).toContain(now);
      expect(readdirSync(it.conf).toSorted()).toEqual(['app.env', 'deep']);
      expect(readdirSync(it.root).filter((name) => name.startsWith('.rollbackd-new-'))).toEqual([]);
      if (ended?.ended === 'well') break;
      expect(ended?.message).toContain(new Died(`at call ${nth}`).message);
    }
    expect(seen).toEqual(new Set(['MODE=bad\n', 'MODE=good\n']));
  });
});

test('a broken set restores nothing', async () => {
  const it = await someBackups();
  const backups = await it.openBackups();
  const set = await backups.create('shop', nobody, quiet, never);
  const path = join(it.sets, set.id, set.parts[0]?.file ?? '');
  truncateSync(path, statSync(path).size - 1);
  writeFileSync(join(it.conf, 'app.env'), 'MODE=bad\n');
  const desk = await it.openDesk();
  const job = await desk.restore(set.id, [], 'bob');
  await desk.ended(job.id);

  expect(desk.job(job.id)).toMatchObject({ ended: 'badly' });
  expect(readFileSync(join(it.conf, 'app.env'), 'utf8')).toBe('MODE=bad\n');
  expect(readdirSync(it.root)).toEqual(['conf']);
  await expect(desk.restore(set.id, ['nothing'], 'bob')).rejects.toThrow(
    `${set.id} holds no nothing; it holds files:${it.conf}`,
  );
});

test('what a restoration replaced goes once it is past retention', async () => {
  const it = await someBackups();
  const { desk } = await restored(it, 'shop', () => writeFileSync(join(it.conf, 'app.env'), 'MODE=bad\n'));
  expect(readdirSync(it.root)).toHaveLength(2);
  await it.clock.advance(15 * 24 * 3_600_000);
  await desk.prune('schedule');
  expect(readdirSync(it.root)).toEqual(['conf']);
});
