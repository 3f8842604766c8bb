import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { effectRecords } from '../../src/clients/files/records.ts';
import { onCrashPoint } from '../../src/domain/crash-point.ts';
import { backupDriver } from '../../src/rollback/drivers/backup.ts';
import { fileRestoreDriver } from '../../src/rollback/drivers/file-restore.ts';
import { planner } from '../../src/rollback/planner.ts';
import { nobody, someBackups } from '../backup/some-backups.ts';
import { aStep, never, opId, shop } from './a-step.ts';
import { dieBetweenCalls, Died } from './crashes.ts';

/** A set from before; then the incident's own backup; then the file is bad. */
async function spoilt({ development = false, own = true } = {}) {
  const it = await someBackups();
  const backups = await it.openBackups();
  const isDevelopment = (): boolean => development;
  const before = await backups.create('shop', nobody, () => {}, never);
  writeFileSync(join(it.conf, 'app.env'), 'MODE=bad\n');
  await it.clock.advance(1000);
  const ours = { target: 'shop', incident: 'i-7k3f9a', release: null, key: 'backup-op' };
  if (own) await backups.create('shop', ours, () => {}, never);
  const open = () =>
    fileRestoreDriver({
      files: it.files,
      records: effectRecords(it.stateDir, it.clock),
      backups,
      isDevelopment,
    });
  const file = join(it.conf, 'app.env');
  const driver = open();
  const step = aStep('file.restore', driver.options.parse({ paths: [file, join(it.conf, 'deep')] }));
  return {
    ...it,
    backups,
    before,
    open,
    driver,
    step,
    file,
    isDevelopment,
    now: () => readFileSync(file, 'utf8'),
  };
}

test('files and folders come back from the newest set before the incident, and the undo puts them back', async () => {
  const it = await spoilt();
  writeFileSync(join(it.conf, 'deep', 'later'), 'x');
  expect(it.driver.describe(it.step, await it.driver.read(it.step, never))).toBe(
    `bring ${it.file}, ${it.conf}/deep back from ${it.before.id} of 2026-01-05T12:00Z; what is there stays beside it`,
  );
  expect(await it.driver.preflight(it.step, await it.driver.read(it.step, never), never)).toEqual([
    { level: 'warn', message: `${it.file}: other value of MODE` },
  ]);

  const done = await it.driver.apply(it.step, opId, never);
  expect(done).toMatchObject({
    ended: 'done',
    detail: `restored from ${it.before.id}: 2 files were different`,
  });
  expect(it.now()).toBe('MODE=good\n');
  expect(readdirSync(join(it.conf, 'deep'))).toEqual(['table.csv']);
  expect(await it.driver.probe(it.step, opId, never)).toBe('done');
  expect(await it.open().apply(it.step, opId, never)).toEqual(done);

  expect(await it.driver.undo?.(it.step, opId, never)).toMatchObject({ ended: 'done' });
  expect(it.now()).toBe('MODE=bad\n');
  expect(readdirSync(join(it.conf, 'deep')).toSorted()).toEqual(['later', 'table.csv']);
  expect(readdirSync(it.conf).toSorted()).toEqual(['app.env', 'deep']);
});

test('what another incident had broken is brought back only from a set that is named', async () => {
  const it = await spoilt({ own: false });
  await it.clock.advance(1000);
  const other = { target: 'shop', incident: 'i-other', release: null, key: 'another-op' };
  const theirs = await it.backups.create('shop', other, () => {}, never);
  const of = (from: string) =>
    it.driver.read(aStep('file.restore', it.driver.options.parse({ paths: [it.file], from })), never);

  expect((await of('newest')).detail['set']).toBe(it.before.id);
  expect((await of(theirs.id)).detail['set']).toBe(theirs.id);
});

test('nothing is replaced without a set of this incident that holds it, but in development', async () => {
  const bare = await spoilt({ own: false });
  expect(await bare.driver.apply(bare.step, opId, never)).toEqual({
    ended: 'failed',
    detail: `file.restore changes nothing: no backup set of i-7k3f9a that was read back holds ${bare.file} (files)`,
    retryable: false,
  });
  expect(bare.now()).toBe('MODE=bad\n');

  const development = await spoilt({ own: false, development: true });
  expect(await development.driver.apply(development.step, opId, never)).toMatchObject({ ended: 'done' });
});

