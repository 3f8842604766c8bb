import { describe, expect, test } from 'vitest';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { type RuleOptions, type Watching, watching } from './watching.ts';

const looksBack: RuleOptions = {
  measure: 'errors',
  windowMs: 2 * MINUTE,
  levels: { critical: { above: 0.5, forMs: MINUTE } },
  recover: {
    comparison: { operator: 'below', threshold: { value: 0.05, unit: 'ratio' } },
    forMs: 30 * SECOND,
  },
};

async function breakV2(w: Watching): Promise<void> {
  await w.deploy('v2');
  w.breaks('v2');
  await w.wait(61 * SECOND);
  expect(w.world.ledger).toEqual(['shop: v2 → v1']);
}

describe('the rules of the incident', () => {
  test('must recover on readings that look back over nothing from before the last effect', async () => {
    await using w = await watching({ rules: { 'error-rate': looksBack } });
    await breakV2(w);
    const { lastEffectAt } = (await w.incident()).marks;
    await w.wait(10 * MINUTE);

    // 5 s to settle, 2 m of window, the first reading after that, and 30 s of good ones.
    const { verifiedAt } = (await w.incident()).marks;
    expect(await w.state()).toBe('closed: rolled_back');
    expect((verifiedAt ?? 0) - (lastEffectAt ?? 0)).toBe(160 * SECOND);
  });

  test('do not count as recovered by good readings from before', async () => {
    await using w = await watching({ rules: { 'error-rate': looksBack } });
    await breakV2(w);
    w.world.show('errors', 0);
    await w.wait(2 * MINUTE);
    w.world.show('errors', 0.9);
    await w.wait(10 * MINUTE);

    expect(await w.state()).toBe('handed_over');
    expect(await w.reason()).toBe(
      'the breach goes on after the rollback, so the release was not its cause: shop/error-rate: errors is 0.9',
    );
  });

  test('that only half recover do not end it', async () => {
    await using w = await watching({ rules: { 'error-rate': looksBack } });
    await breakV2(w);
    w.world.show('errors', 0.2);
    await w.wait(10 * MINUTE);

    expect(await w.state()).toBe('handed_over');
    expect(w.standing('v2')).toBe('unproven');
  });

  test('must recover all of them', async () => {
    await using w = await watching({
      rules: {
        'error-rate': { measure: 'errors', levels: { critical: { above: 0.5 } } },
        latency: { measure: 'latency', levels: { medium: { above: 0.5, forMs: 30 * SECOND } } },
      },
    });
    await w.deploy('v2');
    w.breaks('v2');
    w.world.show('latency', 0.9);
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('handed_over');
    expect(await w.reason()).toMatch(/: shop\/latency: latency is 0\.9$/);
    expect(w.standing('v2')).toBe('unproven');
  });
});

describe('after a rollback without traffic', () => {
  test('verification is inconclusive, extended once, and handed over', async () => {
    await using w = await watching();
    await breakV2(w);
    w.world.show('errors', 'idle');
    await w.wait(2 * MINUTE);
    expect(await w.state()).toBe('verifying');
    expect(await w.journal('rollback.inconclusive')).toHaveLength(1);
    await w.wait(3 * MINUTE);

    expect(await w.state()).toBe('handed_over');
    expect(await w.reason()).toBe(
      'verification is inconclusive: shop/error-rate: cannot see: errors has too little traffic',
    );
    expect(await w.journal('rollback.inconclusive')).toHaveLength(1);
    expect(w.standing('v2')).toBe('unproven');
    expect(w.world.ledger).toHaveLength(1);
  });

  test('verification goes through when traffic comes back in the extension', async () => {
    await using w = await watching();
    await breakV2(w);
    w.world.show('errors', 'idle');
    await w.wait(2 * MINUTE);
    w.breaks('v2');
    await w.wait(3 * MINUTE);

    expect(await w.state()).toBe('closed: rolled_back');
    expect(w.standing('v2')).toBe('bad');
  });

  test('what was getting better when sight of it was lost is not called worse', async () => {
    await using w = await watching();
    await breakV2(w);
    await w.wait(40 * SECOND);
    w.world.show('errors', 'blind');
    await w.wait(10 * MINUTE);

    expect(await w.state()).toBe('handed_over');
    expect(await w.reason()).toBe(
      'verification is inconclusive: shop/error-rate: cannot see: errors cannot be read',
    );
  });

  test('a hand-over ends by itself when the rules recover at last', async () => {
    await using w = await watching();
    await breakV2(w);
    w.world.show('errors', 'idle');
    await w.wait(10 * MINUTE);
    expect(await w.state()).toBe('handed_over');
    w.breaks('v2');
    await w.wait(5 * MINUTE);

    expect(await w.state()).toBe('closed: handed_over');
  });
});

