import { describe, expect, test } from 'vitest';
import type { Mode } from '../../src/domain/rule.ts';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { type RuleOptions, watching, type WatchingOptions } from './watching.ts';

const errorRate: RuleOptions = { measure: 'errors', levels: { critical: { above: 0.5, forMs: MINUTE } } };

const places = ['daemon', 'target', 'rule'] as const;

/** The mode stated in one place only; everywhere else it is `auto`. */
function stated(mode: Mode, place: (typeof places)[number]): WatchingOptions {
  return {
    mode: place === 'daemon' ? mode : 'auto',
    targets: { shop: { mode: place === 'target' ? mode : 'auto' } },
    rules: { 'error-rate': { ...errorRate, mode: place === 'rule' ? mode : 'auto' } },
  };
}

describe.each(places)('the mode of the %s', (place) => {
  test('shadow: records what it would have done, and tells no lie about it', async () => {
    await using w = await watching(stated('shadow', place));
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('monitoring');
    expect(await w.reason()).toBe(
      `would have rolled back, but only records it because the mode of the ${place} is shadow`,
    );
  });

  test('notify: tells people what it would have done', async () => {
    await using w = await watching(stated('notify', place));
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('investigating');
    expect(await w.reason()).toBe(
      `would have rolled back, but only tells people because the mode of the ${place} is notify`,
    );
  });

  test('approve: asks, and goes on when somebody approves', async () => {
    await using w = await watching(stated('approve', place));
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(90 * SECOND);
    expect(await w.state()).toBe('asking');
    expect(await w.reason()).toBe(`asks because the mode of the ${place} is approve`);
    expect(w.world.ledger).toEqual([]);

    expect((await w.answers('approve')).accepted).toBe(true);
    await w.wait(5 * MINUTE);
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('closed: rolled_back');
  });
});

describe('what a person asks for', () => {
  const request = {
    do: 'rollback',
    target: 'shop',
    because: 'regression',
    to: null,
    playbook: null,
    note: '',
  } as const;

  test.each(['daemon', 'target'] as const)('is refused while the mode of the %s is shadow', async (place) => {
    await using w = await watching(stated('shadow', place));
    await w.deploy('v2');

    const answer = await w.asks(request);
    await w.wait(5 * MINUTE);
    expect(answer).toEqual({
      accepted: false,
      message: `no rollback of shop: refuses alice's approval because the mode of the ${place} is shadow`,
      incident: null,
    });
    expect(w.world.ledger).toEqual([]);
  });

  test('is refused for the incident of a rule that is shadow', async () => {
    await using w = await watching(stated('shadow', 'rule'));
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(2 * MINUTE);

    const answer = await w.asks(request);
    await w.wait(5 * MINUTE);
    expect(answer.message).toBe(
      "no rollback of shop: refuses alice's approval because the mode of the rule is shadow",
    );
    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('monitoring');
  });

  test.each(places)('is done though the mode of the %s is notify', async (place) => {
    await using w = await watching(stated('notify', place));
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(2 * MINUTE);
    expect(await w.state()).toBe('investigating');

    expect((await w.asks(request)).accepted).toBe(true);
    await w.wait(5 * MINUTE);
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('closed: rolled_back');
  });
});

test('the lowest of the three modes counts', async () => {
  await using w = await watching({
    mode: 'approve',
    targets: { shop: { mode: 'notify' } },
    rules: { 'error-rate': errorRate },
  });
  await w.deploy('v2');
  w.breaks('v2');
  await w.wait(5 * MINUTE);

  expect(await w.state()).toBe('investigating');
});

test('an answer is refused once the mode became shadow', async () => {
  await using w = await watching({ mode: 'approve' });
  await w.deploy('v2');
  w.breaks('v2');
  await w.wait(90 * SECOND);
  await w.reconfigure({ mode: 'shadow' });

  const answer = await w.answers('approve');
  await w.wait(5 * MINUTE);
  expect(answer.accepted).toBe(false);
  expect(answer.message).toBe("refuses alice's approval because the mode of the daemon is shadow");
  expect(w.world.ledger).toEqual([]);
});
