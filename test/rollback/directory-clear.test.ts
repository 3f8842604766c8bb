import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { effectRecords } from '../../src/clients/files/records.ts';
import { directoryClearDriver } from '../../src/rollback/drivers/directory-clear.ts';
import { SimulatedClock } from '../fakes/clock.ts';
import { aDirectory } from './a-directory.ts';
import { aStep, never, opId } from './a-step.ts';
import { dieBetweenCalls, Died } from './crashes.ts';

function cached(options: object = {}) {
  const root = aDirectory();
  const path = join(root, 'cache');
  mkdirSync(join(path, 'deep', 'deeper'), { recursive: true });
  for (const name of ['a', 'b', 'deep/c', 'deep/deeper/d']) writeFileSync(join(path, name), 'xxxx');
  writeFileSync(join(root, 'kept'), 'not in the cache');
  const stateDir = aDirectory();
  const open = () =>
    directoryClearDriver({
      files: { hostRoot: '/', roots: [root] },
      records: effectRecords(stateDir, new SimulatedClock()),
    });
  const driver = open();
  const step = aStep('directory.clear', driver.options.parse({ path, ...options }));
  return {
    root,
    path,
    driver,
    open,
    step,
    left: () => readdirSync(path),
    refusals: async () =>
      (await driver.preflight(step, await driver.read(step, never), never)).map(({ message }) => message),
  };
}

test('what is in the folder goes, the folder and its neighbours stay', async () => {
  const it = cached();
  expect(await it.driver.probe(it.step, opId, never)).toBe('not_done');

  expect(await it.driver.apply(it.step, opId, never)).toEqual({
    ended: 'done',
    detail: `cleared ${it.path}: 4 files, 16B`,
  });

  expect(it.left()).toEqual([]);
  expect(readdirSync(it.root)).toEqual(['cache', 'kept']);
  expect(await it.driver.probe(it.step, opId, never)).toBe('done');
});

test('a dry run says how much would go, and that it stays gone', async () => {
  const it = cached();

  expect(it.driver.describe(it.step, await it.driver.read(it.step, never))).toBe(
    `clear ${it.path} (3 entries); this cannot be undone`,
  );
  expect(await it.refusals()).toEqual([]);
  expect(it.driver.undoable?.(it.step)).toBe(false);
  expect(it.driver.byHand(it.step)).toEqual([`find ${it.path} -xdev -mindepth 1 -delete`]);
});

test('links in the folder go, and what they lead to stays', async () => {
  const it = cached();
  const elsewhere = aDirectory();
  writeFileSync(join(elsewhere, 'precious'), 'x');
  symlinkSync(elsewhere, join(it.path, 'folder'));
  symlinkSync(join(elsewhere, 'precious'), join(it.path, 'deep', 'file'));

  expect(await it.driver.apply(it.step, opId, never)).toMatchObject({ ended: 'done' });

  expect(it.left()).toEqual([]);
  expect(readdirSync(elsewhere)).toEqual(['precious']);
});

describe('killed between any two calls', () => {
  for (let nth = 1; nth <= 7; nth += 1)
    test(`at the ${nth}. of them: a repeat finishes what was begun and takes nothing that came later`, async () => {
      const it = cached();
      const reached = dieBetweenCalls(nth);
      const died = await it.driver.apply(it.step, opId, never).catch((error: unknown) => error);
      expect(reached()).toBe(nth);
      expect(died).toBeInstanceOf(Died);
      // One under a new name, one under the name of something that has been moved aside.
      writeFileSync(join(it.path, 'later'), 'of the service');
      const taken = existsSync(join(it.path, 'a')) ? [] : ['a'];
      for (const name of taken) writeFileSync(join(it.path, name), 'of the service');

      const after = it.open();
      expect(await after.probe(it.step, opId, never)).toBe('partial');
      expect(await after.apply(it.step, opId, never)).toMatchObject({ ended: 'done' });

      expect(await after.probe(it.step, opId, never)).toBe('done');
      expect(it.left()).toEqual([...taken, 'later']);
    });
});

