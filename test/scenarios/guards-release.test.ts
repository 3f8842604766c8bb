import { describe, expect, test } from 'vitest';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { alice, type Watching, watching } from './watching.ts';

const back = {
  do: 'rollback',
  target: 'shop',
  because: 'regression',
  to: null,
  playbook: null,
  note: '',
} as const;

async function breakV2(w: Watching): Promise<void> {
  await w.deploy('v2');
  w.breaks('v2');
  await w.wait(90 * SECOND);
}

describe('without a release that', () => {
  test('was proven good, it hands over, and only a name makes a person`s request count', async () => {
    await using w = await watching({ warmUpMs: 2 * MINUTE });
    await breakV2(w);
    expect(await w.state()).toBe('handed_over');
    expect(await w.reason()).toBe(
      'hands over because no other release of shop has run here and been proven good',
    );

    expect((await w.asks(back)).message).toBe(
      'no rollback of shop: no other release of shop has run here and been proven good',
    );
    expect((await w.asks({ ...back, to: 'v1' })).accepted).toBe(true);
    await w.wait(5 * MINUTE);
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('closed: rolled_back');
  });

  test('is another one, it hands over', async () => {
    await using w = await watching();
    w.world.show('errors', 0.9);
    await w.wait(90 * SECOND);

    expect(await w.state()).toBe('handed_over');
    expect((await w.asks({ ...back, to: 'v1' })).message).toMatch(/^no rollback of shop: v1 .* runs now$/);
    expect(w.world.ledger).toEqual([]);
  });

  test('is present, it hands over, and no name helps', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.engine.core.parts.releases.setPresent('shop', w.world.release('v1'), false);
    w.breaks('v2');
    await w.wait(90 * SECOND);
    expect(await w.state()).toBe('handed_over');
    expect(await w.reason()).toMatch(
      /^hands over because the last good release, v1 .*, cannot come back: its directory is gone$/,
    );

    expect((await w.asks({ ...back, to: 'v1' })).message).toMatch(
      /^no rollback of shop: v1 .* cannot come back: its directory is gone$/,
    );
    await w.wait(5 * MINUTE);
    expect(w.world.ledger).toEqual([]);
  });

  test('ran within 30 days, it hands over unless it is named', async () => {
    await using w = await watching();
    await w.deploy('v2');
    await w.asks({ do: 'halt', note: 'long break' });
    await w.restart(31 * DAY);
    await w.asks({ do: 'unhalt', note: '' });
    w.breaks('v2');
    await w.wait(90 * SECOND);
    expect(await w.state()).toBe('handed_over');
    expect(await w.reason()).toMatch(
      /^hands over because the last good release, v1 .*, ran 31d3m ago, longer than 30d$/,
    );

    expect((await w.asks({ ...back, to: 'v1' })).accepted).toBe(true);
    await w.wait(MINUTE);
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('lies before no barrier, it hands over unless it is named', async () => {
    await using w = await watching();
    await w.asks({
      do: 'release',
      target: 'shop',
      action: 'record',
      components: [{ kind: 'link', value: '/releases/v2' }],
      barrier: 'orders were migrated',
    });
    await breakV2(w);
    expect(await w.state()).toBe('handed_over');
    expect(await w.reason()).toMatch(
      /^hands over because the last good release, v1 .*, lies behind the barrier of v2 .*: orders were migrated$/,
    );

    expect((await w.asks({ ...back, to: 'v1' })).accepted).toBe(true);
    await w.wait(MINUTE);
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });
});

describe('a release that lost its good name', () => {
  test('is not gone back to', async () => {
    await using w = await watching();
    await w.deploy('v2');
    const release = w.world.release('v1');
    await w.asks({ do: 'release', target: 'shop', action: 'bad', release, note: 'leaks' }, alice);
    w.breaks('v2');
    await w.wait(90 * SECOND);

    expect(await w.state()).toBe('handed_over');
    expect(w.world.ledger).toEqual([]);
  });
});

describe('blame', () => {
  test('asks when nothing changed within a day, and goes on when somebody approves', async () => {
    await using w = await watching();
    await w.deploy('v2');
    await w.restart(25 * HOUR);
    w.breaks('v2');
    await w.wait(90 * SECOND);
    expect(await w.state()).toBe('asking');
    expect(await w.reason()).toBe('asks because shop has not changed within the last 1d');

    await w.answers('approve');
    await w.wait(MINUTE);
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('is not asked for where a rule says so', async () => {
    await using w = await watching({
      rules: {
        'error-rate': { measure: 'errors', blameMs: null, levels: { critical: { above: 0.5 } } },
      },
    });
    await w.deploy('v2');
    await w.restart(25 * HOUR);
    w.breaks('v2');
    await w.wait(90 * SECOND);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });
});

describe('what was wrong before a release arrived', () => {
  test('is not blamed on it', async () => {
    await using w = await watching();
    w.world.show('errors', 0.9);
    await w.wait(30 * SECOND);
    w.world.deploy('shop', 'v2');
    await w.wait(60 * SECOND);
    expect(await w.state()).toBe('asking');
    expect(await w.reason()).toMatch(/^asks because it was already wrong when v2 .* arrived$/);

    await w.answers('approve');
    await w.wait(MINUTE);
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('does not excuse a release that is broken from its first second', async () => {
    for (let offset = 0; offset < 10; offset += 1) {
      await using w = await watching({ warmUpMs: 20 * MINUTE + offset * 250 });
      w.breaks('v2');
      w.world.deploy('shop', 'v2');
      await w.wait(90 * SECOND);
      expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    }
  });
});
