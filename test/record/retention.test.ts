import { describe, expect, onTestFinished, test } from 'vitest';
import { RollbackError } from '../../src/domain/errors.ts';
import type { Store } from '../../src/domain/ports/store.ts';
import { DAY } from '../../src/domain/time.ts';
import { cutoffs, nightEntry, nightly } from '../../src/record/retention.ts';
import { openSqliteStore } from '../../src/store/sqlite/open.ts';
import { SimulatedClock, start } from '../fakes/clock.ts';
import { entry, incident, reading } from '../store/samples.ts';

const retention = { incidentsMs: 400 * DAY, readingsMs: 14 * DAY };

async function storeOn(clock: SimulatedClock): Promise<Store> {
  const store = await openSqliteStore({ path: ':memory:', clock });
  onTestFinished(() => store.close());
  return store;
}

describe('the night', () => {
  test('removes readings after 14 days, closed incidents and their days of the journal after 400', async () => {
    const clock = new SimulatedClock();
    const store = await storeOn(clock);
    await store.commit({
      incidents: [incident({ outcome: 'recovered', closedAt: start })],
      entries: [entry(1), entry(2)],
      readings: [reading(start)],
    });
    await store.commit({ entries: [entry(3, { at: start + DAY, incident: null })] });

    await clock.advance(14 * DAY + 1);
    expect(await nightly(store, { retention, clock })).toEqual({
      ended: 'done',
      pruned: { incidents: 0, readings: 1, entries: 0 },
    });
    await clock.advance(386 * DAY + 2);
    expect(await nightly(store, { retention, clock })).toEqual({
      ended: 'done',
      pruned: { incidents: 1, readings: 0, entries: 2 },
    });
    expect(await store.verifyJournal()).toBeNull();
  });

  test('removes nothing of a broken journal', async () => {
    const clock = new SimulatedClock();
    const log: string[] = [];
    const store: Pick<Store, 'prune' | 'verifyJournal'> = {
      verifyJournal: async () => 'entry 7 is missing',
      prune: async () => {
        log.push('prune');
        return { incidents: 0, readings: 0, entries: 0 };
      },
    };

    expect(await nightly(store, { retention, clock })).toEqual({
      ended: 'broken',
      problem: 'entry 7 is missing',
    });
    expect(log).toEqual([]);
  });

  test('says as a value when the store failed', async () => {
    const clock = new SimulatedClock();
    const store = await storeOn(clock);
    await store.close();

    const night = await nightly(store, { retention, clock });

    expect(night).toMatchObject({
      ended: 'failed',
      error: {
        code: 'STORE_UNUSABLE',
        message: 'Could not verify the journal in the store :memory:: it is closed.',
      },
    });
  });
});

describe('cut-offs', () => {
  test('lie the retention before now', () => {
    expect(cutoffs(retention, start)).toEqual({
      incidents: start - 400 * DAY,
      readings: start - 14 * DAY,
      inbox: start - 2 * DAY,
    });
  });
});

describe('the night as an entry', () => {
  test.each([
    {
      night: { ended: 'done', pruned: { incidents: 2, readings: 30, entries: 4 } } as const,
      type: 'journal.verified',
      message: 'The journal verifies. Past retention and removed: 2 incidents, 4 entries, 30 readings.',
      facts: { incidents: 2, readings: 30, entries: 4 },
    },
    {
      night: { ended: 'broken', problem: 'entry 7 is missing' } as const,
      type: 'journal.broken',
      message:
        'The journal does not verify: entry 7 is missing. Nothing was removed. ' +
        'Keep a copy of the store, and compare it with the head in the last closing message.',
      facts: { problem: 'entry 7 is missing' },
    },
    {
      night: { ended: 'failed', error: new RollbackError('STORE_UNUSABLE', 'The disk is full.') } as const,
      type: 'journal.unverified',
      message: 'The journal could not be verified or pruned. The disk is full.',
      facts: { code: 'STORE_UNUSABLE' },
    },
  ])('of a night that ended as $type says what came of it', ({ night, type, message, facts }) => {
    expect(nightEntry(night, start)).toEqual({
      at: start,
      incident: null,
      target: null,
      type,
      message,
      facts,
    });
  });
});
