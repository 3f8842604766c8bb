import { describe, expect, test } from 'vitest';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { alice, bob, carol, type Watching, watching, type WatchingOptions } from './watching.ts';

async function breakV2(w: Watching): Promise<void> {
  await w.deploy('v2');
  w.breaks('v2');
  await w.wait(90 * SECOND);
}

describe('a plan that destroys data', () => {
  const destructive: WatchingOptions = {
    drivers: (world) => [world.driver('wipe', 'probe', 'destructive-data')],
    playbooks: {
      service: {
        steps: [
          { kind: 'wipe', options: {}, deadlineMs: MINUTE, retries: 0 },
          { kind: 'move', options: {}, deadlineMs: MINUTE, retries: 0 },
        ],
      },
    },
  };

  test('is asked for, and two people are enough', async () => {
    await using w = await watching(destructive);
    await breakV2(w);
    expect(await w.state()).toBe('asking');
    expect(await w.reason()).toBe('asks because the plan destroys data, which takes a DBA or two people');

    expect((await w.answers('approve', alice)).message).toMatch(/: noted; .*one more person/);
    expect((await w.answers('approve', alice)).message).toMatch(/: noted; .*one more person/);
    await w.wait(MINUTE);
    expect(w.world.ledger).toEqual([]);
    expect((await w.answers('approve', bob)).message).toMatch(/: approved; the rollback starts$/);
    await w.wait(MINUTE);
    expect(w.world.ledger).toEqual(['shop: wipe', 'shop: v2 → v1']);
  });

  test('is asked for, and one DBA is enough', async () => {
    await using w = await watching(destructive);
    await breakV2(w);
    await w.answers('approve', carol);
    await w.wait(MINUTE);

    expect(w.world.ledger).toEqual(['shop: wipe', 'shop: v2 → v1']);
  });

  test('becomes a question when one person asks for it unasked', async () => {
    await using w = await watching(destructive);
    await w.deploy('v2');
    await w.asks({
      do: 'rollback',
      target: 'shop',
      because: 'corruption',
      to: null,
      playbook: null,
      note: '',
    });
    await w.wait(MINUTE);
    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('asking');

    await w.answers('approve', alice);
    await w.answers('approve', bob);
    await w.wait(MINUTE);
    expect(w.world.ledger).toEqual(['shop: wipe', 'shop: v2 → v1']);
  });
});

describe('facts that change', () => {
  test('twice under a plan void it and have it judged again; the third time it is handed over', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.breaks('v2');
    w.world.troubles.set('move', 'changes');
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('handed_over');
    expect(await w.reason()).toMatch(
      /^the facts changed: plan [0-9a-f]+ would now be [0-9a-f]+; they changed more than 2 times, so a person decides$/,
    );
    expect(await w.journal('plan.void')).toHaveLength(2);
    expect(w.control('budget')).toBe(null);
  });

  test('once void the plan, and the next one is carried out', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.breaks('v2');
    w.world.troubles.set('move', 'changes once');
    await w.wait(5 * MINUTE);

    expect(await w.journal('plan.void')).toHaveLength(1);
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('while a question is open make a new plan and a new question of an approval', async () => {
    await using w = await watching({ mode: 'approve' });
    await breakV2(w);
    const [first] = await w.journal('question.asked');
    w.world.deploy('shop', 'v3');
    w.world.show('errors', 0.9);
    await w.wait(10 * SECOND);
    await w.answers('approve');
    await w.wait(10 * SECOND);

    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('asking');
    const second = (await w.journal('question.asked')).at(-1);
    expect(second?.facts['planDigest']).not.toBe(first?.facts['planDigest']);

    await w.answers('approve');
    await w.wait(MINUTE);
    expect(w.world.ledger).toEqual(['shop: v3 → v1']);
  });
});

describe('many targets in trouble at once', () => {
  const named = (...names: string[]): WatchingOptions => ({
    targets: Object.fromEntries(names.map((name) => [name, {}])),
  });

  test('three of three are asked about: the cause may be elsewhere', async () => {
    await using w = await watching(named('shop', 'till', 'mail'));
    for (const target of ['shop', 'till', 'mail']) w.world.deploy(target, 'v2');
    await w.wait(2 * MINUTE);
    w.breaks('v2');
    await w.wait(90 * SECOND);
    expect(w.world.ledger).toEqual([]);
    for (const target of ['shop', 'till', 'mail']) {
      expect(await w.state(target)).toBe('asking');
      expect(await w.reason(target)).toBe(
        'asks because 3 of 3 targets fired or went blind within 2m, so the cause may be elsewhere',
      );
    }

    const { id } = await w.incident('till');
    await w.asks({ do: 'approve', incident: id, planDigest: w.asked(id), note: '' });
    await w.wait(MINUTE);
    expect(w.world.ledger).toEqual(['till: v2 → v1']);
  });

  test('two of three are rolled back', async () => {
    await using w = await watching(named('shop', 'till', 'mail'));
    for (const target of ['shop', 'till']) w.world.deploy(target, 'v2');
    await w.wait(2 * MINUTE);
    w.breaks('v2');
    await w.wait(90 * SECOND);

    expect(w.world.ledger).toEqual(['shop: v2 → v1', 'till: v2 → v1']);
  });

  test('half of four are rolled back, more than half are not', async () => {
    await using w = await watching(named('shop', 'till', 'mail', 'feed'));
    for (const target of ['shop', 'till']) w.world.deploy(target, 'v2');
    await w.wait(2 * MINUTE);
    w.breaks('v2');
    await w.wait(90 * SECOND);
    expect(w.world.ledger).toEqual(['shop: v2 → v1', 'till: v2 → v1']);
  });

  test('one that fires while two went blind is asked about', async () => {
    await using w = await watching(named('shop', 'till', 'mail', 'feed'));
    await w.deploy('v2');
    w.world.show('errors', (target) =>
      target === 'till' || target === 'mail' ? 'blind' : w.world.version(target) === 'v2' ? 0.9 : 0,
    );
    await w.wait(90 * SECOND);

    expect(w.world.ledger).toEqual([]);
    expect(await w.reason()).toBe(
      'asks because 3 of 4 targets fired or went blind within 2m, so the cause may be elsewhere',
    );
  });

  test('what went wrong longer than two minutes ago does not count', async () => {
    await using w = await watching(named('shop', 'till', 'mail', 'feed'));
    w.world.show('errors', (target) => (target === 'till' || target === 'mail' ? 'blind' : 0));
    await w.wait(2 * MINUTE);
    await w.deploy('v2');
    w.world.show('errors', (target) =>
      target === 'till' || target === 'mail' ? 'blind' : w.world.version(target) === 'v2' ? 0.9 : 0,
    );
    await w.wait(90 * SECOND);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });
});

test('an approval is refused when the release it would go back to was lost meanwhile', async () => {
  await using w = await watching({ mode: 'approve' });
  await breakV2(w);
  w.engine.core.parts.releases.setPresent('shop', w.world.release('v1'), false);

  expect((await w.answers('approve')).message).toMatch(
    /^refuses alice's approval because the last good release, v1 .* is gone \(name another with --to\)$/,
  );
  await w.wait(MINUTE);
  expect(w.world.ledger).toEqual([]);
});
