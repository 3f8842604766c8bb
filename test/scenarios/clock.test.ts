import { describe, expect, test } from 'vitest';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { watching } from './watching.ts';

const jumps = [HOUR, -HOUR, 24 * HOUR, -24 * HOUR];

describe.each(jumps)('a wall clock that jumps by %i ms', (jump) => {
  test('is journaled and told', async () => {
    await using w = await watching();
    w.clock.jump(jump);
    await w.wait(SECOND);

    const [noticed, ...others] = await w.journal('clock_jump');
    expect(others).toEqual([]);
    const by = `${jump < 0 ? '-' : ''}${Math.abs(jump) === HOUR ? '1h' : '1d'}`;
    expect(noticed?.message).toBe(`the wall clock jumped by ${by}; pending breaches start over`);
    expect(noticed?.facts).toEqual({ byMs: jump });
    expect(await w.told()).toEqual([noticed?.message]);
  });

  test('does not cause a rollback', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(35 * SECOND);
    w.clock.jump(jump);
    await w.wait(5 * SECOND);
    w.world.show('errors', 0);
    await w.wait(30 * MINUTE);

    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('no incident');
  });

  test('has pending breaches counted anew, and does not suppress the rollback', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(55 * SECOND);
    w.clock.jump(jump);
    await w.wait(60 * SECOND);
    expect(w.world.ledger).toEqual([]);
    await w.wait(10 * SECOND);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('neither shortens nor prolongs a question', async () => {
    await using w = await watching({ mode: 'approve' });
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(61 * SECOND);
    w.clock.jump(jump);
    await w.wait(14 * MINUTE);
    expect(await w.state()).toBe('asking');
    await w.wait(MINUTE + 5 * SECOND);

    expect(await w.state()).toBe('handed_over');
  });

  test('in the middle of a rollback does not disturb it', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(75 * SECOND);
    expect(await w.state()).toBe('verifying');
    w.clock.jump(jump);
    await w.wait(3 * MINUTE);

    expect(await w.state()).toBe('closed: rolled_back');
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('neither ends nor prolongs cooldown', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(5 * MINUTE);
    w.clock.jump(jump);
    await w.deploy('v3');
    w.breaks('v3');
    await w.wait(90 * SECOND);
    expect(await w.state()).toBe('asking');

    w.world.show('errors', 0);
    await w.wait(HOUR);
    await w.deploy('v4');
    w.breaks('v4');
    await w.wait(90 * SECOND);
    expect(w.world.ledger).toEqual(['shop: v2 → v1', 'shop: v4 → v3']);
  });
});

test('a clock that is slewed by less than two seconds at a time has not jumped', async () => {
  await using w = await watching();
  await w.deploy('v2');
  w.breaks('v2');
  for (let seconds = 0; seconds < 65; seconds += 1) {
    w.clock.jump(SECOND);
    await w.wait(SECOND);
  }

  expect(await w.journal('clock_jump')).toEqual([]);
  expect(w.world.ledger).toEqual(['shop: v2 → v1']);
});
