import { describe, expect, test } from 'vitest';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { type Watching, watching, type WatchingOptions } from './watching.ts';

/** Breaks v2; its step is under way when this returns, and ends as the trouble says. */
async function dieInTheStep(w: Watching, trouble: 'never answers' | 'happens, never answers'): Promise<void> {
  await w.deploy('v2');
  w.breaks('v2');
  w.world.troubles.set('move', trouble);
  await w.wait(65 * SECOND);
  expect(await w.state()).toBe('rolling_back');
}

describe('a step that was under way when the daemon died', () => {
  test('and did happen is not done again', async () => {
    await using w = await watching();
    await dieInTheStep(w, 'happens, never answers');
    await w.restart(MINUTE);
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('closed: rolled_back');
    const [done] = await w.journal('effect.done');
    expect(done?.message).toBe('step 1 of 1, move: the daemon stopped during the step; move says it is done');
  });

  test('and did not happen is done, under the same id', async () => {
    await using w = await watching();
    await dieInTheStep(w, 'never answers');
    w.world.troubles.clear();
    await w.restart(MINUTE);
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('closed: rolled_back');
    const { id } = await w.incident();
    expect(await w.store.effects(id)).toHaveLength(1);
  });

  test('and that nobody can tell about is handed over, with what to do by hand', async () => {
    await using w = await watching();
    await dieInTheStep(w, 'never answers');
    w.world.troubles.set('move probe', 'fails');
    await w.restart(MINUTE);
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('handed_over');
    expect(await w.reason()).toBe(
      'nobody can tell whether a step happened: move: the daemon stopped during the step, and the target cannot tell whether it happened',
    );
    const told = (await w.messagesToPeople()).at(-1);
    expect(told?.text).toContain('by hand: move shop by hand');
  });

  test('is never asked about nor repeated where its driver is blind', async () => {
    const blind: WatchingOptions = {
      drivers: (world) => [world.driver('page', 'blind')],
      playbooks: { service: { steps: [{ kind: 'page', options: {}, deadlineMs: MINUTE, retries: 2 }] } },
    };
    await using w = await watching(blind);
    await w.deploy('v2');
    w.breaks('v2');
    w.world.troubles.set('page', 'happens, never answers');
    await w.wait(65 * SECOND);
    w.world.troubles.clear();
    await w.restart();
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: page']);
    expect(await w.state()).toBe('handed_over');
  });

  test('in three starts is handed over', async () => {
    await using w = await watching();
    await dieInTheStep(w, 'never answers');
    await w.restart();
    await w.wait(2 * SECOND);
    await w.restart();
    await w.wait(2 * SECOND);
    expect(await w.state()).toBe('rolling_back');
    w.world.troubles.clear();
    await w.restart();
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('handed_over');
    expect(await w.reason()).toBe(
      'nobody can tell whether a step happened: move did not come to an end, 3 times over',
    );
    expect(await w.journal('effect.found')).toHaveLength(3);
  });

  test('is finished by the second start', async () => {
    await using w = await watching();
    await dieInTheStep(w, 'never answers');
    await w.restart();
    await w.wait(2 * SECOND);
    w.world.troubles.clear();
    await w.restart();
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('closed: rolled_back');
  });
});

describe('a rollback of several steps', () => {
  test('goes on behind what was done, whenever the daemon dies', async () => {
    const steps = ['note', 'move', 'note'].map((kind) => ({
      kind,
      options: {},
      deadlineMs: MINUTE,
      retries: 0,
    }));
    for (const after of ['effect.intent', 'effect.started', 'effect.done']) {
      await using w = await watching({ playbooks: { service: { steps } } });
      await w.deploy('v2');
      w.breaks('v2');
      w.killAfter(after);
      for (let deaths = 0; deaths < 3; deaths += 1) {
        await w.wait(70 * SECOND);
        expect(w.killed()).toBe(true);
        await w.restart(10 * SECOND, deaths < 2 ? { killAfter: after } : {});
      }
      await w.wait(5 * MINUTE);
      expect(w.world.ledger).toEqual(['shop: note', 'shop: v2 → v1', 'shop: note']);
      expect(await w.state()).toBe('closed: rolled_back');
    }
  });
});
