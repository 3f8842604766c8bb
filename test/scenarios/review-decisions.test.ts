import { describe, expect, test } from 'vitest';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { carol, ruleOf, watching, type RuleOptions, type Watching } from './watching.ts';

const errors: RuleOptions = { measure: 'errors', levels: { critical: { above: 0.5, forMs: MINUTE } } };
const higher: RuleOptions = { measure: 'errors', levels: { critical: { above: 0.95, forMs: MINUTE } } };
const step = (kind: string) => ({ kind, options: {}, deadlineMs: MINUTE, retries: 0 });

describe('a rule that is changed while an incident rolls back by it', () => {
  async function shopHaltedCartAt60(): Promise<Watching> {
    const w = await watching({
      rules: { 'error-rate': errors },
      targets: { shop: {}, cart: {} },
      playbooks: { service: { steps: [step('note'), step('move')] } },
    });
    w.world.troubles.set('note', 'takes a while');
    await w.deploy('v2');
    await w.deploy('v2', 'cart');
    w.world.show('errors', (target) => (target === 'shop' ? 0.9 : 0));
    await w.wait(61 * SECOND);
    await w.asks({ do: 'halt', note: '' });
    await w.wait(10 * SECOND);
    expect(await w.state()).toBe('halted');
    return w;
  }

  test('counts as it is now for every other target', async () => {
    await using w = await shopHaltedCartAt60();
    await w.reconfigure({ rules: [ruleOf('error-rate', higher)] });
    w.world.show('errors', (target) => (target === 'cart' ? 0.6 : 0.9));
    await w.wait(5 * MINUTE);
    await w.asks({ do: 'unhalt', note: '' });
    await w.wait(MINUTE);

    expect(await w.state('cart')).toBe('no incident');
    expect(w.world.ledger.filter((line) => line.startsWith('cart'))).toEqual([]);
    expect(w.world.ledger).toContain('shop: v2 → v1');
  });

  test('counts as it was for the incident itself, over a restart, too', async () => {
    await using w = await watching({ rules: { 'error-rate': errors } });
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(80 * SECOND);
    expect(await w.state()).toBe('verifying');
    w.world.show('errors', 0.6);
    await w.reconfigure({ rules: [ruleOf('error-rate', higher)] });
    await w.restart();
    await w.wait(15 * MINUTE);

    expect(await w.state()).toBe('handed_over');
    expect(await w.reason()).toMatch(/^the breach goes on after the rollback/);
  });

  test('verifies by the old copy although the target left the pack', async () => {
    await using w = await watching({ rules: { 'error-rate': errors } });
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(80 * SECOND);
    const shop = w.configuration.targets['shop'];
    if (shop === undefined) throw new Error('there is no shop');
    await w.reconfigure({ targets: { shop: { ...shop, packs: [] } } });
    await w.wait(3 * MINUTE);

    expect(await w.state()).toBe('closed: rolled_back');
  });

  test('counts as it is now for the target itself once the incident is over', async () => {
    await using w = await watching({ rules: { 'error-rate': errors }, targets: { shop: { cooldownMs: 0 } } });
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(80 * SECOND);
    await w.reconfigure({ rules: [ruleOf('error-rate', higher)] });
    await w.wait(3 * MINUTE);
    expect(await w.state()).toBe('closed: rolled_back');
    await w.deploy('v3');
    w.breaks('v3', 0.6);
    await w.wait(10 * MINUTE);

    expect(await w.incidents()).toHaveLength(1);
  });
});

