import { readdirSync, renameSync } from 'node:fs';
import { expect, test } from 'vitest';
import { backupDriver } from '../../src/rollback/drivers/backup.ts';
import { someBackups } from '../backup/some-backups.ts';
import { aStep, never, opId } from './a-step.ts';

async function backingUp({ development = false, recipe = 'shop' } = {}) {
  const it = await someBackups();
  const backups = await it.openBackups();
  const driver = backupDriver({ backups, isDevelopment: () => development });
  const step = aStep('backup', driver.options.parse({ recipe }));
  const refusals = async () => driver.preflight(step, await driver.read(step, never), never);
  return { ...it, backups, driver, step, refusals };
}

test('a set is made for the incident, and the evidence says what is in it', async () => {
  const it = await backingUp();
  expect(it.driver.describe(it.step, await it.driver.read(it.step, never))).toBe(
    `make a backup of shop (files ${it.conf}), and read it back`,
  );
  expect(await it.refusals()).toEqual([]);
  expect(await it.driver.probe(it.step, opId, never)).toBe('not_done');

  const done = await it.driver.apply(it.step, opId, never);
  const [set] = await it.backups.list();
  expect(set).toMatchObject({ incident: 'i-7k3f9a', target: 'shop', key: opId });
  expect(done).toMatchObject({
    ended: 'done',
    detail: expect.stringContaining(`backup set ${set?.id}: ${it.conf};`) as string,
  });
  expect(done).toMatchObject({
    evidence: { [`backup ${set?.id}`]: expect.stringContaining(`  ${it.conf}: 2`) as string },
  });
  expect(await it.driver.probe(it.step, opId, never)).toBe('done');
  await it.driver.apply(it.step, opId, never);
  expect(await it.backups.list()).toHaveLength(1);
});

test('what cannot be copied is refused by the plan, and fails the step without leaving anything', async () => {
  const it = await backingUp();
  renameSync(it.conf, `${it.conf}-away`);
  expect(await it.refusals()).toEqual([
    { level: 'refuse', message: `could not look at ${it.conf}: it is not there` },
  ]);
  expect(await it.driver.apply(it.step, opId, never)).toEqual({
    ended: 'failed',
    detail: `no backup of shop was made: could not look at ${it.conf}: it is not there`,
    retryable: false,
  });
  expect(await it.driver.probe(it.step, opId, never)).toBe('not_done');
});

test('a recipe that is not there, and backups that are not configured, are refused', async () => {
  const it = await backingUp({ recipe: 'other' });
  expect(await it.refusals()).toEqual([
    { level: 'refuse', message: 'there is no recipe other in backups.recipes' },
  ]);
  const without = backupDriver({ backups: null, isDevelopment: () => false });
  expect(await without.preflight(it.step, { identity: '', detail: {} }, never)).toEqual([
    { level: 'refuse', message: 'no backups are configured; add backups: to the main file' },
  ]);
});

test('in development no set is made, and the plan says so', async () => {
  const it = await backingUp({ development: true });
  expect(await it.refusals()).toEqual([
    { level: 'warn', message: 'no backup of shop is made, since this environment skips backups' },
  ]);
  expect(await it.driver.apply(it.step, opId, never)).toEqual({
    ended: 'done',
    detail: 'no backup of shop was made: this environment skips backups',
  });
  expect(readdirSync(it.root)).toEqual(['conf']);
  expect(await it.backups.list()).toEqual([]);
});
