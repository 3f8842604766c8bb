import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { git } from '../../src/clients/git/git.ts';
import { repositoryObserver } from '../../src/releases/observers/repository.ts';
import { gitRevertDriver } from '../../src/rollback/drivers/git-revert.ts';
import { SimulatedClock } from '../fakes/clock.ts';
import { aDirectory } from './a-directory.ts';
import { aRemote } from './a-remote.ts';
import { aStep, never, release, shop } from './a-step.ts';

/** A branch whose first commit is the good release; what is pushed after it is to be taken back. */
export function released(options: object = {}) {
  const remote = aRemote();
  const good = remote.commit('release 1', { 'app.txt': 'one\n', 'kept.txt': 'kept\n' });
  const stateDir = aDirectory();
  const clock = new SimulatedClock();
  const client = git({ stateDir, protocols: ['file'], environment: process.env });
  const driver = gitRevertDriver({ git: client, clock });
  const target = { ...shop, repository: { url: remote.url, branch: 'main' } };
  const step = (from: string, more: object = {}) =>
    aStep('git.revert', driver.options.parse({ ...options, ...more }), {
      target,
      from: release('commit', from, from.slice(0, 7)),
      to: release('commit', good, good.slice(0, 7)),
    });
  return {
    remote,
    good,
    driver,
    step,
    stateDir,
    target,
    client,
    clock,
    observer: repositoryObserver({ git: client, clock, pollMs: 1_000 }),
    problems: async (from: string, more: object = {}) => {
      const it = step(from, more);
      return (await driver.preflight(it, await driver.read(it, never), never)).map(({ message }) => message);
    },
    /** Checkouts that were left behind. */
    checkouts: () => readdirSync(join(stateDir, 'git')).filter((name) => name.endsWith('.work')),
  };
}

/** The tag of a revert at the time of the simulated clock. */
export const tag = 'rollback-20260105-120000';
