import { describe, expect, test } from 'vitest';
import type { Composition } from '../../src/domain/composition.ts';
import type { Comparison } from '../../src/domain/rule.ts';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { watching, type RuleOptions } from './watching.ts';

const half: Comparison = { operator: 'above', threshold: { value: 0.5, unit: 'ratio' } };

describe('a level that needs a share of the last readings', () => {
  const flapping: RuleOptions = {
    measure: 'errors',
    levels: { critical: { condition: { comparison: half, need: { breaches: 3, of: 5 } } } },
  };

  test('rolls a signal that flaps back, and verifies over as many readings', async () => {
    await using w = await watching({ rules: { flapping } });
    w.world.show('errors', (target) => {
      const isOdd = Math.floor(w.clock.now() / (10 * SECOND)) % 2 === 1;
      return w.world.version(target) === 'v2' && isOdd ? 0.9 : 0;
    });
    await w.deploy('v2');
    await w.wait(10 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('closed: rolled_back');
    expect((await w.journal('incident.opened'))[0]?.message).toContain('above 50% in 3 of 5 readings');
    expect((await w.journal('incident.closed'))[0]?.message).toContain(
      'shop/flapping: errors is 0; 0 of the last 5 readings breach',
    );
  });

  test('does not roll back what breaches twice in five, however long', async () => {
    await using w = await watching({ rules: { flapping } });
    w.world.show('errors', (target) => {
      const turn = Math.floor(w.clock.now() / (10 * SECOND)) % 5;
      return w.world.version(target) === 'v2' && turn < 2 ? 0.9 : 0;
    });
    await w.deploy('v2');
    await w.wait(60 * MINUTE);

    expect(await w.state()).toBe('no incident');
  });

  test('goes on counting after a restart', async () => {
    await using w = await watching({ rules: { flapping } });
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(20 * SECOND);
    expect(await w.state()).toBe('no incident');
    await w.restart();
    await w.wait(SECOND);

    expect(await w.state()).not.toBe('no incident');
  });
});

describe('a rule of several signals', () => {
  const parts: Composition['parts'] = [
    { source: { kind: 'measure', options: 'errors' }, comparison: half },
    { source: { kind: 'probe', options: 'health' } },
  ];
  const both: RuleOptions = {
    source: { kind: 'all', options: { parts } },
    levels: { critical: { condition: { forMs: MINUTE } } },
  };

  test('rolls back when all of them breach, and not before', async () => {
    await using w = await watching({ rules: { both } });
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(10 * MINUTE);
    expect(await w.state()).toBe('no incident');

    w.world.show('health', (target) => w.world.version(target) !== 'v2');
    await w.wait(10 * MINUTE);
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('closed: rolled_back');
    expect((await w.journal('incident.opened'))[0]?.message).toContain(
      'measure: errors is 0.9 (breach); probe: answers 500 (breach), failing for 1m',
    );
  });

  test('does nothing while one of them cannot be seen', async () => {
    await using w = await watching({ rules: { both } });
    await w.deploy('v2');
    w.breaks('v2');
    w.world.show('health', 'blind');
    await w.wait(30 * MINUTE);

    expect(w.world.ledger).toEqual([]);
  });
});

describe('a level in times the time before the deployment', () => {
  const slow: RuleOptions = {
    source: {
      kind: 'prometheus',
      options: { ask: { query: 'latency' }, fresh: null, emptyIsOk: false, windowMs: 0 },
    },
    baseline: { before: 'deploy', windowMs: 10 * MINUTE },
    levels: {
      critical: {
        condition: {
          comparison: {
            operator: 'above',
            threshold: { value: 3, unit: 'times' },
            floor: { value: 0.5, unit: 'seconds' },
          },
          forMs: MINUTE,
        },
      },
    },
    recover: {
      comparison: { operator: 'below', threshold: { value: 1.5, unit: 'times' } },
      forMs: 30 * SECOND,
    },
  };
  const latency = (v1: number, v2: number) => async () => {
    const w = await watching({ rules: { slow }, warmUpMs: 0 });
    w.world.show('latency', (target) => (w.world.version(target) === 'v2' ? v2 : v1));
    await w.wait(30 * MINUTE);
    return w;
  };

  test('rolls back what is so many times slower, and compares the release that came back with the same', async () => {
    await using w = await latency(0.3, 1.24)();
    await w.deploy('v2');
    await w.wait(10 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('closed: rolled_back');
    expect((await w.journal('incident.opened'))[0]?.message).toContain(
      '1.24s, 4.13 times the 0.3s before the deployment, above 3x and 0.5s for 1m',
    );
    expect((await w.journal('incident.closed'))[0]?.message).toContain(
      'shop/slow: 0.3s, 1 times the 0.3s before the deployment, good for 30s',
    );
  });

  test('leaves alone what is slower than ever before, and not slow', async () => {
    await using w = await latency(0.03, 0.3)();
    await w.deploy('v2');
    await w.wait(20 * MINUTE);

    expect(await w.state()).toBe('no incident');
  });

  test('says nothing of a release that nobody saw arrive', async () => {
    await using w = await latency(0.3, 9)();
    w.world.show('latency', 30);
    await w.wait(20 * MINUTE);

    expect(await w.state()).toBe('no incident');
  });

  test('goes on after a restart with what was read before it', async () => {
    await using w = await latency(0.3, 1.24)();
    await w.deploy('v2');
    await w.restart(5 * SECOND);
    await w.wait(10 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });
});
