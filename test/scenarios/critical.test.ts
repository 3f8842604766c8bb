import { describe, expect, test } from 'vitest';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { watching } from './watching.ts';

describe('a CRITICAL rule', () => {
  test('rolls a bad release back by itself, verifies it, and calls it bad', async () => {
    await using w = await watching();
    expect(w.standing('v1')).toBe('good');
    await w.deploy('v2');

    w.world.show('errors', (shop) => (w.world.version(shop) === 'v2' ? 0.9 : 0));
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('closed: rolled_back');
    expect(w.standing('v2')).toBe('bad');
    expect(w.standing('v1')).toBe('good');
  });

  test('decides in the very reading that completes its `for`', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.world.show('errors', 0.9);

    await w.wait(MINUTE - 1 * SECOND);
    expect(w.world.ledger).toEqual([]);
    await w.wait(11 * SECOND);
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('forgives a breach that ends before its `for`', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.world.show('errors', 0.9);
    await w.wait(50 * SECOND);
    w.world.show('errors', 0.1);
    await w.wait(30 * MINUTE);

    expect(await w.state()).toBe('no incident');
    expect(w.world.ledger).toEqual([]);
  });

  test('says in the journal what it saw, decided and did, each transition once', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.world.show('errors', (shop) => (w.world.version(shop) === 'v2' ? 0.9 : 0));
    await w.wait(5 * MINUTE);

    const told = (await w.journal()).filter(({ incident }) => incident !== null).map(({ type }) => type);
    expect(told).toEqual([
      'incident.opened',
      'decided',
      'plan.built',
      'budget.charged',
      'rollback.begun',
      'effect.intent',
      'effect.started',
      'effect.done',
      'rollback.settling',
      'rollback.confirming',
      'level.recovered',
      'rollback.ended',
      'incident.closed',
    ]);
  });

  test('hands over when the breach goes on after the rollback, and blames no release', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.world.show('errors', 0.9);
    await w.wait(30 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('handed_over');
    expect(await w.reason()).toMatch(
      /^the breach goes on after the rollback, so the release was not its cause/,
    );
    expect(w.standing('v2')).toBe('unproven');
  });

  test('hands over when there is no release to go to', async () => {
    await using w = await watching();
    w.world.show('errors', 0.9);
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('handed_over');
  });
});
