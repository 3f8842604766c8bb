import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { chainStart, brokenLink } from '../../src/domain/chain.ts';
import type { Store } from '../../src/domain/ports/store.ts';
import { DAY, HOUR, MINUTE } from '../../src/domain/time.ts';
import { SimulatedClock, start } from '../fakes/clock.ts';
import * as sample from '../store/samples.ts';

/** How a suite gets at a store, and at the same store again after a restart. */
export interface OpenedStore {
  readonly store: Store;
  /** Closes the store and opens it again; null where nothing survives. */
  reopen: (() => Promise<Store>) | null;
  dispose(): Promise<void>;
}

/** What every store must do, whatever lies beneath it. */
export function storeContract(name: string, open: (clock: SimulatedClock) => Promise<OpenedStore>): void {
  describe(`${name} as a store`, () => {
    let clock: SimulatedClock;
    let opened: OpenedStore;
    let store: Store;

    beforeEach(async () => {
      clock = new SimulatedClock();
      opened = await open(clock);
      store = opened.store;
    });

    afterEach(() => opened.dispose());

    const reopen = async (): Promise<Store> => {
      if (opened.reopen !== null) store = await opened.reopen();
      return store;
    };

    describe('what a commit holds', () => {
      test('is read back as it was written, also after a restart', async () => {
        await store.commit({
          incidents: [sample.incident()],
          snapshots: [sample.snapshot()],
          effects: [sample.effect()],
          watches: [sample.watch()],
          releases: [sample.release()],
          serving: [sample.serving()],
          controls: [{ key: 'halt', value: { by: 'alice', at: start, note: 'storm' } }],
        });

        await reopen();

        expect(await store.load()).toEqual({
          incidents: [sample.incident()],
          snapshots: [sample.snapshot()],
          effects: [sample.effect()],
          watches: [sample.watch()],
          releases: [sample.release()],
          serving: [sample.serving()],
          controls: [{ key: 'halt', value: { by: 'alice', at: start, note: 'storm' } }],
        });
      });

      test('replaces rows of the same key', async () => {
        await store.commit({ incidents: [sample.incident()], watches: [sample.watch()] });
        await store.commit({
          incidents: [sample.incident({ state: 'verifying', reason: 'the last step ended' })],
          watches: [sample.watch({ armed: false, unknownSince: start })],
        });

        const loaded = await store.load();

        expect(loaded.incidents).toEqual([
          sample.incident({ state: 'verifying', reason: 'the last step ended' }),
        ]);
        expect(loaded.watches).toEqual([sample.watch({ armed: false, unknownSince: start })]);
      });

      test('clears a control without a value', async () => {
        await store.commit({
          incidents: [sample.incident()],
          controls: [{ key: 'budget', value: [start] }],
        });
        await store.commit({
          controls: [{ key: 'budget', value: null }],
        });

        const loaded = await store.load();

        expect(loaded.controls).toEqual([]);
      });

      test('is stored whole or not at all', async () => {
        await store.commit({ incidents: [sample.incident()], entries: [sample.entry(1)] });

        const failed = store.commit({
          entries: [sample.entry(2)],
          controls: [{ key: 'halt', value: true }],
          incidents: [sample.incident({ id: 'i-2' })],
        });

        await expect(failed).rejects.toMatchObject({ code: 'STORE_CONFLICT' });
        expect((await store.load()).controls).toEqual([]);
        expect((await store.head()).seq).toBe(1);
        expect(await store.verifyJournal()).toBeNull();
      });

      test('may be empty', async () => {
        await store.commit({});

        expect(await store.head()).toEqual(chainStart);
      });
    });

    describe('incidents', () => {
      test('are open once a target', async () => {
        await store.commit({ incidents: [sample.incident()] });

        const second = store.commit({ incidents: [sample.incident({ id: 'i-2' })] });

        await expect(second).rejects.toMatchObject({ code: 'STORE_CONFLICT' });
        expect((await store.load()).incidents.map(({ id }) => id)).toEqual(['i-1']);
      });

      test('give way to the next one of their target in the commit that closes them', async () => {
        await store.commit({ incidents: [sample.incident()] });
        await store.commit({
          incidents: [
            sample.incident({ id: 'i-2', openedAt: start + HOUR }),
            sample.incident({ closedAt: start + HOUR, outcome: 'recovered' }),
          ],
        });

        expect((await store.load()).incidents.map(({ id }) => id)).toEqual(['i-2']);
      });

      test('are listed newest first, by target, by being open, up to a limit', async () => {
        await store.commit({
          incidents: [
            sample.incident({ id: 'i-1', closedAt: start + 1, outcome: 'recovered' }),
            sample.incident({ id: 'i-2', openedAt: start + 2 }),
            sample.incident({ id: 'i-3', target: 'worker', openedAt: start + 3 }),
          ],
        });
        const ids = async (filter: Parameters<Store['incidents']>[0]): Promise<string[]> =>
          (await store.incidents(filter)).map(({ id }) => id);

        expect(await ids({ limit: 10 })).toEqual(['i-3', 'i-2', 'i-1']);
        expect(await ids({ limit: 2 })).toEqual(['i-3', 'i-2']);
        expect(await ids({ target: 'shop', limit: 10 })).toEqual(['i-2', 'i-1']);
        expect(await ids({ open: true, target: 'shop', limit: 10 })).toEqual(['i-2']);
        expect(await ids({ open: false, limit: 10 })).toEqual(['i-1']);
      });

      test('are found by id, closed ones too, with their snapshots and effects', async () => {
        const closed = sample.incident({ closedAt: start + MINUTE, outcome: 'rolled_back' });
        await store.commit({
          incidents: [closed],
          snapshots: [sample.snapshot()],
          effects: [sample.effect()],
        });

        expect(await store.incident('i-1')).toEqual(closed);
        expect(await store.incident('i-9')).toBeNull();
        expect(await store.snapshots('i-1')).toEqual([sample.snapshot()]);
        expect(await store.effects('i-1')).toEqual([sample.effect()]);
        expect(await store.load()).toMatchObject({ incidents: [], snapshots: [], effects: [] });
      });
    });

    describe('effects', () => {
      test('are listed in the order in which they were begun', async () => {
        await store.commit({
          effects: [
            sample.effect({ opId: 'b', intentAt: start + 1 }),
            sample.effect({ opId: 'z', intentAt: start }),
            sample.effect({ opId: 'a', intentAt: start + 1 }),
          ],
        });

        expect((await store.effects('i-1')).map(({ opId }) => opId)).toEqual(['z', 'b', 'a']);
      });

      test('are not changed by the owner of an earlier epoch', async () => {
        await store.commit({ effects: [sample.effect({ epoch: 3 })] });

        const stale = store.commit({ effects: [sample.effect({ epoch: 2, state: 'done' })] });

        await expect(stale).rejects.toMatchObject({
          code: 'STORE_CONFLICT',
          message:
            'Could not store the effect i-1/abc/0/1: a later daemon owns it. Read the store again before writing.',
        });
        expect(await store.effects('i-1')).toEqual([sample.effect({ epoch: 3 })]);
      });
    });

    describe('the journal', () => {
      test('gives each entry its number and its place in the chain', async () => {
        await store.commit({ entries: [sample.entry(1), sample.entry(2)] });
        await store.commit({ entries: [sample.entry(3)] });

        const entries = await store.entries({ limit: 10 });

        expect(entries.map(({ seq, message }) => [seq, message])).toEqual([
          [1, 'fact 1'],
          [2, 'fact 2'],
          [3, 'fact 3'],
        ]);
        let head = chainStart;
        for (const entry of entries) {
          expect(brokenLink(head, entry)).toBeNull();
          head = entry;
        }
        expect(await store.head()).toEqual({ seq: 3, hash: entries[2]?.hash });
      });

      test('is read by incident, behind a number, up to a limit', async () => {
        await store.commit({
          entries: [
            sample.entry(1),
            sample.entry(2, { incident: null, target: null }),
            sample.entry(3),
            sample.entry(4),
          ],
        });
        const numbers = async (filter: Parameters<Store['entries']>[0]): Promise<number[]> =>
          (await store.entries(filter)).map(({ seq }) => seq);

        expect(await numbers({ incident: 'i-1', limit: 10 })).toEqual([1, 3, 4]);
        expect(await numbers({ incident: 'i-1', after: 1, limit: 1 })).toEqual([3]);
        expect(await numbers({ after: 2, limit: 10 })).toEqual([3, 4]);
      });

      test('keeps any text and any facts as they were', async () => {
        const odd = sample.entry(1, {
          message: `'"; DROP TABLE journal; -- \u0000 \n ✓ 🚑`,
          facts: { z: [1, null, { deep: 'ß\u2028' }], a: -0.5, empty: {}, long: 'x'.repeat(100_000) },
        });
        await store.commit({ entries: [odd] });

        const [entry] = await store.entries({ limit: 1 });

        expect(entry).toMatchObject(odd);
        expect(await store.verifyJournal()).toBeNull();
      });

      test('verifies although half a surrogate pair cannot be stored', async () => {
        await store.commit({
          entries: [sample.entry(1, { message: 'cut \ud83d', facts: { text: 'cut \ud83d' } })],
        });

        expect((await store.entries({ limit: 1 }))[0]?.message).toBe('cut \ufffd');
        expect(await store.verifyJournal()).toBeNull();
      });

      test('goes on from its head after a restart', async () => {
        await store.commit({ entries: [sample.entry(1)] });
        await reopen();
        await store.commit({ entries: [sample.entry(2)] });

        expect((await store.head()).seq).toBe(2);
        expect(await store.verifyJournal()).toBeNull();
      });
    });

    test('rows of releases and watches that are forgotten are gone, and no others', async () => {
      const [release, watch] = [sample.release(), sample.watch()];
      const kept = { releases: [{ ...release, id: 'r-kept' }], watches: [{ ...watch, subject: 'kept' }] };
      await store.commit({
        releases: [release, ...kept.releases],
        watches: [watch, ...kept.watches],
      });
      await store.commit({
        forgotten: [
          { release: release.id, target: release.target },
          { rule: watch.rule, subject: watch.subject },
        ],
      });
      expect(await store.load()).toMatchObject(kept);
    });

    describe('the outbox', () => {
      const due = async (now = start, channel = 'slack'): Promise<string[]> =>
        (await store.due(channel, now, 10)).map(({ key }) => key);

      test('gives the messages of a channel oldest first, until they are sent', async () => {
        await store.commit({
          outbox: [sample.message('a'), sample.message('b'), sample.message('c', { channel: 'webhook' })],
        });
        const [first] = await store.due('slack', start, 10);
        expect(first).toEqual({ ...sample.message('a'), seq: 1, attempts: 0, nextAt: start });

        await store.sent(1);

        expect(await due()).toEqual(['b']);
        expect(await due(start, 'webhook')).toEqual(['c']);
        expect([await store.pending('slack'), await store.pending('webhook')]).toEqual([1, 1]);
      });

      test('takes the same key of a channel once, also after it was sent', async () => {
        await store.commit({ outbox: [sample.message('a')] });
        await store.sent(1);
        await store.commit({ outbox: [sample.message('a'), sample.message('a', { channel: 'webhook' })] });

        expect(await due()).toEqual([]);
        expect(await due(start, 'webhook')).toEqual(['a']);
      });

      test('keeps order: behind a message that waits for its retry, later ones wait too', async () => {
        await store.commit({ outbox: [sample.message('a'), sample.message('b')] });
        await store.retryAt(1, start + MINUTE);

        expect(await due(start)).toEqual([]);
        expect(await due(start + MINUTE)).toEqual(['a', 'b']);
        expect((await store.due('slack', start + MINUTE, 1))[0]).toMatchObject({ key: 'a', attempts: 1 });
      });

      test('gives incidents with something urgent first, and each incident in its own order', async () => {
        const of = (incident: string | null, urgent = false) => ({ incident, urgent });
        await store.commit({
          outbox: [
            sample.message('a1', of('i-a')),
            sample.message('d1', of(null)),
            sample.message('b1', of('i-b')),
            sample.message('a2', of('i-a')),
            sample.message('b2', of('i-b', true)),
            sample.message('d2', of(null)),
          ],
        });

        expect(await due()).toEqual(['b1', 'b2', 'a1', 'a2', 'd1', 'd2']);

        await store.retryAt(1, start + MINUTE);
        expect(await due()).toEqual(['b1', 'b2', 'd1', 'd2']);
      });

      test('keeps its messages over a restart', async () => {
        await store.commit({ outbox: [sample.message('a')] });
        await reopen();

        expect(await due()).toEqual(['a']);
      });
    });

    describe('what it takes to ask people', () => {
      const arrived = (key: string, source = 'slack') => ({
        key,
        source,
        at: start,
        payload: { click: 'approve', by: ['U1'] },
      });

      test('a message keeps the story that it tells, over a restart', async () => {
        const story = {
          type: 'incident.opened',
          message: 'it breaks',
          facts: { detail: '61%', steps: ['a', 'b'] },
          incident: sample.incident(),
        };
        await store.commit({ outbox: [sample.message('a', { story }), sample.message('b')] });
        await reopen();

        expect((await store.due('slack', start, 10)).map((row) => row.story)).toEqual([story, null]);
      });

      test('the question behind a button is found by its ticket, and by nothing else', async () => {
        const ticket = { id: 'k3', incident: 'i-1', question: 'i-1.1', planDigest: 'abc', at: start };
        await store.commit({ tickets: [ticket] });
        await reopen();

        expect(await store.ticket('k3')).toEqual(ticket);
        expect(await store.ticket('K3')).toBeNull();
        expect(await store.ticket('i-1.1')).toBeNull();
      });

      test('what came in is taken once a key and source, and the second sees the first', async () => {
        expect(await store.receive([arrived('e1'), arrived('e2'), arrived('e1', 'api')])).toEqual([
          null,
          null,
          null,
        ]);
        await reopen();

        const [again] = await store.receive([{ ...arrived('e1'), at: start + 5, payload: 'other' }]);

        expect(again).toEqual({ ...arrived('e1'), answer: null });
        expect(await store.receive([arrived('e9'), arrived('e9')])).toEqual([
          null,
          { ...arrived('e9'), answer: null },
        ]);
      });

      test('what came in waits until it is answered, oldest first, also over a restart', async () => {
        await store.receive([arrived('e2'), arrived('e1'), arrived('e3'), arrived('x', 'api')]);
        await store.answered({ source: 'slack', key: 'e1' }, { said: 'approved' });
        await reopen();

        expect((await store.unanswered('slack', 10)).map(({ key }) => key)).toEqual(['e2', 'e3']);
        expect((await store.unanswered('slack', 1)).map(({ key }) => key)).toEqual(['e2']);
        expect((await store.receive([arrived('e1')]))[0]?.answer).toEqual({ said: 'approved' });
      });

      test('a channel remembers where its message of an incident is, and where it moved to', async () => {
        expect(await store.post('slack', 'i-1')).toBeNull();
        await store.putPost('slack', 'i-1', { channel: 'C1', ts: '1.0' });
        await store.putPost('slack', 'i-2', { channel: 'C1', ts: '9.0' });
        await store.putPost('slack', 'i-1', { channel: 'C1', ts: '2.0' });
        await reopen();

        expect(await store.post('slack', 'i-1')).toEqual({ channel: 'C1', ts: '2.0' });
        expect(await store.post('email', 'i-1')).toBeNull();
      });

      test('goes with its incident, and what came in when it is answered and old', async () => {
        await store.commit({
          incidents: [sample.incident({ outcome: 'recovered', closedAt: start })],
          tickets: [{ id: 'k3', incident: 'i-1', question: 'i-1.1', planDigest: 'abc', at: start }],
        });
        await store.putPost('slack', 'i-1', { ts: '1.0' });
        await store.receive([arrived('e1'), arrived('e2'), { ...arrived('e3'), at: start + 9 }]);
        await store.answered({ source: 'slack', key: 'e1' }, 'done');
        await store.answered({ source: 'slack', key: 'e3' }, 'done');

        await store.prune({ incidents: start + 1, readings: 0, inbox: start + 1 });

        expect(await store.ticket('k3')).toBeNull();
        expect(await store.post('slack', 'i-1')).toBeNull();
        const known = await store.receive([arrived('e1'), arrived('e2'), arrived('e3')]);
        expect(known.map((row) => row !== null)).toEqual([false, true, true]);

        await store.prune({ incidents: 0, readings: start + 1, inbox: 0 });
        const [, second] = await store.receive([arrived('e1'), arrived('e2')]);
        expect(second).toBeNull();
      });
    });

    describe('the ledger and the readings', () => {
      test('are found by target and by time', async () => {
        await store.commit({
          ledger: [
            sample.ledger({ incident: 'i-2', closedAt: start + 2 }),
            sample.ledger({ incident: 'i-1', closedAt: start + 1 }),
            sample.ledger({ incident: 'i-3', closedAt: start + 3, target: 'worker' }),
          ],
        });
        const incidents = async (filter: Parameters<Store['ledger']>[0]): Promise<string[]> =>
          (await store.ledger(filter)).map(({ incident }) => incident);

        expect(await incidents({})).toEqual(['i-1', 'i-2', 'i-3']);
        expect(await incidents({ target: 'shop' })).toEqual(['i-1', 'i-2']);
        expect(await incidents({ since: start + 2 })).toEqual(['i-2', 'i-3']);
        expect((await store.ledger({ target: 'worker' }))[0]).toEqual(
          sample.ledger({ incident: 'i-3', closedAt: start + 3, target: 'worker' }),
        );
      });

      test('keep one reading a rule, subject and instant', async () => {
        await store.commit({
          readings: [sample.reading(start + 2), sample.reading(start + 1), sample.reading(start + 9)],
        });
        await store.commit({ readings: [sample.reading(start + 1), sample.reading(start + 1, 'worker')] });

        expect(await store.readings({ subject: 'shop', from: start + 1, to: start + 2 })).toEqual([
          sample.reading(start + 1),
          sample.reading(start + 2),
        ]);
      });
    });

    describe('pruning', () => {
      test('removes closed incidents past retention with all that is theirs', async () => {
        const closed = { outcome: 'recovered', closedAt: start } as const;
        await store.commit({
          incidents: [sample.incident(closed), sample.incident({ id: 'i-2', target: 'worker' })],
          snapshots: [sample.snapshot(), { ...sample.snapshot(), incident: 'i-2' }],
          effects: [sample.effect()],
          ledger: [sample.ledger({})],
        });

        expect(await store.prune({ incidents: start, readings: 0, inbox: 0 })).toMatchObject({
          incidents: 0,
        });
        const removed = await store.prune({ incidents: start + 1, readings: 0, inbox: 0 });

        expect(removed).toEqual({ incidents: 1, readings: 0, entries: 0 });
        expect(await store.incident('i-1')).toBeNull();
        expect(await store.snapshots('i-1')).toEqual([]);
        expect(await store.effects('i-1')).toEqual([]);
        expect(await store.ledger({})).toEqual([]);
        expect(await store.snapshots('i-2')).toHaveLength(1);
      });

      test('removes readings past retention', async () => {
        await store.commit({
          readings: Array.from({ length: 2_500 }, (_, index) => sample.reading(start + index)),
        });

        const removed = await store.prune({ incidents: 0, readings: start + 2_400, inbox: 0 });

        expect(removed.readings).toBe(2_400);
        expect(await store.readings({ subject: 'shop', from: 0, to: start + DAY })).toHaveLength(100);
      });

      test('forgets sent messages past retention, never unsent ones or those of kept incidents', async () => {
        await store.commit({
          incidents: [sample.incident({ id: 'i-2' })],
          outbox: [sample.message('a'), sample.message('b'), sample.message('c', { incident: 'i-2' })],
        });
        await store.sent(1);
        await store.sent(3);
        await store.prune({ incidents: start + DAY, readings: 0, inbox: 0 });
        await store.commit({ outbox: [sample.message('a'), sample.message('c', { incident: 'i-2' })] });

        expect((await store.due('slack', start, 10)).map(({ key }) => key)).toEqual(['b', 'a']);
      });

      test('removes whole days of the journal, and what is left still verifies', async () => {
        for (const day of [0, 1, 2]) {
          const at = start + day * DAY;
          await store.commit({ entries: [sample.entry(1, { at }), sample.entry(2, { at: at + HOUR })] });
        }

        expect((await store.prune({ incidents: start + DAY + HOUR, readings: 0, inbox: 0 })).entries).toBe(2);
        expect((await store.prune({ incidents: start + 9 * DAY, readings: 0, inbox: 0 })).entries).toBe(2);

        expect((await store.entries({ limit: 10 })).map(({ seq }) => seq)).toEqual([5, 6]);
        expect(await store.verifyJournal()).toBeNull();
        await reopen();
        await store.commit({ entries: [sample.entry(7, { at: start + 3 * DAY })] });
        expect((await store.head()).seq).toBe(7);
        expect(await store.verifyJournal()).toBeNull();
      });

      test('keeps the days of an incident that is open or still kept, and removes those around it', async () => {
        await store.commit({ incidents: [sample.incident()] });
        for (const day of [0, 1, 2, 3]) {
          const incident = day === 1 ? 'i-1' : null;
          await store.commit({ entries: [sample.entry(day, { at: start + day * DAY, incident })] });
        }

        await store.prune({ incidents: start + 9 * DAY, readings: 0, inbox: 0 });
        expect((await store.entries({ limit: 10 })).map(({ seq }) => seq)).toEqual([2, 4]);
        expect(await store.verifyJournal()).toBeNull();

        await store.commit({
          incidents: [sample.incident({ outcome: 'recovered', closedAt: start + 8 * DAY })],
        });
        await store.prune({ incidents: start + 8 * DAY, readings: 0, inbox: 0 });
        expect((await store.entries({ limit: 10 })).map(({ seq }) => seq)).toEqual([2, 4]);

        await store.prune({ incidents: start + 8 * DAY + 1, readings: 0, inbox: 0 });
        expect((await store.entries({ limit: 10 })).map(({ seq }) => seq)).toEqual([4]);
        expect(await store.verifyJournal()).toBeNull();
      });

      test('may run while the journal is verified', async () => {
        await store.commit({
          entries: Array.from({ length: 3_000 }, (_, n) => sample.entry(n)),
        });
        await store.commit({ entries: [sample.entry(1, { at: start + DAY })] });

        const [verified, pruned, verifiedAfter] = await Promise.all([
          store.verifyJournal(),
          store.prune({ incidents: start + DAY, readings: 0, inbox: 0 }),
          store.verifyJournal(),
        ]);

        expect(verified).toBeNull();
        expect(pruned.entries).toBe(3_000);
        expect(verifiedAfter).toBeNull();
      });
    });

    describe('epochs', () => {
      test('grow by one at each opening', async () => {
        expect(store.epoch).toBe(1);
        await reopen();
        expect(store.epoch).toBe(opened.reopen === null ? 1 : 2);
      });
    });

    test('refuses everything once it is closed, and may be closed twice', async () => {
      await store.close();
      await store.close();

      await expect(store.commit({})).rejects.toMatchObject({ code: 'STORE_UNUSABLE' });
      await expect(store.load()).rejects.toMatchObject({ code: 'STORE_UNUSABLE' });
    });
  });
}
