import { describe, expect, test } from 'vitest';
import type { EffectOutcome } from '../../src/domain/effect.ts';
import type { Driver } from '../../src/domain/ports/driver.ts';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import type { World } from '../fakes/world.ts';
import { asked } from './asked.ts';
import { watching, type Watching, type WatchingOptions } from './watching.ts';

const done: Promise<EffectOutcome> = Promise.resolve({ ended: 'done', detail: 'done' });

/** A step that can be undone, unless the world says that its undo fails. */
function undoable(world: World, kind: string): Driver {
  return world.driver(kind, 'probe', 'disruptive', {
    undo: ({ target }) => {
      if (world.troubles.get(`${kind} undo`) !== undefined)
        return Promise.resolve({ ended: 'failed', detail: `${kind} cannot be undone`, retryable: false });
      world.ledger.push(`${target.name}: ${kind} undone`);
      return done;
    },
  });
}

/** A step that holds something until it is let go of; letting go fails for as long as the world says so. */
function holding(world: World, kind: string): Driver {
  return world.driver(kind, 'probe', 'disruptive', {
    release: ({ target }) => {
      if (world.troubles.get(`${kind} release`) !== undefined)
        return Promise.resolve({ ended: 'failed', detail: `${kind} still holds`, retryable: true });
      world.ledger.push(`${target.name}: ${kind} let go`);
      return done;
    },
  });
}

function steps(kinds: readonly string[], more: { deadlineMs?: number; retries?: number } = {}) {
  return kinds.map((kind) => ({ kind, options: {}, deadlineMs: MINUTE, retries: 0, ...more }));
}

/** v2 is bad, and the playbook has these steps; the breach has just been decided about. */
async function rollingBack(
  kinds: readonly string[],
  arrange: (world: World) => void = () => {},
  more: { deadlineMs?: number; retries?: number; options?: WatchingOptions } = {},
): Promise<Watching> {
  const w = await watching({
    drivers: (world) => [
      undoable(world, 'drain'),
      undoable(world, 'swap'),
      holding(world, 'quiesce'),
      holding(world, 'lock'),
      world.driver('shout', 'blind', 'disruptive'),
    ],
    playbooks: { service: { steps: steps(kinds, more) } },
    ...more.options,
  });
  await w.deploy('v2');
  arrange(w.world);
  w.breaks('v2');
  await w.wait(70 * SECOND);
  return w;
}

describe('several steps', () => {
  test('are carried out in order, each once', async () => {
    await using w = await rollingBack(['note', 'drain', 'move']);
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: note', 'shop: drain', 'shop: v2 → v1']);
    expect(await w.state()).toBe('closed: rolled_back');
  });

  test('when one fails, the earlier ones are undone in reverse, and it is handed over', async () => {
    await using w = await rollingBack(['drain', 'swap', 'move'], (world) =>
      world.troubles.set('move', 'fails'),
    );

    expect(w.world.ledger).toEqual(['shop: drain', 'shop: swap', 'shop: swap undone', 'shop: drain undone']);
    expect(await w.state()).toBe('handed_over');
    expect((await w.journal('incident.handed_over'))[0]).toMatchObject({
      message: 'handed over, shop is yours now: a step failed: move: move did not work',
      facts: { byHand: ['drain shop by hand', 'swap shop by hand', 'move shop by hand'] },
    });
    expect((await w.journal('rollback.undoing'))[0]?.message).toBe('a step failed; undoing what was done');
  });

  test('when an undo fails, too, what stands is told and left for a person', async () => {
    await using w = await rollingBack(['drain', 'swap', 'move'], (world) => {
      world.troubles.set('move', 'fails');
      world.troubles.set('swap undo', 'fails');
    });

    expect(w.world.ledger).toEqual(['shop: drain', 'shop: swap']);
    expect(await w.state()).toBe('handed_over');
    expect(await w.reason()).toBe('a step failed: move: move did not work; then swap: swap cannot be undone');
    expect((await w.journal('incident.handed_over'))[0]?.facts['byHand']).toEqual(['move shop by hand']);
  });

  test('a first step that fails leaves nothing to undo', async () => {
    await using w = await rollingBack(['move'], (world) => world.troubles.set('move', 'fails'));

    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('handed_over');
    expect(await w.journal('rollback.undoing')).toEqual([]);
  });

  test('a failed rollback calls no release bad', async () => {
    await using w = await rollingBack(['move'], (world) => world.troubles.set('move', 'fails'));

    expect(w.standing('v2')).toBe('unproven');
    expect(w.standing('v1')).toBe('good');
  });
});