test('what a service puts there after the step was done is not taken by a repeat', async () => {
  const it = cached();
  await it.driver.apply(it.step, opId, never);
  writeFileSync(join(it.path, 'later'), 'x');

  expect(await it.open().apply(it.step, opId, never)).toEqual({
    ended: 'done',
    detail: `${it.path} had already been cleared`,
  });
  expect(it.left()).toEqual(['later']);
});

test('a folder that is not there is clear, unless it has to be there', async () => {
  const it = cached({ missing_ok: false });
  renameSync(it.path, `${it.path}-away`);

  expect(await it.refusals()).toEqual([`there is no folder ${it.path}`]);
  const lenient = { ...it.step, options: it.driver.options.parse({ path: it.path }) };
  expect(await it.driver.preflight(lenient, await it.driver.read(lenient, never), never)).toEqual([]);
  expect(await it.driver.apply(lenient, opId, never)).toEqual({
    ended: 'done',
    detail: `${it.path} is not there, so there is nothing to clear`,
  });
});

describe('never outside the declared roots', () => {
  test('a root itself, its parents, siblings and names with dots are refused before any effect', async () => {
    const it = cached();
    const refusal = async (path: string) => {
      const step = aStep('directory.clear', it.driver.options.parse({ path }));
      const found = await it.driver.preflight(step, await it.driver.read(step, never), never);
      return found.map(({ message }) => message.replaceAll(it.root, 'ROOT'));
    };

    for (const path of [it.root, '/', `${it.root}-2`, `${it.root}/cache/../../x`, '/etc'])
      expect(await refusal(path)).toEqual([
        `${path.replaceAll(it.root, 'ROOT')} may not be changed: it is not inside ROOT (file_roots)`,
      ]);
    expect(readdirSync(it.root)).toEqual(['cache', 'kept']);
  });

  test('without declared roots nothing may be cleared', async () => {
    const { path, step } = cached();
    const driver = directoryClearDriver({
      files: { hostRoot: '/', roots: [] },
      records: effectRecords(aDirectory(), new SimulatedClock()),
    });

    expect(await driver.preflight(step, await driver.read(step, never), never)).toEqual([
      {
        level: 'refuse',
        message: `${path} may not be changed: the configuration declares no file_roots to change things in`,
      },
    ]);
  });

  test('a link on the way is not followed, also when it is put there after the plan', async () => {
    const it = cached();
    const elsewhere = aDirectory();
    mkdirSync(join(elsewhere, 'cache'));
    writeFileSync(join(elsewhere, 'cache', 'precious'), 'x');
    renameSync(it.path, `${it.path}-away`);
    symlinkSync(join(elsewhere, 'cache'), it.path);

    expect(await it.driver.apply(it.step, opId, never)).toEqual({
      ended: 'failed',
      detail: `could not open the folder ${it.path}: it is no folder, or a symbolic link, and none is followed here`,
      retryable: false,
    });
    expect(existsSync(join(elsewhere, 'cache', 'precious'))).toBe(true);
  });

  test('what is mounted beneath is refused by the plan, and left alone by the step', async () => {
    const it = cached();
    const mount = join(it.path, 'deep');
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', mount]);
    onTestFinished(() => {
      const moved = readdirSync(it.path).find((name) => name.startsWith('.rollbackd-'));
      for (const at of [mount, join(it.path, moved ?? 'x', 'deep')])
        if (existsSync(join(at, 'precious'))) execFileSync('umount', [at]);
    });
    writeFileSync(join(mount, 'precious'), 'x');

    expect(await it.refusals()).toEqual([`${mount} is mounted from elsewhere; clear that volume by itself`]);
    expect(await it.driver.apply(it.step, opId, never)).toMatchObject({ ended: 'failed', retryable: false });
    expect(existsSync(join(mount, 'precious'))).toBe(true);
  });
});
