import { describe, expect, test } from 'vitest';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { watching } from './watching.ts';

const unknowns = ['blind', 'nothing', 'idle'] as const;

describe.each(unknowns)('readings that say nothing (%s)', (unknown) => {
  test('never move towards a rollback', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.world.show('errors', unknown);
    await w.wait(HOUR);

    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('no incident');
  });

  test('do not complete a breach that had almost lasted long enough', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(55 * SECOND);
    w.world.show('errors', unknown);
    await w.wait(25 * SECOND);
    expect(await w.state()).toBe('no incident');
    await w.wait(HOUR);

    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('no incident');
  });

  test('in the middle of a breach only make it later', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(35 * SECOND);
    w.world.show('errors', unknown);
    await w.wait(10 * SECOND);
    w.breaks('v2');
    await w.wait(25 * SECOND);
    expect(w.world.ledger).toEqual([]);
    await w.wait(30 * SECOND);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('leave an incident that waits for people as it is', async () => {
    await using w = await watching({ mode: 'notify' });
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(90 * SECOND);
    w.world.show('errors', unknown);
    await w.wait(20 * MINUTE);

    expect(await w.state()).toBe('investigating');
    expect(w.world.ledger).toEqual([]);
  });
});

describe('a source that cannot be read', () => {
  const rules = {
    'error-rate': { measure: 'errors', levels: { critical: { above: 0.5 } } },
    latency: { measure: 'errors', levels: { critical: { above: 0.9 } } },
  };
  const targets = { shop: {}, till: {}, mail: {} };

  test('opens exactly one MEDIUM incident after five minutes, whatever reads from it', async () => {
    await using w = await watching({ rules, targets });
    w.world.show('errors', 'blind');
    await w.wait(4 * MINUTE + 50 * SECOND);
    expect(await w.incidents()).toEqual([]);
    await w.wait(20 * SECOND);
    expect(await w.incidents()).toHaveLength(1);
    await w.wait(2 * HOUR);

    const [only, ...others] = await w.incidents();
    expect(others).toEqual([]);
    expect(only).toMatchObject({ target: 'source:errors', severity: 'medium', state: 'investigating' });
    expect((await w.told())[0]).toMatch(/^MEDIUM source:errors i-.*errors cannot be read/);
  });

  test('has its incident close when it sees again, and open anew when it is lost again', async () => {
    await using w = await watching({ rules, targets });
    w.world.show('errors', 'blind');
    await w.wait(10 * MINUTE);
    w.world.show('errors', 0);
    await w.wait(10 * SECOND);
    expect(await w.state('source:errors')).toBe('closed: recovered');

    w.world.show('errors', 'blind');
    await w.wait(10 * MINUTE);
    expect(await w.state('source:errors')).toBe('investigating');
    expect(await w.incidents()).toHaveLength(2);
  });

  test('keeps its one incident over restarts', async () => {
    await using w = await watching({ rules, targets });
    w.world.show('errors', 'blind');
    await w.wait(6 * MINUTE);
    await w.restart(10 * MINUTE);
    await w.wait(10 * MINUTE);
    expect(await w.incidents()).toHaveLength(1);

    w.world.show('errors', 0);
    await w.wait(20 * SECOND);
    expect(await w.state('source:errors')).toBe('closed: recovered');
  });

  test('is not blind for the time that the daemon was away', async () => {
    await using w = await watching({ rules, targets });
    w.world.show('errors', 'blind');
    await w.wait(MINUTE);
    await w.restart(HOUR);
    await w.wait(4 * MINUTE + 30 * SECOND);

    expect(await w.incidents()).toEqual([]);
  });

  test('is one of several: each has an incident of its own', async () => {
    await using w = await watching({
      rules: {
        'error-rate': { measure: 'errors', levels: { critical: { above: 0.5 } } },
        latency: { measure: 'latency', levels: { critical: { above: 0.9 } } },
      },
    });
    w.world.show('errors', 'blind');
    w.world.show('latency', 'blind');
    await w.wait(10 * MINUTE);

    expect((await w.incidents()).map(({ target }) => target).sort()).toEqual([
      'source:errors',
      'source:latency',
    ]);
  });

  test('has nothing to do with too little traffic', async () => {
    await using w = await watching();
    w.world.show('errors', 'idle');
    await w.wait(HOUR);

    expect(await w.incidents()).toEqual([]);
  });
});

describe('a series that never had data', () => {
  test('is never seen, not blind', async () => {
    await using w = await watching({
      rules: {
        'error-rate': { measure: 'errors', levels: { critical: { above: 0.5 } } },
        queue: { measure: 'queue', levels: { medium: { above: 0.5 } } },
      },
      warmUpMs: 0,
    });
    w.world.show('queue', 'nothing');
    await w.wait(HOUR);

    expect(await w.incidents()).toEqual([]);
    const view = w.engine.core.parts.detection.views('shop').find(({ rule }) => rule === 'shop/queue');
    expect(view?.verdict).toBe('never_seen');
  });

  test('does not stand in the way of what others say', async () => {
    await using w = await watching({
      rules: {
        'error-rate': { measure: 'errors', levels: { critical: { above: 0.5 } } },
        queue: { measure: 'queue', levels: { medium: { above: 0.5 } } },
      },
    });
    w.world.show('queue', 'nothing');
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(5 * MINUTE);

    expect(await w.state()).toBe('closed: rolled_back');
  });
});
