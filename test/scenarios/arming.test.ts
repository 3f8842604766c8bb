import { describe, expect, test } from 'vitest';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { ruleOf, watching, type RuleOptions, type Watching } from './watching.ts';

const errors: RuleOptions = { measure: 'errors', levels: { critical: { above: 0.5, forMs: MINUTE } } };
const login: RuleOptions = { measure: 'login', levels: { critical: { above: 0.5, forMs: MINUTE } } };
const told =
  'shop/login breaches on shop since its first reading (login is 0.9) and decides nothing until it reads ok or somebody runs: rollbackd arm shop/login shop';

/** v2 runs; a new rule breaches from its first reading on. */
async function withNewRule(): Promise<Watching> {
  const w = await watching({ rules: { errors } });
  await w.deploy('v2');
  w.world.show('login', (target) => (w.world.version(target) === 'v2' ? 0.9 : 0));
  await w.reconfigure({ rules: [...w.configuration.rules, ruleOf('login', login)] });
  await w.wait(5 * MINUTE);
  return w;
}

describe('a new rule that breaches at its first reading', () => {
  test('decides nothing, and people are told so once', async () => {
    await using w = await withNewRule();
    await w.wait(2 * HOUR);

    expect(await w.state()).toBe('no incident');
    expect(w.world.ledger).toEqual([]);
    expect(await w.told()).toEqual([told]);
  });

  test('is trusted once it has read ok, and decides from then on', async () => {
    await using w = await withNewRule();
    w.world.show('login', 0);
    await w.wait(MINUTE);
    expect(await w.state()).toBe('no incident');
    w.world.show('login', (target) => (w.world.version(target) === 'v2' ? 0.9 : 0));
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('closed: rolled_back');
  });

  test('decides at once when somebody arms it', async () => {
    await using w = await withNewRule();
    expect(await w.asks({ do: 'arm', rule: 'login', target: 'shop' })).toEqual({
      accepted: true,
      message: 'shop/login is armed on shop',
      incident: null,
    });
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect((await w.journal('command.arm'))[0]?.message).toBe('alice armed shop/login on shop');
  });

  test('is armed on every target where none is named', async () => {
    await using w = await withNewRule();
    expect((await w.asks({ do: 'arm', rule: 'shop/login', target: null })).message).toBe(
      'shop/login is armed on every target',
    );
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('stays unarmed over a restart', async () => {
    await using w = await withNewRule();
    await w.restart(MINUTE);
    await w.wait(HOUR);

    expect(await w.state()).toBe('no incident');
    expect(w.world.ledger).toEqual([]);
  });

  test('stays armed over a restart', async () => {
    await using w = await withNewRule();
    w.world.show('login', 0);
    await w.wait(MINUTE);
    await w.restart(MINUTE);
    w.world.show('login', (target) => (w.world.version(target) === 'v2' ? 0.9 : 0));
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('does not stand in the way of a rule that is armed', async () => {
    await using w = await withNewRule();
    w.breaks('v2');
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect((await w.incident()).rule).toBe('shop/errors');
  });
});

describe('arming', () => {
  test('of an unknown rule or target is refused', async () => {
    await using w = await watching({ rules: { errors } });

    expect((await w.asks({ do: 'arm', rule: 'nope', target: null })).message).toBe(
      'there is no rule nope; rollbackd status lists them as pack/name',
    );
    expect((await w.asks({ do: 'arm', rule: 'errors', target: 'nope' })).message).toBe(
      'there is no target nope; the configuration has shop',
    );
  });

  test('of a rule that is armed changes nothing', async () => {
    await using w = await watching({ rules: { errors } });
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(30 * SECOND);
    await w.asks({ do: 'arm', rule: 'errors', target: 'shop' });

    expect(await w.state()).toBe('no incident');
    await w.wait(5 * MINUTE);
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.incidents()).toHaveLength(1);
  });
});

describe('a rule in shadow', () => {
  test('records what it would have done, and closes when that is over', async () => {
    await using w = await watching({ rules: { errors: { ...errors, mode: 'shadow' } } });
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(10 * MINUTE);
    expect(await w.state()).toBe('monitoring');
    expect(await w.reason()).toBe(
      'would have rolled back, but only records it because the mode of the rule is shadow',
    );
    w.world.show('errors', 0);
    await w.wait(2 * MINUTE);

    expect(await w.state()).toBe('closed: recovered');
    expect(w.world.ledger).toEqual([]);
  });

  test('lets one that may act lead, though both are CRITICAL', async () => {
    await using w = await watching({ rules: { errors: { ...errors, mode: 'shadow' }, login } });
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(2 * MINUTE);
    expect(await w.state()).toBe('monitoring');
    w.world.show('login', (target) => (w.world.version(target) === 'v2' ? 0.9 : 0));
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('closed: rolled_back');
  });
});

describe('a freeze', () => {
  test('by hand makes a rollback a question until it is over', async () => {
    await using w = await watching({ rules: { errors } });
    await w.deploy('v2');
    await w.asks({ do: 'freeze', target: 'shop', forMs: HOUR, note: 'sale' });
    w.breaks('v2');
    await w.wait(2 * MINUTE);

    expect(await w.state()).toBe('asking');
    expect(await w.reason()).toBe('asks because shop is frozen by alice until 2026-01-05 13:22 UTC: sale');
  });

  test('by hand that is over stands in nobody’s way', async () => {
    await using w = await watching({ rules: { errors } });
    await w.deploy('v2');
    await w.asks({ do: 'freeze', target: 'shop', forMs: HOUR, note: 'sale' });
    await w.wait(HOUR);
    w.breaks('v2');
    await w.wait(2 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('by hand can be lifted, once', async () => {
    await using w = await watching({ rules: { errors } });
    await w.deploy('v2');
    await w.asks({ do: 'freeze', target: null, forMs: HOUR, note: '' });

    expect((await w.asks({ do: 'unfreeze', target: null })).message).toBe(
      'the freeze of every target is lifted',
    );
    expect((await w.asks({ do: 'unfreeze', target: null })).message).toBe(
      'every target is not frozen by hand',
    );
    w.breaks('v2');
    await w.wait(2 * MINUTE);
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('by hand survives a restart', async () => {
    await using w = await watching({ rules: { errors } });
    await w.deploy('v2');
    await w.asks({ do: 'freeze', target: 'shop', forMs: HOUR, note: '' });
    await w.restart(MINUTE);
    w.breaks('v2');
    await w.wait(2 * MINUTE);

    expect(await w.state()).toBe('asking');
  });

  test('that recurs counts by the calendar', async () => {
    await using w = await watching({
      rules: { errors },
      configuration: { freezes: [{ cron: '0 12 * * mon', forMs: HOUR, reason: 'Monday noon' }] },
    });
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(2 * MINUTE);
    expect(await w.state()).toBe('asking');
    expect(await w.reason()).toBe('asks because shop is frozen until 2026-01-05 13:00 UTC: Monday noon');
  });

  test('that recurs is over when its time is', async () => {
    await using w = await watching({
      rules: { errors },
      configuration: { freezes: [{ cron: '0 12 * * mon', forMs: HOUR, reason: 'Monday noon' }] },
    });
    await w.wait(HOUR);
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(2 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });
});
