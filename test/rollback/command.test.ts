import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { processes } from '../../src/clients/process/runner.ts';
import { commandDriver } from '../../src/rollback/drivers/command.ts';
import { aDirectory } from './a-directory.ts';
import { aStep, never, opId, release } from './a-step.ts';

vi.setConfig({ testTimeout: 30_000 });

const sh = '/bin/sh';

function commands() {
  const stateDir = aDirectory();
  const runner = processes({
    clock: systemClock(),
    stateDir,
    allowedPrograms: [sh, '/bin/echo'],
    environment: process.env,
  });
  const driver = commandDriver({ processes: runner });
  const step = (options: object, more = {}) => aStep('command', driver.options.parse(options), more);
  return { driver, step, stateDir };
}

test('a command that ends with 0 is done, and what it printed is kept', async () => {
  const { driver, step } = commands();
  const outcome = await driver.apply(step({ run: ['echo', 'restarted'] }), opId, never);
  expect(outcome).toMatchObject({
    ended: 'done',
    detail: 'echo restarted ended with 0; it printed: restarted',
  });
});

test('a command that ends with another code failed, with the end of what it printed', async () => {
  const { driver, step } = commands();
  const options = { run: [sh, '-c', 'echo no such unit; exit 5'] };
  expect(await driver.apply(step(options), opId, never)).toEqual({
    ended: 'failed',
    detail: "/bin/sh -c 'echo no such unit; exit 5' ended with 5; it printed: no such unit",
    retryable: false,
  });
  expect(await driver.apply(step(options, { retries: 2 }), opId, never)).toMatchObject({ retryable: true });
});

test('the command learns the effect, the target and both releases', async () => {
  const { driver, step } = commands();
  const [from, to] = [release('link', '/srv/2', '2'), release('link', '/srv/1', '1')];
  const run = [sh, '-c', 'echo "$ROLLBACKD_OP_ID $ROLLBACKD_TARGET $ROLLBACKD_FROM $ROLLBACKD_TO"'];
  const outcome = await driver.apply(step({ run }, { from, to }), opId, never);
  expect(outcome.detail).toContain(`it printed: ${opId} shop ${from.id} ${to.id}`);
});

test('preflight refuses programs that are not allowed and directories that are not there', async () => {
  const { driver, step } = commands();
  await expect(driver.read(step({ run: ['/usr/bin/env'] }), never)).rejects.toThrow(
    'the program /usr/bin/env is not one of the allowed programs; state its absolute path and list it under allowed_programs',
  );
  await expect(driver.read(step({ run: ['echo'], undo: ['rm'] }), never)).rejects.toThrow(
    'the program rm is not one',
  );
  const lost = step({ run: ['echo'], probe: ['echo'], cwd: '/nowhere' });
  expect(await driver.preflight(lost, await driver.read(lost, never), never)).toEqual([
    {
      level: 'refuse',
      message: "cannot work in /nowhere: ENOENT: no such file or directory, access '/nowhere'",
    },
  ]);
});

test('a command without a probe is unknown after a crash, and preflight says so', async () => {
  const { driver, step } = commands();
  const blind = step({ run: ['echo'] });
  expect(await driver.probe(blind, opId, never)).toBe('unknown');
  expect(await driver.preflight(blind, await driver.read(blind, never), never)).toEqual([
    {
      level: 'warn',
      message: 'declares no probe: if rollbackd is interrupted while it runs, the incident is handed over',
    },
  ]);
});

test.for([
  ['exit 0', 'done'],
  ['exit 1', 'not_done'],
  ['exit 2', 'partial'],
  ['exit 3', 'unknown'],
  ['kill -9 $$', 'unknown'],
] as const)('a probe that ends by "%s" answers %s', async ([script, answer]) => {
  const { driver, step } = commands();
  expect(await driver.probe(step({ run: ['echo'], probe: [sh, '-c', script] }), opId, never)).toBe(answer);
});

test('undo runs the declared command, and fails without one', async () => {
  const { driver, step, stateDir } = commands();
  const mark = join(stateDir, 'mark');
  writeFileSync(mark, '');
  const undo = [sh, '-c', `rm ${mark} && echo removed`];
  expect(await driver.undo?.(step({ run: ['echo'], undo }), opId, never)).toMatchObject({
    ended: 'done',
    detail: `/bin/sh -c 'rm ${mark} && echo removed' ended with 0; it printed: removed`,
  });
  expect(await driver.undo?.(step({ run: ['echo'] }), opId, never)).toEqual({
    ended: 'failed',
    detail: 'the step declares no undo command',
    retryable: false,
  });
});

test('a command over its deadline leaves the outcome unknown', async () => {
  const { driver, step } = commands();
  const slow = step({ run: [sh, '-c', 'sleep 30'] }, { deadlineMs: 200 });
  await expect(driver.apply(slow, opId, never)).rejects.toMatchObject({
    code: 'TIMED_OUT',
    recourse: 'reconcile',
  });
});

test('a person is shown the same command, quoted for a shell', () => {
  const { driver, step } = commands();
  const it = step({ run: ['echo', "it's", '$HOME'], cwd: '/srv/shop', probe: ['echo'] });
  expect(driver.byHand(it)).toEqual(['cd /srv/shop', String.raw`echo 'it'\''s' '$HOME'`]);
});

test('the identifiers of rollbackd cannot be overridden', () => {
  const { driver } = commands();
  const parsed = driver.options.safeParse({ run: ['echo'], env: { ROLLBACKD_OP_ID: 'x' } });
  expect(parsed.success).toBe(false);
});
