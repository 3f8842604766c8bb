import { describe, expect, test } from 'vitest';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { assessed } from './asked.ts';
import { ruleOf, watching, type RuleOptions, type Watching } from './watching.ts';

const latency: RuleOptions = { measure: 'latency', levels: { medium: { above: 2, forMs: MINUTE } } };
const errors: RuleOptions = { measure: 'errors', levels: { critical: { above: 0.5, forMs: MINUTE } } };

async function shop(rules: Readonly<Record<string, RuleOptions>>): Promise<Watching> {
  const w = await watching({ rules });
  await w.deploy('v2');
  return w;
}

describe('a MEDIUM level', () => {
  test('tells people, and reminds them until somebody acknowledges', async () => {
    await using w = await shop({ errors, latency });
    w.world.show('latency', 3);
    await w.wait(95 * MINUTE);
    const { id } = await w.incident();

    expect(await w.state()).toBe('investigating');
    expect((await w.journal('incident.reminder')).map(({ message }) => message)).toEqual([
      `still investigating after 30m: tells people: MEDIUM on shop is to be investigated; rollbackd ack ${id} says you have it`,
      `still investigating after 1h: tells people: MEDIUM on shop is to be investigated; rollbackd ack ${id} says you have it`,
      `still investigating after 1h30m: tells people: MEDIUM on shop is to be investigated; rollbackd ack ${id} says you have it`,
    ]);
    await w.asks({ do: 'ack', incident: id, note: '' });
    await w.wait(4 * HOUR);

    expect(await w.journal('incident.reminder')).toHaveLength(3);
    expect(w.world.ledger).toEqual([]);
  });

  test('with `do: monitor` records only, and closes when it is over', async () => {
    await using w = await shop({
      errors,
      latency: { measure: 'latency', levels: { medium: { above: 2, want: { action: 'monitor' } } } },
    });
    w.world.show('latency', 3);
    await w.wait(2 * HOUR);
    expect(await w.state()).toBe('monitoring');
    expect(await w.journal('incident.reminder')).toEqual([]);
    w.world.show('latency', 1);
    await w.wait(2 * MINUTE);

    expect(await w.state()).toBe('closed: recovered');
  });

  test('is told once, however long it lasts and whatever else of its kind joins', async () => {
    await using w = await shop({
      errors,
      latency,
      queue: { measure: 'queue', levels: { medium: { above: 10 } } },
    });
    w.world.show('latency', 3);
    await w.wait(2 * MINUTE);
    w.world.show('queue', 20);
    await w.wait(2 * MINUTE);

    expect(await w.journal('decided')).toHaveLength(1);
    expect((await w.journal('level.fired'))[0]?.message).toBe(
      'shop/queue (MEDIUM) fired: queue is 20; shop/latency leads',
    );
    expect(await w.incidents()).toHaveLength(1);
  });
});

