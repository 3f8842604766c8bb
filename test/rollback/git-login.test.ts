import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { git } from '../../src/clients/git/git.ts';
import { gitRevertDriver } from '../../src/rollback/drivers/git-revert.ts';
import { SimulatedClock } from '../fakes/clock.ts';
import { aDirectory } from './a-directory.ts';
import { aStep, never, opId, release, shop } from './a-step.ts';

const good = 'a'.repeat(40);
const bad = 'b'.repeat(40);
/** Nothing happened, and it is not tried again. */
const refused = { code: 'REFUSED', recourse: 'give-up' };

/** `git.revert` on a repository that lies at this address. */
function revertingAt(url: string, environment: Record<string, string | undefined>) {
  const client = git({ stateDir: aDirectory(), protocols: ['ssh'], environment });
  const driver = gitRevertDriver({ git: client, clock: new SimulatedClock() });
  const target = { ...shop, repository: { url, branch: 'main' } };
  const step = aStep('git.revert', driver.options.parse({}), {
    target,
    from: release('commit', bad, 'bad'),
    to: release('commit', good, 'good'),
  });
  return { driver, step };
}

test.each([
  ['a host key that is not known, or changed, is never accepted', 'Host key verification failed.'],
  [
    'credentials that are not taken any more are no outage: nothing is tried again',
    'git@127.0.0.1: Permission denied (publickey).',
  ],
])('fault 44: %s', async (_, said) => {
  const folder = aDirectory();
  mkdirSync(join(folder, 'bin'));
  writeFileSync(
    join(folder, 'bin', 'ssh'),
    `#!/bin/sh\necho "$@" >> ${join(folder, 'asked')}\necho '${said}' >&2\nexit 255\n`,
    { mode: 0o755 },
  );
  const path = `${join(folder, 'bin')}:${process.env['PATH']}`;
  const { driver, step } = revertingAt('ssh://git@127.0.0.1/shop.git', { ...process.env, PATH: path });

  const thrown: unknown = await driver.read(step, never).catch((error: unknown) => error);
  expect(thrown).toMatchObject(refused);
  expect(String(thrown)).toContain(said);
  await expect(driver.apply(step, opId, never)).rejects.toMatchObject(refused);
  const calls = readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n');
  expect(calls.filter((call) => !call.includes('-oStrictHostKeyChecking=yes'))).toEqual([]);
});
