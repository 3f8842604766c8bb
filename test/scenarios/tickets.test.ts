import { describe, expect, test } from 'vitest';
import { askedView } from '../../src/engine/views/asked.ts';
import { MINUTE } from '../../src/domain/time.ts';
import { asked } from './asked.ts';
import { alice, type Watching } from './watching.ts';

/** Tickets of all questions that were asked, oldest first. */
async function tickets(w: Watching): Promise<readonly string[]> {
  return (await w.journal('question.asked')).map(({ facts }) => facts['ticket'] as string);
}

describe('the ticket of a question', () => {
  test('leads to its incident, plan and question', async () => {
    await using w = await asked();
    const { id } = await w.incident();
    const [ticket = ''] = await tickets(w);
    const found = await askedView(w.engine.core, ticket);

    expect(found?.ticket).toEqual({
      id: ticket,
      incident: id,
      question: `${id}.1`,
      planDigest: w.asked(id),
      at: found?.incident.question?.askedAt,
    });
    expect(found?.incident).toMatchObject({ id, target: 'shop', state: 'asking' });
    expect(found?.incident.question).toMatchObject({ id: `${id}.1`, ticket, prolongs: 3, state: 'open' });
    expect(found?.current).toBe(true);
  });

  test('says while nothing may start that it cannot be approved, and no longer after that', async () => {
    await using w = await asked();
    const [ticket = ''] = await tickets(w);
    const why = async () => (await askedView(w.engine.core, ticket))?.incident.question?.halted;

    expect(await why()).toBeNull();
    w.halted = 'the halt file is there';
    expect(await why()).toBe('the halt file is there');
    w.halted = null;
    expect(await why()).toBeNull();
  });

  test('is stored in the same commit as its question', async () => {
    await using w = await asked();
    const [ticket] = await tickets(w);
    const commit = w.commits.find(({ entries = [] }) =>
      entries.some(({ type }) => type === 'question.asked'),
    );

    expect(commit?.tickets?.map(({ id }) => id)).toEqual([ticket]);
    expect(commit?.snapshots?.map(({ machine }) => machine)).toContain('approval');
  });

  test('leads to a question that is over, also after a restart, and says so', async () => {
    await using w = await asked();
    const [ticket = ''] = await tickets(w);
    await w.answers('approve');
    await w.wait(5 * MINUTE);
    expect(await w.state()).toBe('closed: rolled_back');
    await w.restart(MINUTE);
    const found = await askedView(w.engine.core, ticket);

    expect(found?.current).toBe(false);
    expect(found?.incident.question).toMatchObject({ ticket, state: 'approved', prolongs: 0 });
  });

  test('of a question that was superseded is not that of the next one', async () => {
    await using w = await asked({}, { mode: 'approve' });
    w.breaks('v2', 0.9);
    await w.wait(2 * MINUTE);
    const [first = '', second = ''] = await tickets(w);

    expect(first).not.toBe(second);
    expect((await askedView(w.engine.core, first))?.current).toBe(false);
    expect((await askedView(w.engine.core, second))?.current).toBe(true);
  });

  test.each(['approve', 'reject', 'hand_over', 'prolong'] as const)(
    'of an earlier question about the same plan lets nobody %s a later one',
    async (answer) => {
      await using w = await asked({}, { mode: 'approve' });
      const { id: incident } = await w.incident();
      const planDigest = w.asked(incident);
      w.breaks('v2', 0.9);
      await w.wait(2 * MINUTE);
      expect(w.asked(incident)).toBe(planDigest);
      const [first = '', second = ''] = await tickets(w);
      const by = (ticket: string) => w.asks({ do: answer, incident, planDigest, note: '', ticket }, alice);

      expect(await by(first)).toEqual({
        accepted: false,
        message: `that answer is for an earlier question about ${incident}; look at rollbackd show ${incident}`,
        incident,
      });
      expect((await askedView(w.engine.core, second))?.current).toBe(true);
      expect((await by(second)).accepted).toBe(true);
    },
  );

  test('that never was leads nowhere', async () => {
    await using w = await asked();

    expect(await askedView(w.engine.core, 'AAAAAAAAAAAAAAAAAAAAAA')).toBe(null);
  });

  test('is told with what a card shows: risk, playbook, and both releases', async () => {
    await using w = await asked();
    const [entry] = await w.journal('question.asked');

    expect(entry?.facts).toMatchObject({
      risk: 'disruptive',
      playbook: 'shop/service',
      from: `v2 (${w.world.release('v2')})`,
      to: `v1 (${w.world.release('v1')})`,
      people: 1,
      role: 'approver',
    });
  });

  test('is missing where an earlier version asked: it can be answered, but not by a button', async () => {
    await using w = await asked();
    const { id } = await w.incident();
    const stored = (await w.store.snapshots(id)).find(({ machine }) => machine === 'approval');
    if (stored === undefined) throw new Error('nothing was asked');
    const {
      ticket: _ticket,
      prolonged: _prolonged,
      reminded: _reminded,
      ...context
    } = stored.context as Record<string, never>;
    await w.store.commit({ snapshots: [{ ...stored, version: 1, context }] });
    await w.restart(MINUTE);

    expect(await w.state()).toBe('asking');
    const [ticket = ''] = await tickets(w);
    expect((await askedView(w.engine.core, ticket))?.current).toBe(false);
    expect((await w.answers('approve')).accepted).toBe(true);
    await w.wait(5 * MINUTE);
    expect(await w.state()).toBe('closed: rolled_back');
  });
});