describe('worse than before', () => {
  test('stops verification, hands over, and repeats nothing', async () => {
    await using w = await watching({
      rules: {
        'error-rate': { measure: 'errors', levels: { critical: { above: 0.5 } } },
        logins: { measure: 'logins', levels: { critical: { above: 0.5, forMs: 20 * SECOND } } },
      },
    });
    await breakV2(w);
    w.world.show('logins', (shop) => (w.world.version(shop) === 'v1' ? 0.9 : 0));
    await w.wait(50 * SECOND);

    expect(await w.state()).toBe('handed_over');
    expect(await w.reason()).toBe(
      'it became worse after the rollback: shop/logins fires since the rollback: logins is 0.9',
    );
    await w.wait(2 * HOUR);
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(w.standing('v2')).toBe('unproven');
  });

  test('is also a graver level of the same rule', async () => {
    await using w = await watching({
      mode: 'approve',
      rules: {
        'error-rate': {
          measure: 'errors',
          levels: { critical: { above: 0.8, forMs: 20 * SECOND }, high: { above: 0.5, forMs: MINUTE } },
        },
      },
    });
    await w.deploy('v2');
    w.world.show('errors', 0.6);
    await w.wait(61 * SECOND);
    await w.answers('approve');
    await w.wait(2 * SECOND);
    w.world.show('errors', 0.9);
    await w.wait(35 * SECOND);

    expect(await w.state()).toBe('handed_over');
    expect(await w.reason()).toBe(
      'it became worse after the rollback: shop/error-rate fires since the rollback: errors is 0.9',
    );
  });

  test('is not what looks back over the time before the rollback', async () => {
    await using w = await watching({
      rules: {
        'error-rate': { measure: 'errors', levels: { critical: { above: 0.5 } } },
        logins: {
          measure: 'logins',
          windowMs: MINUTE,
          levels: { critical: { above: 0.5, forMs: 20 * SECOND } },
        },
      },
    });
    await breakV2(w);
    w.world.show('logins', 0.9);
    await w.wait(40 * SECOND);
    w.world.show('logins', 0);
    await w.wait(10 * MINUTE);

    expect(await w.state()).toBe('closed: rolled_back');
    expect(w.standing('v2')).toBe('bad');
  });
});

describe('a release that was rolled back', () => {
  test('is bad only once the rollback is verified', async () => {
    await using w = await watching();
    await breakV2(w);
    await w.wait(30 * SECOND);
    expect(w.standing('v2')).toBe('unproven');
    await w.wait(2 * MINUTE);
    expect(w.standing('v2')).toBe('bad');
  });

  test('and returns is announced; only a new breach makes a new incident, which is a question', async () => {
    await using w = await watching();
    await breakV2(w);
    await w.wait(5 * MINUTE);
    w.world.show('errors', 0);
    await w.deploy('v2');
    await w.wait(10 * MINUTE);
    const [announced] = await w.journal('release.bad_returned');
    expect(announced?.message).toMatch(/^v2 \(r-[0-9a-f]+\) runs again on shop; it is known to be bad$/);
    expect((await w.told()).at(-1)).toBe(announced?.message);
    expect(await w.incidents()).toHaveLength(1);

    w.breaks('v2');
    await w.wait(90 * SECOND);
    expect(await w.incidents()).toHaveLength(2);
    expect(await w.state()).toBe('asking');
    expect(w.world.ledger).toHaveLength(1);
  });
});

test('what breaches again before detection had called it over makes a new incident', async () => {
  await using w = await watching({
    targets: { shop: { graceMs: 0 } },
    rules: { health: { probe: 'health', levels: { critical: { failures: 6 } } } },
  });
  await w.deploy('v2');
  w.world.show('health', (shop) => w.world.version(shop) !== 'v2');
  await w.wait(55 * SECOND);
  expect(await w.state()).toBe('verifying');
  await w.wait(20 * SECOND);
  expect(await w.state()).toBe('closed: rolled_back');
  w.world.show('health', false);
  await w.wait(10 * SECOND);

  expect(await w.reason()).toMatch(/^hands over because no other release of shop /);
  expect(await w.incidents()).toHaveLength(2);
});