describe('retries', () => {
  test('carry out a step again that failed once', async () => {
    await using w = await rollingBack(['move'], (world) => world.troubles.set('move', 'fails once'), {
      retries: 1,
    });
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('closed: rolled_back');
  });

  test('are as many as the playbook says, and no more', async () => {
    await using w = await rollingBack(['move'], (world) => world.troubles.set('move', 'fails'), {
      retries: 2,
    });
    await w.wait(5 * MINUTE);

    expect(await w.journal('effect.started')).toHaveLength(3);
    expect(await w.state()).toBe('handed_over');
  });

  test('of one step are not those of the next', async () => {
    await using w = await rollingBack(
      ['drain', 'move'],
      (world) => world.troubles.set('drain', 'fails once'),
      {
        retries: 1,
      },
    );
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: drain', 'shop: v2 → v1']);
  });
});

describe('a step that does not come to its end in time', () => {
  test('and did happen, as the target says, counts as done', async () => {
    await using w = await rollingBack(['move'], (world) =>
      world.troubles.set('move', 'happens, never answers'),
    );
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('closed: rolled_back');
    expect((await w.journal('effect.done'))[0]?.message).toMatch(/; move says it is done$/);
  });

  test('and did not happen is carried out again a few times, then handed over in doubt', async () => {
    await using w = await rollingBack(['drain', 'move'], (world) =>
      world.troubles.set('move', 'never answers'),
    );
    await w.wait(10 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: drain']);
    expect(await w.state()).toBe('handed_over');
    expect(await w.reason()).toBe(
      'nobody can tell whether a step happened: move did not come to an end, 3 times over',
    );
  });

  test('and of which the target cannot tell is handed over at once, undone by nobody', async () => {
    await using w = await rollingBack(['drain', 'move'], (world) => {
      world.troubles.set('move', 'never answers');
      world.troubles.set('move probe', 'fails');
    });
    await w.wait(2 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: drain']);
    expect(await w.state()).toBe('handed_over');
    expect(await w.reason()).toMatch(
      /^nobody can tell whether a step happened: move: .*, and the target cannot tell whether it happened$/,
    );
  });

  test('and is blind is never carried out twice', async () => {
    await using w = await rollingBack(['shout', 'move'], (world) =>
      world.troubles.set('shout', 'happens, never answers'),
    );
    await w.wait(10 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: shout']);
    expect(await w.state()).toBe('handed_over');
  });

  test('is given the time that the playbook states', async () => {
    await using w = await rollingBack(
      ['move'],
      (world) => {
        world.troubles.set('move', 'never answers');
        world.troubles.set('move probe', 'fails');
      },
      { deadlineMs: 10 * MINUTE },
    );
    await w.wait(9 * MINUTE);
    expect(await w.state()).toBe('rolling_back');
    await w.wait(2 * MINUTE);
    expect(await w.state()).toBe('handed_over');
  });

  test('is asked about when the answer was lost on the way', async () => {
    await using w = await rollingBack(['move'], (world) => world.troubles.set('move', 'answer lost'));
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('closed: rolled_back');
  });
});

describe('what a step holds is let go of', () => {
  test('after success, when verification has passed, last first', async () => {
    await using w = await rollingBack(['lock', 'quiesce', 'move']);
    expect(await w.state()).toBe('verifying');
    expect(w.world.ledger).toEqual(['shop: lock', 'shop: quiesce', 'shop: v2 → v1']);
    await w.wait(5 * MINUTE);

    expect(w.world.ledger.slice(3)).toEqual(['shop: quiesce let go', 'shop: lock let go']);
    expect(await w.state()).toBe('closed: rolled_back');
  });

  test('after a failure', async () => {
    await using w = await rollingBack(['quiesce', 'move'], (world) => world.troubles.set('move', 'fails'));

    expect(w.world.ledger).toEqual(['shop: quiesce', 'shop: quiesce let go']);
    expect(await w.state()).toBe('handed_over');
  });

  test('in doubt about a later step', async () => {
    await using w = await rollingBack(['quiesce', 'shout'], (world) =>
      world.troubles.set('shout', 'answer lost'),
    );

    expect(w.world.ledger).toEqual(['shop: quiesce', 'shop: shout', 'shop: quiesce let go']);
    expect(await w.state()).toBe('handed_over');
  });

  test('in doubt about the very step that holds it', async () => {
    await using w = await rollingBack(['quiesce', 'move'], (world) => {
      world.troubles.set('quiesce', 'answer lost');
      world.troubles.set('quiesce probe', 'fails');
    });

    expect(w.world.ledger).toEqual(['shop: quiesce', 'shop: quiesce let go']);
    expect(await w.state()).toBe('handed_over');
  });

  test('not where the step failed, so that it holds nothing', async () => {
    await using w = await rollingBack(['quiesce', 'move'], (world) => world.troubles.set('quiesce', 'fails'));

    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('handed_over');
  });

  test('when the breach goes on after the rollback', async () => {
    await using w = await rollingBack(['quiesce', 'move']);
    w.world.show('errors', 0.9);
    await w.wait(20 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: quiesce', 'shop: v2 → v1', 'shop: quiesce let go']);
    expect(await w.state()).toBe('handed_over');
  });

  test('again and again, ever more slowly, until it works; people are told once, then reminded', async () => {
    await using w = await rollingBack(['quiesce', 'move'], (world) =>
      world.troubles.set('quiesce release', 'fails'),
    );
    await w.wait(2 * HOUR);

    expect(await w.state()).toBe('releasing');
    const tries = (await w.journal('effect.started')).filter(({ message }) => message.startsWith('release'));
    expect(tries.length).toBeGreaterThan(20);
    expect(tries.length).toBeLessThan(40);
    expect((await w.told()).filter((title) => title.includes('quiesce still holds'))).toHaveLength(1);
    const reminders = (await w.journal('incident.reminder')).map(({ message }) => message);
    expect(reminders.length).toBeGreaterThan(2);
    expect(reminders[0]).toMatch(/^still releasing after 30m: /);

    w.world.troubles.clear();
    await w.wait(5 * MINUTE);
    expect(w.world.ledger.at(-1)).toBe('shop: quiesce let go');
    expect(await w.state()).toBe('closed: rolled_back');
  });

  test('after a restart, too', async () => {
    await using w = await rollingBack(['quiesce', 'move'], (world) =>
      world.troubles.set('quiesce release', 'fails'),
    );
    await w.wait(5 * MINUTE);
    expect(await w.state()).toBe('releasing');
    w.world.troubles.clear();
    await w.restart(MINUTE);
    await w.wait(10 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: quiesce', 'shop: v2 → v1', 'shop: quiesce let go']);
    expect(await w.state()).toBe('closed: rolled_back');
  });

  test('at once after a step that had to be tried again', async () => {
    await using w = await rollingBack(['quiesce', 'move'], (world) => world.troubles.set('move', 'fails'), {
      retries: 1,
    });
    const failed = await w.journal('effect.failed');
    const started = await w.journal('effect.started');

    expect(w.world.ledger).toEqual(['shop: quiesce', 'shop: quiesce let go']);
    expect(started.at(-1)?.message).toBe('release of step 1 of 2, quiesce: started');
    expect(started.at(-1)?.at).toBe(failed.at(-1)?.at);
  });
});

describe('another playbook', () => {
  const other = (first: readonly string[], second: readonly string[]): { options: WatchingOptions } => ({
    options: {
      playbooks: {
        service: { steps: steps(first), otherwisePlaybook: 'shop/second' },
        second: { steps: steps(second), otherwisePlaybook: 'shop/service' },
      },
    },
  });

  test('is taken when the first fails, without asking again, and charged once', async () => {
    await using w = await rollingBack(
      [],
      (world) => world.troubles.set('drain', 'fails'),
      other(['drain', 'move'], ['note', 'move']),
    );
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: note', 'shop: v2 → v1']);
    expect(await w.state()).toBe('closed: rolled_back');
    expect((await w.journal('rollback.failed'))[0]).toMatchObject({
      message: 'a step failed: drain: drain did not work',
      facts: { nextPlaybook: 'shop/second' },
    });
    expect(await w.journal('budget.charged')).toHaveLength(1);
  });

  test('is taken though the first was the last that the budget allowed', async () => {
    const { options } = other(['drain'], ['move']);
    await using w = await rollingBack([], (world) => world.troubles.set('drain', 'fails'), {
      options: { ...options, configuration: { budget: { rollbacks: 1, perMs: HOUR } } },
    });
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('closed: rolled_back');
  });

  test('is taken without another question when nobody had answered the first', async () => {
    const { options } = other(['drain'], ['move']);
    await using w = await asked(
      { otherwise: 'rollback' },
      { ...options, drivers: (world) => [undoable(world, 'drain')] },
    );
    w.world.troubles.set('drain', 'fails');
    await w.wait(20 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.journal('question.asked')).toHaveLength(1);
  });

  test('is taken when the breach goes on after the first', async () => {
    await using w = await rollingBack([], () => {}, other(['move'], ['note']));
    w.world.show('errors', 0.9);
    await w.wait(2 * MINUTE);
    expect(w.world.ledger).toEqual(['shop: v2 → v1', 'shop: note']);
    w.world.show('errors', 0);
    await w.wait(5 * MINUTE);

    expect(await w.state()).toBe('closed: rolled_back');
  });

  test('that fails, too, is not followed by the first again', async () => {
    await using w = await rollingBack(
      [],
      (world) => {
        world.troubles.set('drain', 'fails');
        world.troubles.set('swap', 'fails');
      },
      other(['drain'], ['swap']),
    );
    await w.wait(10 * MINUTE);

    expect(await w.state()).toBe('handed_over');
    expect(await w.journal('rollback.begun')).toHaveLength(2);
    expect(await w.reason()).toBe('a step failed: swap: swap did not work');
  });

  test('is not taken in doubt: nobody knows what stands', async () => {
    await using w = await rollingBack(
      [],
      (world) => world.troubles.set('shout', 'answer lost'),
      other(['shout'], ['note']),
    );
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: shout']);
    expect(await w.state()).toBe('handed_over');
  });

  test('waits for a halt like the first', async () => {
    await using w = await rollingBack([], () => {}, other(['move'], ['note']));
    w.world.show('errors', 0.9);
    await w.asks({ do: 'halt', note: '' });
    await w.wait(5 * MINUTE);
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    await w.asks({ do: 'unhalt', note: '' });
    await w.wait(MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1', 'shop: note']);
  });
});

describe('a plan that preflight refuses', () => {
  test('is handed over before anything is touched, with what a person would do', async () => {
    await using w = await rollingBack(['note', 'move'], (world) => world.troubles.set('move', 'refuses'));

    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('handed_over');
    expect((await w.journal('plan.refused'))[0]?.message).toBe(
      'no rollback of shop: move is not possible here',
    );
    expect(await w.journal('budget.charged')).toEqual([]);
    expect((await w.journal('incident.handed_over'))[0]?.message).toBe(
      'handed over, shop is yours now: move is not possible here',
    );
  });
});

describe('facts that change right before the first disruptive step', () => {
  test('stop it: nothing is done to what changed', async () => {
    await using w = await watching({ playbooks: { service: { steps: steps(['note', 'move']) } } });
    await w.deploy('v2');
    w.world.troubles.set('note', 'takes a while');
    w.breaks('v2');
    while ((await w.journal('effect.started')).length === 0) await w.wait(SECOND);
    w.world.deploy('shop', 'v3');
    await w.wait(MINUTE);

    expect(w.world.ledger).toEqual(['shop: note']);
    expect(w.world.version('shop')).toBe('v3');
    expect(await w.state()).toBe('handed_over');
    expect(await w.reason()).toBe(
      'a step failed: move: shop changed after the plan was made; nothing was done to it',
    );
  });
});

describe('a step that takes its time', () => {
  test('is not begun again by what else happens meanwhile', async () => {
    await using w = await rollingBack(['move'], (world) => world.troubles.set('move', 'takes a while'));
    w.world.show('latency', 3);
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.journal('effect.started')).toHaveLength(1);
  });
});
