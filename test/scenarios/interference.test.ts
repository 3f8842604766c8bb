import { describe, expect, test } from 'vitest';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { type Watching, watching } from './watching.ts';

/** v2 is rolled back to v1 and the rollback verified. */
async function rolledBack(w: Watching): Promise<void> {
  await w.deploy('v2');
  w.breaks('v2');
  await w.wait(5 * MINUTE);
  expect(await w.state()).toBe('closed: rolled_back');
}

describe('a tool that puts the old state back', () => {
  test.each(['compose', 'watchtower'])(
    'is named in the hand-over of the next incident, with what to pin (%s)',
    async (manager) => {
      await using w = await watching();
      await rolledBack(w);
      w.world.deploy('shop', 'v2', { manager });
      await w.wait(5 * MINUTE);

      expect(w.world.ledger).toEqual(['shop: v2 → v1']);
      expect(await w.state()).toBe('handed_over');
      expect(await w.reason()).toMatch(
        new RegExp(
          `^hands over because ${manager} put v2 \\(r-[0-9a-f]+\\) back within an hour of the rollback; pin link /releases/v1 there first`,
        ),
      );
    },
  );

  test('is not fought either when the breach comes more than an hour after the rollback', async () => {
    await using w = await watching();
    await rolledBack(w);
    await w.wait(50 * MINUTE);
    w.world.show('errors', 0);
    w.world.deploy('shop', 'v2', { manager: 'watchtower' });
    await w.wait(30 * MINUTE);
    w.breaks('v2');
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('handed_over');
  });

  test('is forgotten once another release runs', async () => {
    await using w = await watching();
    await rolledBack(w);
    w.world.deploy('shop', 'v2', { manager: 'watchtower' });
    await w.wait(30 * SECOND);
    await w.deploy('v3');
    await w.wait(HOUR);
    w.breaks('v3');
    await w.wait(90 * SECOND);

    expect(w.world.ledger).toEqual(['shop: v2 → v1', 'shop: v3 → v1']);
  });

  test('ends the verification of a rollback that it undoes, and standings stay', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(90 * SECOND);
    expect(await w.state()).toBe('verifying');
    w.world.deploy('shop', 'v2', { manager: 'watchtower' });
    await w.wait(2 * SECOND);

    expect(await w.state()).toBe('handed_over');
    expect(await w.reason()).toMatch(
      /^the rollback was undone: watchtower put v2 \(r-[0-9a-f]+\) back while it was being verified; pin link \/releases\/v1 there first$/,
    );
    await w.wait(HOUR);
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(w.standing('v2')).toBe('unproven');
  });
});

describe('somebody who puts the old state back by hand', () => {
  test('gets a question the first time, by cooldown', async () => {
    await using w = await watching();
    await rolledBack(w);
    w.world.deploy('shop', 'v2');
    await w.wait(5 * MINUTE);

    expect(await w.state()).toBe('asking');
    expect(await w.reason()).toMatch(/^asks because shop rests until .*, after the automatic rollback of i-/);
    expect(await w.journal('release.bad_returned')).toHaveLength(1);
    await w.answers('approve');
    await w.wait(5 * MINUTE);
    expect(w.world.ledger).toEqual(['shop: v2 → v1', 'shop: v2 → v1']);
  });

  test('is taken for a tool the second time', async () => {
    await using w = await watching();
    await rolledBack(w);
    w.world.deploy('shop', 'v2');
    await w.wait(20 * SECOND);
    w.world.deploy('shop', 'v1');
    await w.wait(2 * MINUTE);
    w.world.deploy('shop', 'v2');
    await w.wait(5 * MINUTE);

    expect(await w.state()).toBe('handed_over');
    expect(await w.reason()).toMatch(/^hands over because somebody put v2 /);
  });
});
