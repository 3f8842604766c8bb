import { describe, expect, test } from 'vitest';
import type { EffectOutcome, ProbeAnswer } from '../../src/domain/effect.ts';
import { knownEnvironments } from '../../src/domain/environment.ts';
import type { Contact } from '../../src/domain/notification.ts';
import type { Driver } from '../../src/domain/ports/driver.ts';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import type { World } from '../fakes/world.ts';
import { alice, watching, type Watching } from './watching.ts';

const store = { kind: 'store', name: 'shop_db' } as const;
const outcome = (detail: string): Promise<EffectOutcome> => Promise.resolve({ ended: 'done', detail });
const failing = (detail: string): Promise<EffectOutcome> =>
  Promise.resolve({ ended: 'failed', detail, retryable: false });

/** What goes wrong, and what the database and the writers see of it. */
class Shop {
  writesHeldOff = false;
  renewals = 0;
  diskIsFull = false;
  quiesceIsIgnored = false;
  gateIsStuck = false;
  /** Why the switch is not possible. */
  inTheWay: string | null = null;
  restoring: 'works' | 'never answers' = 'works';
  restoreIs: ProbeAnswer = 'partial';
  readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  quiesce(): Driver {
    const plain = this.world.driver('quiesce');
    return {
      ...plain,
      apply: (...args) => {
        if (this.quiesceIsIgnored)
          return failing('POST /orders was answered 201: writes go on; let go of it');
        this.writesHeldOff = true;
        return plain.apply(...args);
      },
      renew: () => {
        this.renewals += 1;
        return this.writesHeldOff ? outcome('held') : failing('the hold was lost');
      },
      release: ({ target }) => {
        if (this.gateIsStuck)
          return Promise.resolve({ ended: 'failed', detail: 'the gate does not answer', retryable: true });
        this.world.ledger.push(`${target.name}: quiesce let go`);
        this.writesHeldOff = false;
        return outcome('let go');
      },
    };
  }

  backup(): Driver {
    const plain = this.world.driver('save', 'probe', 'safe', { backsUp: () => [store] });
    return {
      ...plain,
      apply: (...args) =>
        this.diskIsFull
          ? failing('no space left on the device; nothing of the set stays')
          : plain.apply(...args),
    };
  }

  restore(): Driver {
    const plain = this.world.driver('restore', 'probe', 'disruptive', { replaces: () => [store] });
    return {
      ...plain,
      apply: async (step, opId, signal) => {
        if (this.inTheWay !== null) return failing(this.inTheWay);
        if (this.restoring === 'never answers') {
          this.world.ledger.push('shop: restore begun');
          await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
          throw new Error('the connection was cut');
        }
        return plain.apply(step, opId, signal);
      },
      probe: () => Promise.resolve(this.restoreIs),
      undo: ({ target }) => {
        this.world.ledger.push(`${target.name}: restore undone`);
        return outcome('put back');
      },
    };
  }
}

const dana: Contact = { role: 'dba', name: 'Dana', slack: null, email: null, phone: '+1' };

/** v2 is bad; its playbook holds writes off, makes a set, restores from it, and goes back. */
async function broken(arrange: (shop: Shop) => void): Promise<{ w: Watching; shop: Shop }> {
  let shop!: Shop;
  const step = (kind: string) => ({ kind, options: {}, deadlineMs: 2 * MINUTE, retries: 0 });
  const w = await watching({
    drivers: (world) => {
      shop ??= new Shop(world);
      return [shop.quiesce(), shop.backup(), shop.restore()];
    },
    playbooks: { service: { steps: ['quiesce', 'save', 'restore', 'move'].map(step) } },
    configuration: { notify: { routes: [], contacts: [dana], remindMs: 10 * MINUTE } },
  });
  await w.deploy('v2');
  arrange(shop);
  w.breaks('v2');
  return { w, shop };
}

const messages = async (w: Watching, type: string) => (await w.journal(type)).map(({ message }) => message);

describe('fault 45: the disk fills up during the backup', () => {
  test('nothing destructive follows, writes pass again, and people are told why', async () => {
    const { w, shop } = await broken((it) => (it.diskIsFull = true));
    await using _ = w;
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: quiesce', 'shop: quiesce let go']);
    expect([w.world.version('shop'), shop.writesHeldOff]).toEqual(['v2', false]);
    expect(await w.state()).toBe('handed_over');
    expect(await w.reason()).toBe(
      'a step failed: save: no space left on the device; nothing of the set stays',
    );
    expect((await w.told()).filter((title) => title.includes('no space left'))).not.toEqual([]);
  });
});