test('what lies outside the roots, or is in no set, is refused before any effect', async () => {
  const it = await spoilt();
  const refusals = async (options: object) => {
    const step = aStep('file.restore', it.driver.options.parse(options));
    const found = await it.driver.preflight(step, await it.driver.read(step, never), never);
    return found.map(({ message }) => message.replaceAll(it.root, 'ROOT'));
  };
  expect(await refusals({ paths: ['/etc/passwd'] })).toEqual([
    '/etc/passwd may not be changed: it is not inside ROOT (file_roots)',
  ]);
  expect(await refusals({ paths: [join(it.root, 'other')] })).toEqual([
    'no backup set that was read back, and that no incident made, holds ROOT/other (files)',
  ]);
  expect(await refusals({ paths: [it.file], from: 'b-20260101-000000-none' })).toEqual([
    'there is no backup set b-20260101-000000-none; `rollbackd backup list` lists them',
  ]);
});

test('killed between any two calls, a repeat finishes what was begun, and an undo then leaves all as it was', async () => {
  let points = 0;
  for (let nth = 1; nth < 30; nth += 1) {
    const it = await spoilt();
    dieBetweenCalls(nth);
    const died = await it.driver.apply(it.step, opId, never).catch((error: unknown) => error);
    onCrashPoint(() => {});
    if (!(died instanceof Died)) break;
    points = nth;
    expect(['MODE=bad\n', 'MODE=good\n']).toContain(it.now());
    const after = it.open();
    expect(await after.probe(it.step, opId, never)).toBe('partial');
    expect(await after.apply(it.step, opId, never)).toMatchObject({ ended: 'done' });
    expect(it.now()).toBe('MODE=good\n');

    dieBetweenCalls(1 + (nth % 5));
    await after.undo?.(it.step, opId, never).catch(() => {});
    onCrashPoint(() => {});
    await it.open().undo?.(it.step, opId, never);
    expect(it.now()).toBe('MODE=bad\n');
    expect(readdirSync(it.conf).toSorted()).toEqual(['app.env', 'deep']);
  }
  expect(points).toBeGreaterThan(5);
});

test('a plan that replaces data is refused without a backup step before that covers it', async () => {
  const it = await spoilt();
  const drivers = {
    backup: backupDriver({ backups: it.backups, isDevelopment: it.isDevelopment }),
    'file.restore': it.driver,
  };
  const written = (kind: string, options: object) => ({ kind, options, deadlineMs: 1000, retries: 0 });
  const restore = written('file.restore', { paths: [it.file] });
  const backup = written('backup', { recipe: 'shop' });
  const planned = async (steps: readonly ReturnType<typeof written>[], isDevelopment = false) => {
    const playbook = {
      id: 'shop/service',
      steps,
      verification: { settleMs: 0, phases: [] },
      objectives: { rollbackMs: 1, verificationMs: 1, totalMs: 2 },
      otherwisePlaybook: null,
      communication: null,
    };
    const request = { incident: 'i-7k3f9a', target: shop, playbook, from: null, to: null, at: 0 };
    return planner(drivers, { isDevelopment: () => isDevelopment }).build(request, never);
  };

  const why = `file.restore replaces ${it.file} (files), and no backup step before it covers that`;
  const remedy = 'put backup: { recipe: … } with a recipe that holds it before the step';
  expect((await planned([restore])).refusal).toBe(`${why}; ${remedy}`);
  expect((await planned([restore, backup])).refusal).toBe(`${why}; ${remedy}`);
  expect((await planned([backup, restore])).refusal).toBeNull();
  expect((await planned([restore], true)).plan?.findings).toEqual([
    { level: 'warn', step: 0, message: `${it.file}: other value of MODE` },
    { level: 'warn', step: 0, message: `${why}; allowed, since this environment skips backups` },
  ]);
});