describe('several levels of one rule', () => {
  const graded: RuleOptions = {
    measure: 'errors',
    levels: {
      critical: { above: 0.5, forMs: MINUTE },
      high: { above: 0.25, forMs: MINUTE },
      medium: { above: 0.1, forMs: MINUTE },
    },
  };

  test('escalate within one incident, which in the end rolls back', async () => {
    await using w = await shop({ graded });
    w.breaks('v2', 0.2);
    await w.wait(2 * MINUTE);
    expect([await w.state(), (await w.incident()).severity]).toEqual(['investigating', 'medium']);
    w.breaks('v2', 0.3);
    await w.wait(2 * MINUTE);
    expect([await w.state(), (await w.incident()).severity]).toEqual(['asking', 'high']);
    w.breaks('v2', 0.9);
    await w.wait(5 * MINUTE);

    expect(await w.state()).toBe('closed: rolled_back');
    expect(await w.incidents()).toHaveLength(1);
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('mark the level that led to the rollback, not the first that fired', async () => {
    await using w = await shop({ graded });
    w.breaks('v2', 0.2);
    await w.wait(10 * MINUTE);
    const worseAt = w.clock.now();
    w.breaks('v2', 0.9);
    await w.wait(5 * MINUTE);
    const { marks } = await w.incident();

    expect(marks.breachedAt).toBeGreaterThanOrEqual(worseAt);
    expect((marks.detectedAt ?? 0) - (marks.breachedAt ?? 0)).toBe(MINUTE);
    expect(marks.decidedAt).toBe(marks.detectedAt);
  });

  test('that fire at the same reading are one incident of the highest', async () => {
    await using w = await shop({ graded });
    w.breaks('v2', 0.9);
    await w.wait(90 * SECOND);

    expect(await w.incidents()).toHaveLength(1);
    expect((await w.incident()).severity).toBe('critical');
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('that fall back leave the lower one to lead, with its own decision and marks', async () => {
    const slow = { ...graded.levels, medium: { above: 0.1, forMs: 2 * MINUTE } };
    await using w = await shop({ graded: { ...graded, levels: slow } });
    await w.asks({ do: 'freeze', target: null, forMs: HOUR, note: '' });
    w.breaks('v2', 0.3);
    await w.wait(5 * MINUTE);
    w.breaks('v2', 0.2);
    await w.wait(2 * MINUTE);

    expect([await w.state(), (await w.incident()).severity]).toEqual(['investigating', 'medium']);
    expect((await w.journal('question.withdrawn'))[0]?.message).toBe(
      'question withdrawn: shop/graded recovered, and shop/graded leads now',
    );
    const { marks } = await w.incident();
    expect((marks.detectedAt ?? 0) - (marks.breachedAt ?? 0)).toBe(2 * MINUTE);
  });
});

describe('several rules on one target', () => {
  test('are one incident: the highest leads, the others are evidence and must recover, too', async () => {
    await using w = await shop({ errors, latency });
    w.world.show('latency', (target) => (w.world.version(target) === 'v2' ? 3 : 1));
    await w.wait(2 * MINUTE);
    expect((await w.incident()).rule).toBe('shop/latency');
    w.breaks('v2');
    await w.wait(80 * SECOND);
    expect((await w.incident()).rule).toBe('shop/errors');
    await w.wait(5 * MINUTE);

    expect(await w.incidents()).toHaveLength(1);
    expect(await w.state()).toBe('closed: rolled_back');
    expect(await w.reason()).toBe(
      'rolled back and verified: shop/latency: latency is 1, good for 1m; shop/errors: errors is 0, good for 1m',
    );
  });

  test('of which one goes on after the rollback are not verified', async () => {
    await using w = await shop({ errors, latency });
    w.world.show('latency', 3);
    await w.wait(2 * MINUTE);
    w.breaks('v2');
    await w.wait(20 * MINUTE);

    expect(await w.state()).toBe('handed_over');
    expect(await w.reason()).toBe(
      'the breach goes on after the rollback, so the release was not its cause: shop/latency: latency is 3',
    );
    expect(w.standing('v2')).toBe('unproven');
  });

  test('of which one has breached since before the rollback but fires only after it must recover, too', async () => {
    await using w = await shop({
      errors,
      latency: { measure: 'latency', levels: { medium: { above: 2, forMs: 2 * MINUTE } } },
    });
    w.world.show('latency', 3);
    w.breaks('v2');
    await w.wait(10 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('handed_over');
    expect(await w.reason()).toMatch(/shop\/latency: latency is 3/);
  });

  test('of which a new one fires because of the rollback make it worse', async () => {
    await using w = await shop({
      errors: { ...errors, levels: { critical: { above: 0.5, forMs: 2 * MINUTE } } },
      login: { probe: 'login', levels: { critical: { failures: 2 } } },
    });
    w.breaks('v2');
    w.world.show('login', (target) => w.world.version(target) === 'v2');
    await w.wait(20 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('handed_over');
    expect(await w.reason()).toBe(
      'it became worse after the rollback: shop/login fires since the rollback: answers 500',
    );
  });

  test('that recover one after the other close it with the last', async () => {
    await using w = await shop({
      errors: { ...errors, mode: 'notify' },
      latency,
    });
    w.breaks('v2');
    w.world.show('latency', 3);
    await w.wait(2 * MINUTE);
    w.world.show('errors', 0);
    await w.wait(3 * MINUTE);
    expect([await w.state(), (await w.incident()).rule]).toEqual(['investigating', 'shop/latency']);
    w.world.show('latency', 1);
    await w.wait(3 * MINUTE);

    expect(await w.state()).toBe('closed: recovered');
  });
});

describe('a target', () => {
  test('has at most one incident that is not closed, and a new one only after that', async () => {
    await using w = await shop(assessed());
    w.breaks('v2', 0.3);
    await w.wait(2 * MINUTE);
    await w.answers('reject');
    w.world.show('errors', 0);
    await w.wait(3 * MINUTE);
    w.breaks('v2', 0.3);
    await w.wait(2 * MINUTE);

    expect(await w.incidents()).toHaveLength(2);
    expect(await w.incidents({ open: true })).toHaveLength(1);
    expect(await w.state()).toBe('asking');
  });

  test('shares no incident with another', async () => {
    await using w = await watching({
      rules: { errors, latency },
      targets: { shop: {}, bar: {} },
    });
    await w.deploy('v2');
    await w.deploy('v2', 'bar');
    w.breaks('v2');
    await w.wait(5 * MINUTE);

    expect(w.world.ledger.toSorted()).toEqual(['bar: v2 → v1', 'shop: v2 → v1']);
    expect((await w.incidents()).map(({ target }) => target).toSorted()).toEqual(['bar', 'shop']);
  });
});

describe('a silence', () => {
  test('stops the messages of a rule, and nothing else', async () => {
    await using w = await shop({ errors });
    await w.asks({ do: 'silence', rule: 'errors', target: 'shop', forMs: HOUR, note: 'known' });
    w.breaks('v2');
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('closed: rolled_back');
    expect(await w.told()).toEqual([]);
    expect((await w.journal('incident.opened')).length).toBe(1);
  });

  test('ends with its time', async () => {
    await using w = await shop({ errors, latency });
    await w.asks({ do: 'silence', rule: 'shop/latency', target: null, forMs: 10 * MINUTE, note: '' });
    w.world.show('latency', 3);
    await w.wait(5 * MINUTE);
    expect(await w.told()).toEqual([]);
    await w.wait(30 * MINUTE);

    expect((await w.told()).some((title) => title.includes('still investigating'))).toBe(true);
  });

  test('can be lifted', async () => {
    await using w = await shop({ errors });
    await w.asks({ do: 'silence', rule: 'errors', target: 'shop', forMs: HOUR, note: '' });
    await w.asks({ do: 'unsilence', rule: 'errors', target: 'shop' });
    w.breaks('v2');
    await w.wait(2 * MINUTE);

    expect((await w.told()).length).toBeGreaterThan(0);
  });
});

test('a rule is known by its full name, or by its own where only one pack has it', async () => {
  await using w = await watching({ rules: { errors } });
  const twin = { ...ruleOf('errors', errors), id: 'bar/errors', pack: 'bar' };
  await w.reconfigure({ rules: [...w.configuration.rules, twin] });

  expect((await w.asks({ do: 'silence', rule: 'errors', target: null, forMs: HOUR, note: '' })).message).toBe(
    'errors may be any of shop/errors, bar/errors: name one of them',
  );
  expect(
    (await w.asks({ do: 'silence', rule: 'bar/errors', target: null, forMs: HOUR, note: '' })).accepted,
  ).toBe(true);
});
