import { describe, expect, test } from 'vitest';
import type { Json } from '../../src/domain/json.ts';
import { HOUR, MINUTE } from '../../src/domain/time.ts';
import { asked } from './asked.ts';
import { alice, type Watching } from './watching.ts';

/** When people were reminded, in minutes since the incident was opened. */
async function reminders(w: Watching): Promise<readonly number[]> {
  const { openedAt } = await w.incident();
  const all = await w.journal('incident.reminder');
  return all.map(({ at }) => Math.round((at - openedAt) / MINUTE));
}

describe('people who were told are told again every half an hour', () => {
  async function handedOver(): Promise<Watching> {
    const w = await asked();
    const { id: incident } = await w.incident();
    await w.asks({ do: 'hand_over', incident, note: '' }, alice);
    await w.reconfigure({ notify: { routes: [], contacts: [], remindMs: 30 * MINUTE } });
    return w;
  }

  test('not at each start of the daemon', async () => {
    await using w = await handedOver();
    await w.wait(31 * MINUTE);
    expect(await reminders(w)).toEqual([30]);
    for (let restart = 0; restart < 5; restart++) {
      await w.restart();
      await w.wait(2 * MINUTE);
    }

    expect(await reminders(w)).toEqual([30]);
    await w.wait(20 * MINUTE);
    expect(await reminders(w)).toEqual([30, 60]);
  });

  test('also when the daemon never lives that long', async () => {
    await using w = await handedOver();
    for (let restart = 0; restart < 7; restart++) {
      await w.restart();
      await w.wait(10 * MINUTE);
    }

    expect(await reminders(w)).toEqual([30, 60]);
  });

  test('and at once when the last time is still to come, because the clock was set back', async () => {
    await using w = await handedOver();
    await w.wait(29 * MINUTE);
    const { id } = await w.incident();
    const key = `reminded:${id}`;
    await w.store.commit({ controls: [{ key, value: w.clock.now() + 24 * HOUR }] });
    await w.restart();
    await w.wait(MINUTE);

    expect(await reminders(w)).toHaveLength(1);
  });

  test('which is forgotten once the incident is closed', async () => {
    await using w = await handedOver();
    const { id } = await w.incident();
    await w.wait(31 * MINUTE);
    expect(w.control(`reminded:${id}`)).not.toBe(null);
    await w.asks({ do: 'ack', incident: id, note: '' }, alice);
    await w.wait(2 * MINUTE);

    expect(w.control(`reminded:${id}`)).toBe(null);
  });
});

test('a question has no more time than it had, although the clock was set back while the daemon was away', async () => {
  await using w = await asked();
  const { id } = await w.incident();
  const ahead = 3 * HOUR;
  const stored = (await w.store.snapshots(id)).find(({ machine }) => machine === 'approval');
  const context = stored?.context as Readonly<Record<string, Json>>;
  const later = (name: string) => ({ [name]: Number(context[name]) + ahead });
  const moved = { ...context, ...later('askedAt'), ...later('dueAt') };
  if (stored === undefined) throw new Error('nothing is asked');
  await w.store.commit({
    snapshots: [{ ...stored, context: moved }],
    controls: [{ key: 'alive', value: w.clock.now() + ahead }],
  });
  await w.restart();
  await w.wait(14 * MINUTE);
  expect(await w.state()).toBe('asking');
  await w.wait(2 * MINUTE);

  expect(await w.state()).toBe('handed_over');
});