describe('fault 49: kill -9 during the restore', () => {
  test('writes stay held off while the daemon is back and finishes it; then they pass', async () => {
    const { w, shop } = await broken((it) => (it.restoring = 'never answers'));
    await using _ = w;
    while (!w.world.ledger.includes('shop: restore begun')) await w.wait(SECOND);
    await w.restart(30 * SECOND);
    expect(shop.writesHeldOff).toBe(true);
    const { renewals } = shop;
    await w.wait(MINUTE);
    expect(shop.renewals).toBeGreaterThan(renewals);
    expect(w.world.ledger).toEqual([
      'shop: quiesce',
      'shop: save',
      'shop: restore begun',
      'shop: restore begun',
    ]);

    shop.restoring = 'works';
    await w.wait(10 * MINUTE);
    expect(w.world.ledger.slice(-3)).toEqual(['shop: restore', 'shop: v2 → v1', 'shop: quiesce let go']);
    expect(await w.state()).toBe('closed: rolled_back');
  });

  test('in doubt about it writes stay held off, over another death, too, and people are paged until one says otherwise', async () => {
    const { w, shop } = await broken((it) => {
      it.restoring = 'never answers';
      it.restoreIs = 'unknown';
    });
    await using _ = w;
    while (!w.world.ledger.includes('shop: restore begun')) await w.wait(SECOND);
    await w.restart(30 * SECOND);
    await w.wait(MINUTE);
    await w.restart(30 * SECOND);
    await w.wait(35 * MINUTE);

    const { id } = await w.incident();
    expect(await w.state()).toBe('holding');
    expect(w.world.ledger).toEqual(['shop: quiesce', 'shop: save', 'shop: restore begun']);
    const [held] = await w.journal('rollback.holding');
    expect(held?.message).toBe(
      `nobody can tell what became of the data, so what is held stays held until somebody says rollbackd ack ${id}: restore: the daemon stopped during the step, and the target cannot tell whether it happened`,
    );
    expect(held?.facts['byHand']).toEqual(['restore shop by hand', 'move shop by hand']);
    const [page] = (await w.messagesToPeople()).filter(({ title }) => title.includes('stays held'));
    expect(page?.urgent).toBe(true);
    expect(page?.text).toContain('by hand: restore shop by hand');
    expect(page?.text).toContain('call: DBA Dana, +1');
    const reminders = await messages(w, 'incident.reminder');
    expect(reminders.length).toBeGreaterThan(2);
    expect(reminders[0]).toContain(`rollbackd ack ${id} lets go of what is held`);
    const { renewals } = shop;
    await w.wait(5 * MINUTE);
    expect(shop.renewals).toBeGreaterThan(renewals);

    const answer = await w.asks({ do: 'ack', incident: id, note: '' }, alice);
    expect(answer.message).toBe(`${id} is acknowledged by alice; what is held is let go of`);
    await w.wait(MINUTE);
    expect(w.world.ledger.at(-1)).toBe('shop: quiesce let go');
    expect(shop.writesHeldOff).toBe(false);
    expect(await w.reason()).toMatch(/^nobody can tell whether a step happened: restore/);
  });
});

test('fault 49: in doubt about any step that destroys data writes stay held off, though it names nothing that it replaces', async () => {
  const step = (kind: string) => ({ kind, options: {}, deadlineMs: MINUTE, retries: 0 });
  await using w = await watching({
    drivers: (world) => [
      new Shop(world).quiesce(),
      world.driver('wipe', 'blind', 'destructive-data', { apply: () => Promise.reject(new Error('cut')) }),
    ],
    playbooks: { service: { steps: ['quiesce', 'wipe'].map(step) } },
    configuration: { environment: 'development', environments: knownEnvironments },
  });
  await w.deploy('v2');
  w.breaks('v2');
  await w.wait(5 * MINUTE);

  expect(w.world.ledger).toEqual(['shop: quiesce']);
  expect(await w.state()).toBe('holding');
});

describe('fault 50: writes go on although they are held off', () => {
  test('a writer that heeds nothing of it ends the plan before the backup and the restore', async () => {
    const { w } = await broken((it) => (it.quiesceIsIgnored = true));
    await using _ = w;
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('handed_over');
    expect(await w.reason()).toContain('POST /orders was answered 201');
  });

  test('a hold that is lost while the backup is made ends the plan before the restore', async () => {
    const { w, shop } = await broken((it) => it.world.troubles.set('save', 'takes a while'));
    await using _ = w;
    while (!w.world.ledger.includes('shop: quiesce')) await w.wait(SECOND);
    shop.writesHeldOff = false;
    await w.wait(5 * MINUTE);

    expect(w.world.ledger.filter((line) => line.includes('restore') || line.includes('→'))).toEqual([]);
    expect(await w.state()).toBe('handed_over');
    expect(await w.reason()).toContain('the hold was lost');
  });
});

describe('fault 51: what holds writes off cannot be released', () => {
  test('it is tried again and again, people are paged every 10 m as configured, and the incident stays open', async () => {
    const { w, shop } = await broken((it) => (it.gateIsStuck = true));
    await using _ = w;
    await w.wait(HOUR);

    expect(await w.state()).toBe('releasing');
    expect(w.world.version('shop')).toBe('v1');
    expect((await messages(w, 'incident.reminder')).length).toBeGreaterThanOrEqual(4);
    expect((await w.journal('incident.closed')).length).toBe(0);
    expect((await messages(w, 'effect.failed_again')).length).toBeGreaterThan(5);

    shop.gateIsStuck = false;
    await w.wait(10 * MINUTE);
    expect(await w.state()).toBe('closed: rolled_back');
    expect(shop.writesHeldOff).toBe(false);
  });
});

describe('fault 52: connections keep a database from being switched to', () => {
  test('they are named to people, nothing goes back, and writes pass again', async () => {
    const { w, shop } = await broken((it) => {
      it.inTheWay = 'in the way of shop_db: psql of alice (pid 4711), idle in transaction';
    });
    await using _ = w;
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: quiesce', 'shop: save', 'shop: quiesce let go']);
    expect([w.world.version('shop'), shop.writesHeldOff]).toEqual(['v2', false]);
    expect(await w.state()).toBe('handed_over');
    expect((await w.told()).some((title) => title.includes('psql of alice (pid 4711)'))).toBe(true);
  });
});
