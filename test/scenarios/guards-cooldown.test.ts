import { describe, expect, test } from 'vitest';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { alice, type Watching, watching } from './watching.ts';

/** One automatic rollback of v2, verified; then v3, which breaks after `laterMs`. */
async function rolledBackThen(w: Watching, laterMs: number): Promise<void> {
  await w.deploy('v2');
  w.breaks('v2');
  await w.wait(5 * MINUTE);
  expect(await w.state()).toBe('closed: rolled_back');
  await w.wait(laterMs);
  await w.deploy('v3');
  w.breaks('v3');
  await w.wait(90 * SECOND);
}

/** An automatic rollback that did not help: the incident is handed over. */
async function rolledBackInVain(w: Watching): Promise<void> {
  await w.deploy('v2');
  w.world.show('errors', 0.9);
  await w.wait(5 * MINUTE);
  expect(await w.state()).toBe('handed_over');
}

describe('cooldown', () => {
  test('makes a question of what breaks within an hour of an automatic rollback', async () => {
    await using w = await watching();
    await rolledBackThen(w, 30 * MINUTE);
    expect(await w.state()).toBe('asking');
    expect(await w.reason()).toMatch(
      /^asks because shop rests until 2026-01-05 13:23 UTC, after the automatic rollback of i-/,
    );
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);

    await w.answers('approve');
    await w.wait(5 * MINUTE);
    expect(w.world.ledger).toEqual(['shop: v2 → v1', 'shop: v3 → v1']);
  });

  test('is over an hour after a rollback that was verified', async () => {
    await using w = await watching();
    await rolledBackThen(w, HOUR);

    expect(w.world.ledger).toEqual(['shop: v2 → v1', 'shop: v3 → v1']);
  });

  test('outlives a restart', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(5 * MINUTE);
    await w.restart(10 * MINUTE);
    await w.deploy('v3');
    w.breaks('v3');
    await w.wait(90 * SECOND);

    expect(await w.state()).toBe('asking');
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('is not begun by a rollback that a person approved', async () => {
    await using w = await watching({ targets: { shop: { mode: 'approve' } } });
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(90 * SECOND);
    await w.answers('approve');
    await w.wait(5 * MINUTE);
    expect(await w.state()).toBe('closed: rolled_back');

    expect(w.control('cooldown:shop')).toBe(null);
    expect(w.control('budget')).toBe(null);
  });

  test('goes on after the hour until a rollback that did not help is acknowledged', async () => {
    await using w = await watching();
    await rolledBackInVain(w);
    const { id } = await w.incident();
    w.world.show('errors', 0);
    await w.wait(2 * HOUR);
    expect(await w.state()).toBe('closed: handed_over');
    await w.deploy('v3');
    w.breaks('v3');
    await w.wait(90 * SECOND);
    expect(await w.state()).toBe('asking');
    expect(await w.reason()).toBe(
      `asks because shop rests until ${id} is acknowledged, after its automatic rollback`,
    );
  });

  test('ends when somebody acknowledges the incident, though it is closed by then', async () => {
    await using w = await watching();
    await rolledBackInVain(w);
    const { id } = await w.incident();
    w.world.show('errors', 0);
    await w.wait(2 * HOUR);
    expect(await w.state()).toBe('closed: handed_over');

    expect(await w.asks({ do: 'ack', incident: id, note: 'it was the database' }, alice)).toEqual({
      accepted: true,
      message: `${id} is acknowledged by alice; shop rests no longer because of it`,
      incident: id,
    });
    await w.deploy('v3');
    w.breaks('v3');
    await w.wait(90 * SECOND);
    expect(w.world.ledger).toEqual(['shop: v2 → v1', 'shop: v3 → v1']);
  });

  test('ends when somebody acknowledges the incident while it is theirs', async () => {
    await using w = await watching();
    await rolledBackInVain(w);
    await w.asks({ do: 'ack', incident: (await w.incident()).id, note: '' });
    expect(await w.state()).toBe('closed: handed_over');
    w.world.show('errors', 0);
    await w.wait(HOUR);
    await w.deploy('v3');
    w.breaks('v3');
    await w.wait(90 * SECOND);

    expect(w.world.ledger).toEqual(['shop: v2 → v1', 'shop: v3 → v1']);
  });
});

describe('a rollback of a rollback', () => {
  test('is asked for', async () => {
    await using w = await watching();
    await w.deploy('v2');
    await w.wait(15 * MINUTE);
    expect(w.standing('v2')).toBe('good');
    await w.deploy('v3');
    w.breaks('v3');
    await w.wait(5 * MINUTE);
    expect(w.world.ledger).toEqual(['shop: v3 → v2']);
    await w.wait(2 * HOUR);

    w.breaks('v2');
    await w.wait(90 * SECOND);
    expect(await w.state()).toBe('asking');
    expect(await w.reason()).toMatch(/^asks because v2 \(r-[0-9a-f]+\) was itself put there by a rollback$/);

    await w.answers('approve');
    await w.wait(5 * MINUTE);
    expect(w.world.ledger).toEqual(['shop: v3 → v2', 'shop: v2 → v1']);
    expect(await w.state()).toBe('closed: rolled_back');
  });
});
