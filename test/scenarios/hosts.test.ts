import { describe, expect, test } from 'vitest';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { watching, type WatchingOptions } from './watching.ts';

/** A rule on the host as a whole, beside one on each target. */
const hosts = (more: Partial<WatchingOptions> = {}): WatchingOptions => ({
  targets: { shop: {}, till: {}, mail: { host: 'other' } },
  rules: {
    'error-rate': { measure: 'errors', levels: { critical: { above: 0.5 } } },
    'disk-full': {
      measure: 'disk',
      scope: 'host',
      blameMs: null,
      levels: { critical: { above: 0.9, forMs: 0 } },
    },
  },
  ...more,
});

describe('a rule of the host', () => {
  test('opens its incident on the target of that host with the newest release', async () => {
    await using w = await watching(hosts());
    await w.deploy('v2', 'till');
    await w.deploy('v2', 'mail');
    w.world.show('disk', (subject) =>
      subject === 'host:local' && w.world.version('till') === 'v2' ? 0.95 : 0.5,
    );
    await w.wait(11 * SECOND);

    expect(w.world.ledger).toEqual(['till: v2 → v1']);
    await w.wait(2 * MINUTE);
    expect(await w.state('till')).toBe('closed: rolled_back');
    expect(await w.state('shop')).toBe('no incident');
    expect(await w.state('mail')).toBe('no incident');
  });

  test('recovers, and its incident with it', async () => {
    await using w = await watching(hosts({ mode: 'notify' }));
    await w.deploy('v2', 'shop');
    w.world.show('disk', (subject) => (subject === 'host:local' ? 0.95 : 0.5));
    await w.wait(2 * MINUTE);
    expect(await w.state('shop')).toBe('investigating');
    w.world.show('disk', 0.5);
    await w.wait(30 * SECOND);

    expect(await w.state('shop')).toBe('closed: recovered');
  });

  test('stays with the target it opened on, whatever is deployed later', async () => {
    await using w = await watching(hosts({ mode: 'notify' }));
    await w.deploy('v2', 'shop');
    w.world.show('disk', (subject) => (subject === 'host:local' ? 0.95 : 0.5));
    await w.wait(30 * SECOND);
    await w.deploy('v2', 'till');
    w.world.show('disk', 0.5);
    await w.wait(30 * SECOND);

    expect(await w.state('shop')).toBe('closed: recovered');
    expect(await w.state('till')).toBe('no incident');
  });

  test('that breaches on two hosts opens an incident on each', async () => {
    await using w = await watching(hosts({ mode: 'notify' }));
    await w.deploy('v2', 'shop');
    w.world.show('disk', 0.95);
    await w.wait(30 * SECOND);

    expect((await w.incidents()).map(({ target }) => target).sort()).toEqual(['mail', 'shop']);
  });

  test('joins the incident that its target has already', async () => {
    await using w = await watching(hosts({ mode: 'notify' }));
    await w.deploy('v2', 'shop');
    w.breaks('v2');
    await w.wait(90 * SECOND);
    w.world.show('disk', (subject) => (subject === 'host:local' ? 0.95 : 0.5));
    await w.wait(30 * SECOND);

    expect(await w.incidents()).toHaveLength(1);
    expect((await w.journal('level.fired'))[0]?.message).toMatch(/^shop\/disk-full \(CRITICAL\) fired: /);
    w.world.show('errors', 0);
    await w.wait(3 * MINUTE);
    expect(await w.state('shop')).toBe('investigating');
    w.world.show('disk', 0.5);
    await w.wait(MINUTE);
    expect(await w.state('shop')).toBe('closed: recovered');
  });

  test('goes on over a restart', async () => {
    await using w = await watching(hosts({ mode: 'notify' }));
    await w.deploy('v2', 'shop');
    w.world.show('disk', (subject) => (subject === 'host:local' ? 0.95 : 0.5));
    await w.wait(30 * SECOND);
    await w.restart(MINUTE);
    await w.wait(MINUTE);
    expect(await w.incidents()).toHaveLength(1);
    w.world.show('disk', 0.5);
    await w.wait(30 * SECOND);

    expect(await w.state('shop')).toBe('closed: recovered');
  });
});

describe('two targets on one host', () => {
  test('are rolled back each for itself', async () => {
    await using w = await watching(hosts());
    await w.deploy('v2', 'shop');
    await w.deploy('v2', 'till');
    w.breaks('v2');
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1', 'till: v2 → v1']);
    expect(await w.state('shop')).toBe('closed: rolled_back');
    expect(await w.state('till')).toBe('closed: rolled_back');
  });

  test('that run nothing leave a breach of their host where people see it', async () => {
    await using w = await watching(hosts({ targets: {} }));
    w.world.show('disk', 0.95);
    await w.wait(MINUTE);

    expect(await w.incidents()).toEqual([]);
  });
});
