import { describe, expect, test } from 'vitest';
import type { MachineName, Snapshot } from '../../src/domain/ports/store.ts';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { asked } from '../scenarios/asked.ts';
import { watching, type Watching } from '../scenarios/watching.ts';

/** As if another version of the code had stored this machine of the open incident. */
async function rewrite(w: Watching, machine: MachineName, change: Partial<Snapshot>): Promise<void> {
  const { id } = await w.incident();
  const stored = (await w.store.snapshots(id)).find((snapshot) => snapshot.machine === machine);
  if (stored === undefined) throw new Error(`${id} has no ${machine}`);
  await w.store.commit({ snapshots: [{ ...stored, ...change }] });
}

describe('an incident that another version of rollbackd stored', () => {
  test('is handed over with what is known of it, never guessed at and never lost', async () => {
    await using w = await asked();
    const { id } = await w.incident();
    await rewrite(w, 'incident', { version: 7, value: 'pondering', context: { other: true } });
    await w.restart(MINUTE);
    await w.wait(5 * MINUTE);

    expect(await w.state()).toBe('handed_over');
    expect(await w.incident()).toMatchObject({
      id,
      target: 'shop',
      severity: 'high',
      rule: 'shop/error-rate',
    });
    expect((await w.journal('incident.handed_over'))[0]?.message).toBe(
      'handed over, shop is yours now: it was asking and cannot be taken up: its incident was stored by another version of rollbackd (7, here 1), and nobody guesses at it',
    );
    expect((await w.told()).at(-1)).toMatch(/^HIGH shop .*: handed over, shop is yours now: /);
    expect(w.world.ledger).toEqual([]);
  });

  test('is handed over once, however often the daemon starts, and closed by an acknowledgement', async () => {
    await using w = await asked();
    const { id } = await w.incident();
    await rewrite(w, 'incident', { version: 7 });
    await w.restart(MINUTE);
    await w.restart(MINUTE);

    expect(await w.journal('incident.handed_over')).toHaveLength(1);
    await w.asks({ do: 'ack', incident: id, note: '' });
    expect(await w.state()).toBe('closed: handed_over');
  });

  test('takes no answer, and no effect of it starts', async () => {
    await using w = await asked();
    await rewrite(w, 'incident', { version: 7 });
    await w.restart(MINUTE);

    expect(await w.answers('approve')).toMatchObject({ accepted: false });
    await w.wait(5 * MINUTE);
    expect(w.world.ledger).toEqual([]);
  });

  test('is handed over when only its question is foreign', async () => {
    await using w = await asked();
    await rewrite(w, 'approval', { version: 7 });
    await w.restart(MINUTE);

    expect(await w.state()).toBe('handed_over');
    expect(await w.reason()).toMatch(/its approval was stored by another version of rollbackd \(7, here 2\)/);
  });

  test('in the middle of a step says what was started', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.world.troubles.set('move', 'takes a while');
    w.breaks('v2');
    while ((await w.journal('effect.started')).length === 0) await w.wait(SECOND);
    await rewrite(w, 'rollback', { version: 7 });
    await w.restart(MINUTE);
    await w.wait(MINUTE);

    expect(await w.state()).toBe('handed_over');
    expect(await w.reason()).toBe(
      'it was rolling back and cannot be taken up: its rollback was stored by another version of rollbackd (7, here 1), and nobody guesses at it; move was started and may not have come to an end',
    );
  });

  test('leaves other incidents alone', async () => {
    await using w = await watching({ targets: { shop: {}, bar: {} } });
    await w.deploy('v2');
    await w.deploy('v2', 'bar');
    w.world.show('errors', (target) => (target === 'bar' && w.world.version('bar') === 'v2' ? 0.9 : 0));
    w.world.troubles.set('move', 'takes a while');
    while ((await w.journal('effect.started')).length === 0) await w.wait(SECOND);
    await w.restart(MINUTE);
    await w.wait(5 * MINUTE);

    expect(await w.state('bar')).toBe('closed: rolled_back');
    expect(await w.state('shop')).toBe('no incident');
  });
});

describe('a halt that ends while the daemon is away', () => {
  test('lets go on what it had stopped', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.halted = 'the file /HALT is there';
    w.breaks('v2');
    await w.wait(2 * MINUTE);
    expect(await w.state()).toBe('halted');
    w.halted = null;
    await w.restart(MINUTE);
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });
});

test('a halt that comes and goes between two looks leaves nothing paused', async () => {
  await using w = await watching({
    playbooks: {
      service: {
        steps: ['note', 'move'].map((kind) => ({ kind, options: {}, deadlineMs: MINUTE, retries: 0 })),
      },
    },
  });
  await w.deploy('v2');
  w.world.troubles.set('note', 'takes a while');
  w.breaks('v2');
  while ((await w.journal('effect.started')).length === 0) await w.wait(100);
  const startedAt = (await w.journal('effect.started'))[0]?.at ?? 0;
  await w.wait(startedAt + 5 * SECOND - 10 - w.clock.now());
  w.halted = 'the file /HALT is there';
  await w.wait(20);
  w.halted = null;
  expect(await w.state()).toBe('halted');
  await w.wait(MINUTE);

  expect(w.world.ledger).toEqual(['shop: note', 'shop: v2 → v1']);
});
