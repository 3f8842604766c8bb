import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { git } from '../../src/clients/git/git.ts';
import { orphans } from '../../src/clients/process/orphans.ts';
import { gitRevertDriver } from '../../src/rollback/drivers/git-revert.ts';
import { aDirectory } from './a-directory.ts';
import { aRemote } from './a-remote.ts';
import { aStep, never, opId, release, shop } from './a-step.ts';

vi.setConfig({ testTimeout: 60_000 });

/** A remote that takes its time to accept a push. */
function slowRemote() {
  const remote = aRemote();
  const good = remote.commit('release 1', { 'app.txt': 'one\n' });
  const bad = remote.commit('release 2', { 'app.txt': 'two\n' });
  const arrived = join(aDirectory(), 'arrived');
  const hook = `#!/bin/sh\ntouch ${arrived}\nsleep 1\n`;
  writeFileSync(join(remote.url, 'hooks', 'pre-receive'), hook, { mode: 0o755 });
  const step = aStep(
    'git.revert',
    {},
    {
      target: { ...shop, repository: { url: remote.url, branch: 'main' } },
      from: release('commit', bad, 'bad'),
      to: release('commit', good, 'good'),
    },
  );
  const stateDir = aDirectory();
  const clock = systemClock();
  const client = git({ stateDir, protocols: ['file'], environment: process.env });
  const driver = gitRevertDriver({ git: client, clock });
  const pushing = async () => {
    while (!existsSync(arrived)) await pause(20);
  };
  return { remote, bad, step, stateDir, clock, driver, pushing };
}

test('the push of a killed daemon goes on, is found and awaited, and nothing is pushed again', async () => {
  const it = slowRemote();
  const daemon = daemonReverting(it.stateDir, it.step);
  await it.pushing();
  daemon.kill('SIGKILL');
  await once(daemon, 'exit');

  const lost = orphans({ clock: it.clock, stateDir: it.stateDir });
  const found = await lost.find(opId);
  expect(found.map(({ program }) => program)).toContain('git');
  for (const orphan of found) expect(await lost.wait(orphan, 20_000, never)).toBe(true);

  expect(await it.driver.probe(it.step, opId, never)).toBe('done');
  expect((await it.driver.apply(it.step, opId, never)).ended).toBe('done');
  expect(it.remote.git('rev-list', '--count', `${it.bad}..main`)).toBe('1');
  expect(it.remote.tags().length).toBe(1);
});

test('a push that is cut off is unknown, and the remote is asked', async () => {
  const it = slowRemote();
  const stopping = new AbortController();
  const reverting = it.driver.apply(it.step, opId, stopping.signal);
  await Promise.race([it.pushing(), reverting]);
  stopping.abort();
  await expect(reverting).rejects.toMatchObject({
    code: 'EFFECT_UNKNOWN',
    message: 'the push to main was cut off; the remote will be asked',
  });
});

/** A process that carries the step out as the daemon does. */
function daemonReverting(stateDir: string, step: object) {
  const program = `
    import { systemClock } from './src/app/clock.ts';
    import { git } from './src/clients/git/git.ts';
    import { gitRevertDriver } from './src/rollback/drivers/git-revert.ts';
    const [stateDir, opId, step] = process.argv.slice(1);
    const client = git({ stateDir, protocols: ['file'], environment: process.env });
    const driver = gitRevertDriver({ git: client, clock: systemClock() });
    await driver.apply(JSON.parse(step), opId, new AbortController().signal);`;
  const args = ['--input-type=module-typescript', '-e', program, stateDir, opId, JSON.stringify(step)];
  return spawn(process.execPath, args, { stdio: 'ignore' });
}
