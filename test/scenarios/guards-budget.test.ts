import { describe, expect, test } from 'vitest';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { type Watching, watching } from './watching.ts';

const names = ['shop', 'till', 'mail', 'feed'] as const;
const four = { shop: {}, till: {}, mail: {}, feed: {} };

/** Deploys a bad release to one target, and waits until its breach has been judged and the rest is quiet again. */
async function breakOne(w: Watching, target: string, version = 'v2'): Promise<void> {
  await w.deploy(version, target);
  w.breaks(version);
  await w.wait(4 * MINUTE);
}

describe('the budget of the daemon', () => {
  test('is three automatic rollbacks an hour over all targets; the fourth is asked for', async () => {
    await using w = await watching({ targets: four });
    for (const target of names) await breakOne(w, target);
    expect(w.world.ledger).toEqual(['shop: v2 → v1', 'till: v2 → v1', 'mail: v2 → v1']);
    expect(await w.state('feed')).toBe('asking');
    expect(await w.reason('feed')).toBe(
      'asks because the daemon has made 3 of 3 automatic rollbacks in the last 1h',
    );

    await w.answers('approve');
    await w.wait(MINUTE);
    expect(w.world.ledger.at(-1)).toBe('feed: v2 → v1');
  });

  test('is refilled by time, one by one', async () => {
    await using w = await watching({ targets: four });
    for (const target of names.slice(0, 3)) await breakOne(w, target);
    await w.wait(HOUR - 12 * MINUTE);
    await breakOne(w, 'feed');

    expect(w.world.ledger.at(-1)).toBe('feed: v2 → v1');
  });

  test('is not refilled before its hour is over', async () => {
    await using w = await watching({ targets: four });
    for (const target of names.slice(0, 3)) await breakOne(w, target);
    await w.wait(HOUR - 26 * MINUTE);
    await breakOne(w, 'feed');

    expect(await w.state('feed')).toBe('asking');
    expect(w.world.ledger).toHaveLength(3);
  });

  test('outlives a restart', async () => {
    await using w = await watching({ targets: four });
    for (const target of names.slice(0, 3)) await breakOne(w, target);
    await w.restart(5 * MINUTE);
    await breakOne(w, 'feed');

    expect(await w.state('feed')).toBe('asking');
    expect(w.world.ledger).toHaveLength(3);
  });

  test('is not charged for what a person asked for', async () => {
    await using w = await watching({ targets: four });
    for (const target of names.slice(0, 3)) {
      await w.deploy('v2', target);
      await w.asks({ do: 'rollback', target, because: 'regression', to: null, playbook: null, note: '' });
      await w.wait(3 * MINUTE);
    }
    await breakOne(w, 'feed');

    expect(w.world.ledger.at(-1)).toBe('feed: v2 → v1');
    expect(w.control('budget')).toHaveLength(1);
  });

  test('lets two targets that break at once share what is left of it', async () => {
    await using w = await watching({ targets: four });
    for (const target of names.slice(0, 2)) await breakOne(w, target);
    w.world.deploy('mail', 'v3');
    w.world.deploy('feed', 'v3');
    await w.wait(2 * MINUTE);
    w.breaks('v3');
    await w.wait(90 * SECOND);

    expect(w.world.ledger.slice(2)).toEqual(['mail: v3 → v1']);
    expect(await w.state('feed')).toBe('asking');
  });

  test(
    'is charged before the act: dying at any commit in between never has a rollback for nothing',
    { timeout: 60_000 },
    async () => {
      for (const side of ['before', 'after'] as const) {
        for (let commit = 1; commit <= 12; commit += 1) {
          await using w = await watching({ configuration: { budget: { rollbacks: 1, perMs: HOUR } } });
          await w.deploy('v2');
          w.breaks('v2');
          await w.wait(50 * SECOND);
          w.killAt({ commit, side });
          await w.wait(2 * MINUTE);
          const charged = charges(w);
          expect(w.world.ledger.length).toBeLessThanOrEqual(charged);
          await w.restart();
          await w.wait(10 * MINUTE);
          expect(w.world.ledger).toEqual(['shop: v2 → v1']);
          expect(charges(w)).toBe(1);
        }
      }
    },
  );
});

function charges(w: Watching): number {
  const budget = w.commits
    .flatMap(({ controls = [] }) => controls)
    .findLast(({ key }) => key === 'budget')?.value;
  return Array.isArray(budget) ? budget.length : 0;
}
