import { describe, expect, test } from 'vitest';
import { incidentView } from '../../src/engine/views/incident.ts';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import type { CommandAnswer } from '../../src/domain/ports/daemon.ts';
import { asked, assessed } from './asked.ts';
import { alice, bob, carol, type Watching, watching } from './watching.ts';

async function handsOver(w: Watching, actor = alice, note = ''): Promise<CommandAnswer> {
  const { id: incident } = await w.incident();
  return w.asks({ do: 'hand_over', incident, note }, actor);
}

describe('a question that is handed over', () => {
  test('is over, and the incident is a person’s from then on', async () => {
    await using w = await asked();
    const { id } = await w.incident();

    expect(await handsOver(w, alice, 'I know the cause')).toEqual({
      accepted: true,
      message: `${id}: handed over; nothing will be done by itself, it is yours now`,
      incident: id,
    });
    expect(await w.state()).toBe('handed_over');
    expect((await w.incident()).outcome).toBe('handed_over');
    expect((await w.journal('question.answered')).map(({ message, facts }) => [message, facts])).toEqual([
      ['handed over at the word of alice: I know the cause', { by: 'alice', answer: 'hand_over' }],
    ]);
    expect((await w.journal('incident.handed_over'))[0]?.message).toBe(
      'handed over, shop is yours now: at the word of alice: I know the cause',
    );
    expect((await w.incident()).marks.answeredAt).toBe(w.clock.now());
  });

  test('stays a person’s when it becomes worse: nothing is asked or done by itself', async () => {
    await using w = await asked();
    await handsOver(w);
    w.breaks('v2', 0.9);
    await w.wait(HOUR);

    expect(await w.state()).toBe('handed_over');
    expect(w.world.ledger).toEqual([]);
    expect(await w.journal('question.asked')).toHaveLength(1);
  });

  test('shows who took it in the view of its question', async () => {
    await using w = await asked();
    await handsOver(w, carol);
    const { question } = (await incidentView(w.engine.core, (await w.incident()).id)) ?? {};

    expect(question).toMatchObject({
      state: 'handed_over',
      prolongs: 0,
      answers: [{ by: 'carol', answer: 'hand_over', at: w.clock.now() }],
    });
  });

  test('takes no other answer afterwards', async () => {
    await using w = await asked();
    await handsOver(w);

    expect((await w.answers('approve', bob)).message).toBe('the question is over: handed over by alice');
    expect((await handsOver(w, bob)).message).toBe(
      'it is handed over already: handed over at the word of alice',
    );
    expect(await w.journal('answer.refused')).toHaveLength(2);
  });

  test('closes when its rules recover, or when somebody acknowledges it', async () => {
    await using w = await asked();
    await handsOver(w);
    w.world.show('errors', 0);
    await w.wait(3 * MINUTE);

    expect(await w.state()).toBe('closed: handed_over');
    expect((await handsOver(w)).message).toMatch(/ is closed: every level recovered$/);
  });

  test('may still be rolled back at a person’s request', async () => {
    await using w = await asked();
    await handsOver(w);
    await w.asks({
      do: 'rollback',
      target: 'shop',
      because: 'regression',
      to: null,
      playbook: null,
      note: '',
    });
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('closed: rolled_back');
  });
});

describe('an incident about which nothing is asked', () => {
  test.each([
    ['investigating', { want: { action: 'investigate' } }],
    ['monitoring', { want: { action: 'monitor' } }],
  ] as const)('is taken by a person while it is %s', async (state, level) => {
    await using w = await asked(level);
    expect(await w.state()).toBe(state);
    await handsOver(w, bob);

    expect(await w.state()).toBe('handed_over');
    expect((await w.journal('command.hand_over')).map(({ message }) => message)).toEqual([
      'handed over at the word of bob',
    ]);
    expect(await w.journal('question.answered')).toEqual([]);
  });

  test('is taken by a person while it waits for the halt to be lifted', async () => {
    await using w = await watching({ rules: assessed() });
    w.halted = 'halted by a file';
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(2 * MINUTE);
    expect(await w.state()).toBe('halted');
    await handsOver(w);
    w.halted = null;
    await w.wait(HOUR);

    expect(await w.state()).toBe('handed_over');
    expect(w.world.ledger).toEqual([]);
  });

  test('is not taken in the middle of a step', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.world.troubles.set('move', 'takes a while');
    w.breaks('v2');
    while ((await w.journal('effect.started')).length === 0) await w.wait(SECOND);

    expect((await handsOver(w)).message).toBe(
      'it is being rolled back: rollbackd halt stops it before its next step',
    );
    expect(await w.state()).toBe('rolling_back');
  });

  test('is not taken by who may not answer, nor when there is none', async () => {
    await using w = await asked();

    expect((await handsOver(w, { name: 'vera', role: 'viewer' })).message).toBe(
      'vera is viewer and may not answer',
    );
    expect(await w.asks({ do: 'hand_over', incident: 'i-none', note: '' })).toMatchObject({
      accepted: false,
      message: 'there is no incident i-none',
    });
    expect(await w.state()).toBe('asking');
  });
});
