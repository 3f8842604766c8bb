import { describe, expect, test } from 'vitest';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { type Watching, watching, type WatchingOptions } from './watching.ts';

const asking: WatchingOptions = {
  rules: {
    'error-rate': {
      measure: 'errors',
      levels: { critical: { above: 0.95 }, high: { above: 0.5, otherwise: 'rollback' } },
    },
  },
};

/** Breaks v2, and stops right after its question was asked. */
async function askAboutV2(w: Watching): Promise<void> {
  await w.deploy('v2');
  w.breaks('v2');
  await w.wait(61 * SECOND);
  expect(await w.state()).toBe('asking');
}

describe('an open question', () => {
  test('keeps the time it had left, however long the daemon was away', async () => {
    await using w = await watching(asking);
    await askAboutV2(w);
    await w.wait(5 * MINUTE);
    await w.restart(3 * HOUR);
    await w.wait(9 * MINUTE);
    expect(await w.state()).toBe('asking');
    await w.wait(MINUTE + 10 * SECOND);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('has at least two minutes', async () => {
    await using w = await watching(asking);
    await askAboutV2(w);
    await w.wait(14 * MINUTE + 50 * SECOND);
    await w.restart();
    await w.wait(MINUTE + 59 * SECOND);
    expect(await w.state()).toBe('asking');
    await w.wait(2 * SECOND);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('does not get the time since the last incident on top', async () => {
    await using w = await watching({ ...asking, targets: { shop: { cooldownMs: 0 } } });
    await askAboutV2(w);
    await w.answers('approve');
    await w.wait(5 * MINUTE);
    expect(await w.state()).toBe('closed: rolled_back');
    await w.restart(20 * HOUR);
    await w.deploy('v3');
    w.breaks('v3');
    await w.wait(50 * SECOND);
    w.killAfter('question.asked');
    await w.wait(15 * SECOND);
    expect(w.killed()).toBe(true);
    await w.restart();
    await w.wait(16 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1', 'shop: v3 → v1']);
  });

  test('is answered over a restart, and acted on after a fresh reading', async () => {
    await using w = await watching(asking);
    await askAboutV2(w);
    await w.restart(MINUTE);
    expect((await w.answers('approve')).accepted).toBe(true);
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('closed: rolled_back');
  });

  test('is withdrawn when the breach was over before anybody looked again', async () => {
    await using w = await watching(asking);
    await askAboutV2(w);
    w.world.show('errors', 0);
    await w.restart(HOUR);
    await w.wait(30 * MINUTE);

    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('closed: recovered');
  });
});

describe('nothing that waited acts before one fresh confirming reading', () => {
  test('when the readings say nothing', async () => {
    await using w = await watching(asking);
    await askAboutV2(w);
    w.world.show('errors', 'blind');
    await w.restart(MINUTE);
    await w.wait(HOUR);

    expect(w.world.ledger).toEqual([]);
  });

  test('after an automatic decision, killed before it was begun', async () => {
    await using w = await watching();
    await decideOnV2(w, 'plan.built');
    w.world.show('errors', 'blind');
    await w.restart(MINUTE);
    await w.wait(10 * MINUTE);
    expect(w.world.ledger).toEqual([]);
    w.breaks('v2');
    await w.wait(11 * SECOND);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('after it was begun and charged, but nothing was done yet', async () => {
    await using w = await watching();
    await decideOnV2(w, 'rollback.begun');
    w.world.show('errors', 'blind');
    await w.restart(MINUTE);
    await w.wait(10 * MINUTE);
    expect(w.world.ledger).toEqual([]);
    w.breaks('v2');
    await w.wait(11 * SECOND);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('and what recovered while nobody watched is left alone, and does not make its target rest', async () => {
    await using w = await watching();
    await decideOnV2(w, 'rollback.begun');
    w.world.show('errors', 0);
    await w.restart(HOUR);
    await w.wait(10 * MINUTE);
    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('closed: recovered');

    await w.wait(HOUR);
    w.breaks('v2');
    await w.wait(90 * SECOND);
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('but a step that had begun is finished', async () => {
    await using w = await watching();
    w.world.troubles.set('move', 'never answers');
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(61 * SECOND);
    w.world.troubles.clear();
    w.world.show('errors', 'blind');
    await w.restart(MINUTE);
    await w.wait(SECOND);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });
});

describe('a breach', () => {
  test('that is pending goes on being counted, and the time in between adds nothing', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(41 * SECOND);
    await w.restart(HOUR);
    await w.wait(10 * SECOND);
    expect(await w.state()).toBe('no incident');
    await w.wait(30 * SECOND);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('that fires goes on firing, and its incident with it', async () => {
    await using w = await watching({ mode: 'notify' });
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(2 * MINUTE);
    const { id } = await w.incident();
    await w.restart(10 * MINUTE);
    await w.wait(5 * MINUTE);

    expect(await w.state()).toBe('investigating');
    expect((await w.incidents()).map((row) => row.id)).toEqual([id]);
    w.world.show('errors', 0);
    await w.wait(2 * MINUTE);
    expect(await w.state()).toBe('closed: recovered');
  });
});

/** Breaks v2, and kills the daemon right after it journaled this. */
async function decideOnV2(w: Watching, after: string): Promise<void> {
  await w.deploy('v2');
  w.breaks('v2');
  await w.wait(55 * SECOND);
  w.killAfter(after);
  await w.wait(10 * SECOND);
  expect(w.killed()).toBe(true);
}
