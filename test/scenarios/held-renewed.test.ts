import { expect, test } from 'vitest';
import type { EffectOutcome } from '../../src/domain/effect.ts';
import { RollbackError } from '../../src/domain/errors.ts';
import type { Driver } from '../../src/domain/ports/driver.ts';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import type { World } from '../fakes/world.ts';
import { alice, watching, type Watching } from './watching.ts';

/** A lease on something: it is over unless renewed, and the gate may be away. */
class Lease {
  heldUntil = 0;
  renewals = 0;
  /** Of the answers to come. */
  away = false;
  stuck = false;
  readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  get held(): boolean {
    return this.heldUntil > this.world.clock.now();
  }

  hold(): void {
    this.heldUntil = this.world.clock.now() + MINUTE;
  }

  renew(): Promise<EffectOutcome> {
    this.renewals += 1;
    if (this.away) throw new RollbackError('UNREACHABLE', 'the gate does not answer');
    if (!this.held)
      return Promise.resolve({ ended: 'failed', detail: 'the lease ran out', retryable: false });
    this.hold();
    return Promise.resolve({ ended: 'done', detail: 'renewed' });
  }
}

const step = (kind: string) => ({ kind, options: {}, deadlineMs: 10 * MINUTE, retries: 0 });

async function rollingBack(...kinds: string[]) {
  let lease!: Lease;
  const quiesce = (world: World): Driver => {
    lease ??= new Lease(world);
    const plain = world.driver('quiesce');
    return {
      ...plain,
      apply: (...args) => {
        lease.hold();
        return plain.apply(...args);
      },
      renew: () => lease.renew(),
      release: ({ target }) => {
        if (lease.stuck)
          return Promise.resolve({ ended: 'failed', detail: 'the gate does not answer', retryable: true });
        world.ledger.push(`${target.name}: quiesce let go`);
        lease.heldUntil = 0;
        return Promise.resolve({ ended: 'done', detail: 'let go' });
      },
    };
  };
  const slow = (world: World): Driver => ({
    ...world.driver('slow'),
    apply: async (_step, _opId, signal) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      world.clock.after(5 * MINUTE, resolve);
      signal.addEventListener('abort', () => resolve());
      await promise;
      world.ledger.push(`slow step over, ${lease.held ? 'held' : 'not held'}`);
      return { ended: 'done', detail: 'done' };
    },
  });
  const w = await watching({
    drivers: (world) => [quiesce(world), slow(world)],
    playbooks: { service: { steps: kinds.map(step) } },
  });
  await w.deploy('v2');
  w.breaks('v2');
  return { w, lease: () => lease };
}

const entries = async (w: Watching, type: string) => (await w.journal(type)).map(({ message }) => message);

test('what is held is renewed for as long as the plan takes, and no longer', async () => {
  const { w, lease } = await rollingBack('quiesce', 'slow', 'move');
  await using _ = w;
  await w.wait(10 * MINUTE);

  expect(w.world.ledger).toContain('slow step over, held');
  await w.wait(30 * MINUTE);
  const { renewals } = lease();
  await w.wait(10 * MINUTE);
  expect(lease().renewals).toBe(renewals);
  expect(renewals).toBeGreaterThan(14);
});

test('no step follows on a hold that was lost', async () => {
  const { w, lease } = await rollingBack('quiesce', 'slow', 'move');
  await using _ = w;
  await w.wait(3 * MINUTE);
  lease().heldUntil = 0;
  await w.wait(10 * MINUTE);

  expect(w.world.ledger).not.toContain('shop: v2 → v1');
  expect(w.world.ledger).toContain('shop: quiesce let go');
  expect(await entries(w, 'held.failed')).toEqual([
    'what is held may have been lost: quiesce: the lease ran out',
  ]);
  expect(await w.state()).toBe('handed_over');
});

test('a gate that is away for a moment is waited for', async () => {
  const { w, lease } = await rollingBack('quiesce', 'slow', 'move');
  await using _ = w;
  await w.wait(5 * MINUTE);
  lease().away = true;
  await w.wait(30 * SECOND);
  lease().away = false;
  await w.wait(20 * MINUTE);

  expect(w.world.ledger).toContain('shop: v2 → v1');
});

test('what cannot be let go of is told again and again, also after an acknowledgement, and the incident stays open', async () => {
  const { w, lease } = await rollingBack('quiesce', 'move');
  await using _ = w;
  await w.wait(90 * SECOND);
  lease().stuck = true;
  await w.wait(10 * MINUTE);
  await w.asks({ do: 'ack', incident: (await w.incident()).id, note: '' }, alice);
  const { renewals } = lease();
  await w.wait(100 * MINUTE);

  expect(await w.state()).toBe('releasing');
  expect(lease().renewals).toBe(renewals);
  const reminders = await entries(w, 'incident.reminder');
  expect(reminders.length).toBeGreaterThan(2);
  expect(reminders[0]).toContain('letting go is tried again until it works');

  lease().stuck = false;
  await w.wait(10 * MINUTE);
  expect(await w.state()).toBe('closed: rolled_back');
});