describe('a halt while a request is planned', () => {
  async function haltedWhilePlanning(): Promise<Watching> {
    const w = await watching({ rules: { 'error-rate': errors } });
    await w.deploy('v2');
    w.world.troubles.set('move', 'slow to read');
    const asked = w.asks({
      do: 'rollback',
      target: 'shop',
      to: null,
      because: 'security',
      playbook: null,
      note: '',
    });
    await w.wait(7 * SECOND);
    expect((await asked).accepted).toBe(true);
    expect(await w.state()).toBe('planning');
    w.halted = 'the halt file is there';
    await w.wait(10 * SECOND);
    expect(await w.state()).toBe('halted');
    return w;
  }

  test('makes a new question of it, whatever runs then', async () => {
    await using w = await haltedWhilePlanning();
    await w.wait(6 * HOUR);
    await w.deploy('v4');
    w.halted = null;
    await w.wait(30 * SECOND);

    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('asking');
    expect(await w.reason()).toBe(
      'asks because alice asked for a rollback, and what was approved then no longer holds',
    );
  });

  test('lets the question be answered', async () => {
    await using w = await haltedWhilePlanning();
    w.halted = null;
    await w.wait(30 * SECOND);
    expect((await w.answers('approve')).accepted).toBe(true);
    await w.wait(2 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('closed: rolled_back');
  });

  test('asks although the mode only tells people', async () => {
    await using w = await haltedWhilePlanning();
    await w.reconfigure({ mode: 'notify' });
    w.halted = null;
    await w.wait(30 * SECOND);

    expect(await w.state()).toBe('asking');
  });
});

test('a release that a person named is not gone to without one', async () => {
  await using w = await watching({ mode: 'notify', rules: { 'error-rate': errors } });
  await w.deploy('v2');
  await w.deploy('v3');
  w.breaks('v3');
  await w.wait(70 * SECOND);
  expect(await w.state()).toBe('investigating');
  w.world.troubles.set('move', 'slow to read');
  const to = w.world.release('v2');
  const asked = w.asks({ do: 'rollback', target: 'shop', to, because: 'security', playbook: null, note: '' });
  await w.wait(7 * SECOND);
  expect((await asked).accepted).toBe(true);
  w.halted = 'the halt file is there';
  await w.wait(10 * SECOND);
  expect(await w.state()).toBe('halted');
  await w.reconfigure({ mode: 'auto' });
  w.halted = null;
  await w.wait(20 * SECOND);

  expect(w.world.ledger).toEqual([]);
  expect(await w.state()).toBe('asking');
  expect(await w.reason()).toBe(
    'asks because a person chose the way, and what was approved then no longer holds',
  );
});

describe('a request', () => {
  test('whose facts change before it starts is asked about again', async () => {
    await using w = await watching({ rules: { 'error-rate': errors } });
    await w.deploy('v2');
    w.world.troubles.set('move', 'changes');
    await w.asks({ do: 'rollback', target: 'shop', to: null, because: 'security', playbook: null, note: '' });
    w.world.troubles.clear();
    await w.wait(10 * SECOND);

    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('asking');
    expect((await w.journal('plan.void')).length).toBeGreaterThan(0);
  });

  test('that destroys data is asked about although the mode only tells people', async () => {
    await using w = await watching({
      mode: 'notify',
      drivers: (world) => [world.driver('restore', 'probe', 'destructive-data')],
      playbooks: { service: { steps: [step('restore')] } },
    });
    await w.deploy('v2');
    await w.asks({ do: 'rollback', target: 'shop', to: null, because: 'security', playbook: null, note: '' });
    expect(await w.state()).toBe('asking');
    await w.answers('approve', carol);
    await w.wait(MINUTE);

    expect(w.world.ledger).toEqual(['shop: restore']);
  });
});

describe('an approval of one playbook', () => {
  const playbooks = (next: string) => ({
    service: { steps: [step('move')], otherwisePlaybook: 'shop/next' },
    next: { steps: [step(next)] },
  });

  async function failsAfterApproval(next: string): Promise<Watching> {
    const w = await watching({
      mode: 'approve',
      drivers: (world) => [
        world.driver('restore', 'probe', 'destructive-data'),
        world.driver('restart', 'probe', 'disruptive'),
      ],
      playbooks: playbooks(next),
    });
    w.world.troubles.set('move', 'fails');
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(61 * SECOND);
    expect(await w.state()).toBe('asking');
    await w.answers('approve', carol);
    await w.wait(2 * SECOND);
    return w;
  }

  test('does not carry the next one when that destroys data', async () => {
    await using w = await failsAfterApproval('restore');

    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('asking');
    expect(await w.journal('question.asked')).toHaveLength(2);
    await w.answers('approve', carol);
    await w.wait(SECOND);
    expect(w.world.ledger).toEqual(['shop: restore']);
  });

  test('carries the next one when that risks no more', async () => {
    await using w = await failsAfterApproval('restart');

    expect(w.world.ledger).toEqual(['shop: restart']);
    expect(await w.journal('question.asked')).toHaveLength(1);
  });
});

describe('a rule in shadow', () => {
  const shadow = (name: string): RuleOptions => ({
    measure: name,
    mode: 'shadow',
    levels: { critical: { above: 0.5, forMs: MINUTE } },
  });
  const high: RuleOptions = { measure: 'errors', levels: { high: { above: 0.5, forMs: MINUTE } } };

  test('does not take the question away from a rule that may ask', async () => {
    await using w = await watching({ rules: { errors: high, trial: shadow('trial') } });
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(61 * SECOND);
    expect(await w.state()).toBe('asking');
    w.world.show('trial', 0.9);
    await w.wait(2 * MINUTE);

    expect(await w.state()).toBe('asking');
    expect((await w.incident()).rule).toBe('shop/errors');
    expect(await w.journal('question.asked')).toHaveLength(1);
    expect(await w.journal('question.superseded')).toEqual([]);
  });

  test('gives way to a milder rule that may decide', async () => {
    await using w = await watching({ rules: { errors: high, trial: shadow('trial') } });
    await w.deploy('v2');
    w.world.show('trial', 0.9);
    await w.wait(2 * MINUTE);
    expect(await w.state()).toBe('monitoring');
    w.breaks('v2');
    await w.wait(61 * SECOND);

    expect(await w.state()).toBe('asking');
    expect((await w.incident()).severity).toBe('high');
  });

  test('does not stop a rollback as having made things worse', async () => {
    await using w = await watching({ rules: { errors, trial: shadow('trial') } });
    await w.deploy('v2');
    w.breaks('v2');
    w.world.show('trial', (target) => (w.world.version(target) === 'v1' ? 0.9 : 0));
    await w.wait(70 * SECOND);
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    await w.wait(15 * MINUTE);

    expect(w.standing('v2')).toBe('bad');
    expect((await w.incidents()).at(-1)?.outcome).toBe('rolled_back');
  });

  test('need not recover for a rollback to be verified', async () => {
    await using w = await watching({ rules: { errors, trial: shadow('trial') } });
    await w.deploy('v2');
    w.breaks('v2');
    w.world.show('trial', 0.9);
    await w.wait(10 * MINUTE);

    expect(w.standing('v2')).toBe('bad');
  });
});
