import { describe, expect, test } from 'vitest';
import type { Rule } from '../../src/domain/rule.ts';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { ruleOf, watching, type RuleOptions, type Watching } from './watching.ts';

const errors: RuleOptions = { measure: 'errors', levels: { critical: { above: 0.5, forMs: MINUTE } } };

async function verifyingShop(): Promise<Watching> {
  const w = await watching({ rules: { 'error-rate': errors } });
  await w.deploy('v2');
  w.breaks('v2');
  await w.wait(80 * SECOND);
  expect(await w.state()).toBe('verifying');
  return w;
}

function evaluated(w: Watching): readonly Rule[] {
  const ids = [...w.engine.core.parts.detection.lastEvaluations().keys()];
  return ids.map((id) => ({ id }) as Rule);
}

describe('a new configuration before anything fires', () => {
  test('starts a pending breach of a changed rule over', async () => {
    await using w = await watching({ rules: { 'error-rate': errors } });
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(50 * SECOND);
    const changed = ruleOf('error-rate', { ...errors, summary: 'Errors, defined anew' });
    w.world.show('errors', 0);
    await w.reconfigure({ rules: [changed] });
    await w.wait(20 * SECOND);
    w.breaks('v2');
    await w.wait(55 * SECOND);
    expect(w.world.ledger).toEqual([]);
    await w.wait(20 * SECOND);
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('leaves a pending breach of an unchanged rule as it is', async () => {
    await using w = await watching({ rules: { 'error-rate': errors } });
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(50 * SECOND);
    await w.reconfigure({ environment: 'other' });
    await w.wait(20 * SECOND);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('is journaled', async () => {
    await using w = await watching();
    await w.reconfigure({ environment: 'other' });

    expect((await w.journal('config.loaded'))[0]?.message).toMatch(
      /^configuration [0-9a-f]{12} is in force$/,
    );
  });

  test('watches a target that is new', async () => {
    await using w = await watching();
    const shop = w.configuration.targets['shop'];
    if (shop === undefined) throw new Error('there is no shop');
    const bar = { ...shop, name: 'bar', labels: { service: 'bar' }, link: { path: '/srv/bar/current' } };
    await w.reconfigure({ targets: { shop, bar } });
    w.world.deploy('bar', 'v1');
    await w.wait(15 * MINUTE);
    await w.deploy('v2', 'bar');
    w.breaks('v2');
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['bar: v2 → v1']);
  });
});

describe('a new configuration while a rollback is verified', () => {
  test('without its rule lets the incident verify by its own copy', async () => {
    await using w = await verifyingShop();
    await w.reconfigure({ rules: [] });
    await w.wait(3 * MINUTE);

    expect(await w.state()).toBe('closed: rolled_back');
    expect(w.standing('v2')).toBe('bad');
  });

  test('is in force for everything else, and for that rule once the incident is over', async () => {
    await using w = await verifyingShop();
    const other = ruleOf('latency', { measure: 'latency', levels: { medium: { above: 2 } } });
    await w.reconfigure({ rules: [other] });
    await w.wait(15 * SECOND);
    expect(evaluated(w).map(({ id }) => id)).toContain('shop/error-rate');
    expect(evaluated(w).map(({ id }) => id)).toContain('shop/latency');
    await w.wait(3 * MINUTE);

    expect(evaluated(w).map(({ id }) => id)).toEqual(['shop/latency']);
  });

  test('with another rule of that name does not mix its readings in', async () => {
    await using w = await verifyingShop();
    const other = ruleOf('error-rate', { ...errors, measure: 'temperature' });
    w.world.show('temperature', 90);
    await w.reconfigure({ rules: [other] });
    await w.wait(3 * MINUTE);

    expect(await w.state()).toBe('closed: rolled_back');
    expect(await w.reason()).toBe('rolled back and verified: shop/error-rate: errors is 0, good for 1m');
  });

  test('without its target lets it end, too', async () => {
    await using w = await verifyingShop();
    await w.reconfigure({ targets: {} });
    await w.wait(3 * MINUTE);

    expect(await w.state()).toBe('closed: rolled_back');
    expect(w.fatal).toBe(null);
  });

  test('is kept over a restart, too', async () => {
    await using w = await verifyingShop();
    w.configuration = { ...w.configuration, rules: [] };
    await w.restart(10 * SECOND);
    await w.wait(3 * MINUTE);

    expect(await w.state()).toBe('closed: rolled_back');
  });
});

describe('a new configuration after a hand-over', () => {
  test('that has no release to go to closes it when its rule is removed', async () => {
    await using w = await watching();
    w.world.show('errors', 0.9);
    await w.wait(2 * MINUTE);
    expect(await w.state()).toBe('handed_over');
    await w.reconfigure({ rules: [] });

    expect(await w.state()).toBe('closed: handed_over');
    expect((await w.journal('incident.closed'))[0]?.message).toMatch(
      /the rule shop\/error-rate was removed from the configuration; it had been handed over$/,
    );
  });

  test('that happened after an effect leaves it to the person who owns it', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.world.show('errors', 0.9);
    await w.wait(20 * MINUTE);
    expect(await w.state()).toBe('handed_over');
    await w.reconfigure({ rules: [] });
    await w.wait(MINUTE);

    expect(await w.state()).toBe('handed_over');
  });
});

test('a request whose target is removed while people are asked is withdrawn', async () => {
  await using w = await watching({
    drivers: (world) => [world.driver('restore', 'probe', 'destructive-data')],
    playbooks: { service: { steps: [{ kind: 'restore', options: {}, deadlineMs: MINUTE, retries: 0 }] } },
  });
  await w.deploy('v2');
  await w.asks({ do: 'rollback', target: 'shop', to: null, because: 'security', playbook: null, note: '' });
  expect(await w.state()).toBe('asking');
  await w.reconfigure({ targets: {} });

  expect(await w.state()).toBe('closed: withdrawn');
  expect(await w.reason()).toBe('shop was removed from the configuration');
});

describe('a target that was taken out while it was broken', () => {
  let both: Watching['configuration']['targets'] = {};
  async function brokenAndTakenOut(): Promise<Watching> {
    const w = await watching({
      targets: { shop: {}, bar: {} },
      rules: { 'error-rate': { ...errors, mode: 'notify' } },
    });
    w.world.show('errors', (target) => (target === 'bar' ? 0.9 : 0));
    await w.wait(2 * MINUTE);
    expect(await w.state('bar')).toBe('handed_over');
    both = w.configuration.targets;
    const { shop } = both;
    if (shop === undefined) throw new Error('there is no shop');
    await w.reconfigure({ targets: { shop } });
    return w;
  }

  const remembered = async (w: Watching): Promise<string[]> =>
    (await w.store.load()).watches.map(({ rule, subject }) => `${rule} on ${subject}`);

  test('and comes back broken, is not taken for one whose incident is known', async () => {
    await using w = await brokenAndTakenOut();
    await w.restart();
    await w.reconfigure({ targets: both });
    await w.wait(2 * MINUTE);
    expect((await w.journal('rule.unarmed')).map(({ target }) => target)).toEqual(['bar']);

    w.world.show('errors', 0);
    await w.wait(2 * MINUTE);
    w.world.show('errors', (target) => (target === 'bar' ? 0.9 : 0));
    await w.wait(2 * MINUTE);
    expect(await w.state('bar')).toBe('handed_over');
  });

  test('is forgotten at the next start if it was taken out while the daemon was down', async () => {
    await using w = await watching({ targets: { shop: {}, bar: {} }, rules: { 'error-rate': errors } });
    const { shop } = w.configuration.targets;
    if (shop === undefined) throw new Error('there is no shop');
    w.configuration = { ...w.configuration, targets: { shop } };
    await w.restart();
    expect(await remembered(w)).toEqual(['shop/error-rate on shop']);
  });

  test('is forgotten at once', async () => {
    await using w = await brokenAndTakenOut();
    expect(await remembered(w)).toEqual(['shop/error-rate on shop']);
  });
});
