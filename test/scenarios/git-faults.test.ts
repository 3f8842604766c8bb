import { describe, expect, test } from 'vitest';
import type { EffectOutcome } from '../../src/domain/effect.ts';
import { RollbackError } from '../../src/domain/errors.ts';
import type { Driver } from '../../src/domain/ports/driver.ts';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import type { World } from '../fakes/world.ts';
import { watching, type Watching, type WatchingOptions } from './watching.ts';

/** `git.revert` as the plan of v2, meeting what a remote answers; the steps after it are up to the case. */
async function reverting(
  remote: { head: string; ends?: () => Promise<EffectOutcome>; refuses?: RollbackError; calls: number },
  options: WatchingOptions = {},
): Promise<Watching> {
  const step = (kind: string) => ({ kind, options: {}, deadlineMs: MINUTE, retries: 0 });
  const revert = (world: World): Driver => {
    const plain = world.driver('revert');
    return {
      ...plain,
      read: () => {
        remote.calls += 1;
        if (remote.refuses !== undefined) return Promise.reject(remote.refuses);
        return Promise.resolve({ identity: remote.head, detail: {} });
      },
      apply: (...args) => remote.ends?.() ?? plain.apply(...args),
    };
  };
  const w = await watching({
    drivers: (world) => [revert(world)],
    playbooks: { service: { steps: [step('revert'), step('move')] } },
    ...options,
  });
  await w.deploy('v2');
  w.breaks('v2');
  return w;
}

describe('fault 36: a revert conflicts', () => {
  test('people get the files, and nothing of the plan is carried out after it', async () => {
    const detail = 'GIT_CONFLICT: reverting 0123abcd conflicts in app.txt; nothing was pushed';
    const ends = (): Promise<EffectOutcome> => Promise.resolve({ ended: 'failed', detail, retryable: false });
    await using w = await reverting({ head: 'bad', ends, calls: 0 });
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('handed_over');
    expect((await w.told()).some((title) => title.includes('conflicts in app.txt'))).toBe(true);
  });
});

describe('fault 40: the remote moved since the plan', () => {
  test('an approval of the old plan starts nothing: a new plan is asked about', async () => {
    const remote = { head: 'bad', calls: 0 };
    await using w = await reverting(remote, { mode: 'approve' });
    await w.wait(90 * SECOND);
    const before = w.asked((await w.incident()).id);
    remote.head = 'bad and more';
    await w.answers('approve');
    await w.wait(10 * SECOND);

    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('asking');
    expect(await w.journal('plan.void')).toHaveLength(1);
    const { id } = await w.incident();
    expect([before, null]).not.toContain(w.asked(id));
    await w.answers('approve');
    await w.wait(10 * SECOND);
    expect(w.world.ledger).toEqual(['shop: revert', 'shop: v2 → v1']);
  });

  test('a push that its lease refused is handed over, and asked for again it is a new plan', async () => {
    const moved = 'main moved at the remote before the push, nothing was pushed';
    const remote = {
      head: 'bad',
      calls: 0,
      ends: (): Promise<EffectOutcome> => Promise.reject(new RollbackError('GIT_REMOTE_MOVED', moved)),
    };
    await using w = await reverting(remote);
    await w.wait(5 * MINUTE);
    expect(w.world.ledger).toEqual([]);
    expect(await w.reason()).toBe(`a step failed: revert: ${moved}`);

    const again = { head: 'bad and more', ends: undefined };
    Object.assign(remote, again);
    await w.asks({
      do: 'rollback',
      target: 'shop',
      because: 'regression',
      to: null,
      playbook: null,
      note: '',
    });
    await w.wait(MINUTE);
    const digests = (await w.journal('rollback.begun')).map(({ facts }) => facts['digest']);
    expect(new Set(digests).size).toBe(2);
    expect(w.world.ledger).toEqual(['shop: revert', 'shop: v2 → v1']);
  });
});

describe('fault 44: credentials expired', () => {
  test('nothing is tried again, nothing is touched, and people are told', async () => {
    const refuses = new RollbackError('REFUSED', 'ssh://git@forge/shop refused to list the refs');
    const remote = { head: 'bad', refuses, calls: 0 };
    await using w = await reverting(remote);
    await w.wait(2 * MINUTE);
    const { calls } = remote;
    await w.wait(10 * MINUTE);

    expect([w.world.ledger, remote.calls - calls]).toEqual([[], 0]);
    expect(await w.state()).toBe('handed_over');
    expect((await w.told()).some((title) => title.includes('refused to list the refs'))).toBe(true);
  });
});
