import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Message } from '../../src/domain/ports/channel.ts';
import { openSqliteStore } from '../../src/store/sqlite/open.ts';
import { SimulatedClock, start } from '../fakes/clock.ts';

interface Waiting {
  readonly seq: number;
  readonly incident: string | null;
  readonly urgent: boolean;
  readonly nextAt: number;
  readonly sent: boolean;
}

const row = fc.record({
  incident: fc.constantFrom('i-a', 'i-b', 'i-c', null),
  urgent: fc.boolean(),
  nextAt: fc.constantFrom(null, start - 1, start, start + 1),
  sent: fc.boolean(),
});

/** What the store's contract says, word by word. */
function dueOf(rows: readonly Waiting[], now: number, limit: number): readonly number[] {
  const lanes = [
    ...Map.groupBy(
      rows.filter(({ sent }) => !sent),
      ({ incident }) => incident,
    ).values(),
  ];
  return lanes
    .toSorted((a, b) => Number(b.some(({ urgent }) => urgent)) - Number(a.some(({ urgent }) => urgent)))
    .flatMap((lane) => {
      const late = lane.findIndex(({ nextAt }) => nextAt > now);
      return late === -1 ? lane : lane.slice(0, late);
    })
    .slice(0, limit)
    .map(({ seq }) => seq);
}

test('what is due comes in the order of the contract, whatever waits, was sent or failed', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { maxLength: 20 }),
      fc.constantFrom(start, Number.MAX_SAFE_INTEGER),
      fc.integer({ min: 1, max: 20 }),
      async (given, now, limit) => {
        const store = await openSqliteStore({ path: ':memory:', clock: new SimulatedClock() });
        const outbox = given.map(({ incident, urgent }, index): Message => ({
          key: `m${index}`,
          channel: 'slack',
          incident,
          at: start,
          title: '',
          text: '',
          urgent,
          story: null,
        }));
        await store.commit({ outbox: [...outbox, ...outbox.map((one) => ({ ...one, channel: 'email' }))] });
        for (const [index, { sent, nextAt }] of given.entries()) {
          if (nextAt !== null) await store.retryAt(index + 1, nextAt);
          if (sent) await store.sent(index + 1);
        }
        const waiting = given.map((one, index) => ({ ...one, seq: index + 1, nextAt: one.nextAt ?? start }));
        const due = await store.due('slack', now, limit);
        await store.close();

        expect(due.map(({ seq }) => seq)).toEqual(dueOf(waiting, now, limit));
      },
    ),
    { numRuns: 200 },
  );
});
