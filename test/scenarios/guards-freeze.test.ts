import { describe, expect, test } from 'vitest';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { start } from '../fakes/clock.ts';
import { watching, type Watching } from './watching.ts';

/** Breaks v2 and waits until its breach has been judged. */
async function breakV2(w: Watching): Promise<void> {
  await w.deploy('v2');
  w.breaks('v2');
  await w.wait(90 * SECOND);
}

describe('a freeze', () => {
  test.each([{ target: 'shop' }, { target: null }])(
    'by hand, of $target, makes a question of it, which an approval answers',
    async ({ target }) => {
      await using w = await watching();
      await w.asks({ do: 'freeze', target, forMs: HOUR, note: 'stocktaking' });
      await breakV2(w);
      expect(w.world.ledger).toEqual([]);
      expect(await w.state()).toBe('asking');
      expect(await w.reason()).toBe(
        'asks because shop is frozen by alice until 2026-01-05 13:20 UTC: stocktaking',
      );

      expect((await w.answers('approve')).accepted).toBe(true);
      await w.wait(5 * MINUTE);
      expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    },
  );

  test('of another target freezes only that one', async () => {
    await using w = await watching({ targets: { shop: {}, till: {} } });
    await w.asks({ do: 'freeze', target: 'till', forMs: HOUR, note: '' });
    await breakV2(w);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('that recurs by the calendar asks, and says why', async () => {
    await using w = await watching({
      configuration: { freezes: [{ cron: '0 12 * * mon', forMs: 2 * HOUR, reason: 'weekly stocktaking' }] },
    });
    await breakV2(w);

    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('asking');
    expect(await w.reason()).toBe(
      'asks because shop is frozen until 2026-01-05 14:00 UTC: weekly stocktaking',
    );
  });

  test('that recurs does nothing once it is over', async () => {
    await using w = await watching({
      configuration: { freezes: [{ cron: '0 11 * * mon', forMs: HOUR, reason: 'weekly stocktaking' }] },
    });
    await breakV2(w);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('that was lifted, or is over, lets the next breach be rolled back', async () => {
    await using w = await watching();
    await w.asks({ do: 'freeze', target: 'shop', forMs: HOUR, note: '' });
    await w.asks({ do: 'unfreeze', target: 'shop' });
    await w.asks({ do: 'freeze', target: null, forMs: MINUTE, note: '' });
    await breakV2(w);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('outlives a restart', async () => {
    await using w = await watching();
    await w.asks({ do: 'freeze', target: 'shop', forMs: HOUR, note: '' });
    await w.restart();
    await breakV2(w);

    expect(await w.state()).toBe('asking');
  });
});

test('the simulated clock stands at noon of a Monday', () => {
  expect(new Date(start).toUTCString()).toBe('Mon, 05 Jan 2026 12:00:00 GMT');
});
