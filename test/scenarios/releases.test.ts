import { describe, expect, test } from 'vitest';
import type { Command } from '../../src/domain/command.ts';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { watching, type RuleOptions } from './watching.ts';

const health: RuleOptions = { probe: 'health', levels: { critical: { failures: 3 } } };

function release(action: 'good' | 'bad', id: string): Command {
  return {
    do: 'release',
    target: 'shop',
    action,
    release: id,
    note: 'by hand',
  };
}

describe('a release', () => {
  test('is unproven at first sight, and good after ten quiet minutes', async () => {
    await using w = await watching();
    await w.deploy('v2');
    expect(w.standing('v2')).toBe('unproven');
    await w.wait(7 * MINUTE);
    expect(w.standing('v2')).toBe('unproven');
    await w.wait(4 * MINUTE);
    expect(w.standing('v2')).toBe('good');
  });

  test('does not bake while a rule of its target is pending or firing', async () => {
    await using w = await watching({
      rules: {
        errors: { measure: 'errors', levels: { critical: { above: 0.5, forMs: HOUR } } },
      },
    });
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(30 * MINUTE);

    expect(w.standing('v2')).toBe('unproven');
  });

  test('does not bake while nobody can see', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.world.show('errors', 'blind');
    await w.wait(4 * MINUTE);
    w.world.show('errors', 0);
    await w.wait(6 * MINUTE);

    expect(w.standing('v2')).toBe('unproven');
  });

  test('that is good and runs is not gone back to: the one before it is', async () => {
    await using w = await watching();
    await w.deploy('v2');
    await w.wait(15 * MINUTE);
    await w.deploy('v3');
    w.breaks('v3');
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v3 → v2']);
  });

  test('that was called good by CI may be gone back to at once', async () => {
    await using w = await watching({ warmUpMs: MINUTE });
    expect(w.standing('v1')).toBe('unproven');
    await w.asks(release('good', w.world.release('v1')));
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('that was called bad is never gone back to', async () => {
    await using w = await watching();
    await w.deploy('v2');
    await w.asks(release('bad', w.world.release('v1')));
    w.breaks('v2');
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('handed_over');
  });

  test('that nobody knows has no standing to set', async () => {
    await using w = await watching();

    expect((await w.asks(release('good', 'r-none'))).message).toBe(
      'shop has no release r-none: see `release list shop`',
    );
  });
});

describe('a bad release that returns', () => {
  test('is announced; only a new breach makes a new incident, and that one asks', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(5 * MINUTE);
    expect(w.standing('v2')).toBe('bad');
    w.world.show('errors', 0);
    await w.deploy('v2');

    expect((await w.journal('release.bad_returned'))[0]?.message).toBe(
      `v2 (${w.world.release('v2')}) runs again on shop; it is known to be bad`,
    );
    expect(await w.incidents()).toHaveLength(1);

    w.breaks('v2');
    await w.wait(3 * MINUTE);
    expect(await w.incidents()).toHaveLength(2);
    expect(await w.state()).toBe('asking');
    expect(await w.reason()).toMatch(
      /^asks because shop rests until 2026-01-05 13:2\d UTC, after the automatic rollback of i-1-/,
    );
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });
});

describe('a deployment', () => {
  test('does not trip a probe that fails while it goes on', async () => {
    await using w = await watching({ rules: { health } });
    w.world.show('health', false);
    w.world.deploy('shop', 'v2');
    await w.wait(50 * SECOND);
    w.world.show('health', true);
    await w.wait(5 * MINUTE);

    expect(await w.state()).toBe('no incident');
  });

  test('of a release that never becomes healthy is rolled back once grace is over', async () => {
    await using w = await watching({ rules: { health } });
    w.world.show('health', (target) => w.world.version(target) === 'v1');
    w.world.deploy('shop', 'v2');
    await w.wait(58 * SECOND);
    expect(w.world.ledger).toEqual([]);
    await w.wait(2 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('that CI announces has grace from then on', async () => {
    await using w = await watching({ rules: { health } });
    expect((await w.asks({ do: 'deploy', target: 'shop', phase: 'begin' })).message).toBe(
      'shop is being deployed: grace until it is healthy',
    );
    w.world.show('health', false);
    await w.wait(40 * SECOND);
    expect(await w.state()).toBe('no incident');
    expect((await w.asks({ do: 'deploy', target: 'shop', phase: 'end' })).message).toBe(
      'the deployment of shop is over',
    );
  });
});

test('releases and their standing survive a restart', async () => {
  await using w = await watching();
  await w.deploy('v2');
  await w.restart(HOUR);
  w.breaks('v2');
  await w.wait(5 * MINUTE);

  expect(w.standing('v1')).toBe('good');
  expect(w.world.ledger).toEqual(['shop: v2 → v1']);
});
