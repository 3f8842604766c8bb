import { describe, expect, test } from 'vitest';
import { incidentView } from '../../src/engine/views/incident.ts';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import type { CommandAnswer } from '../../src/domain/ports/daemon.ts';
import { asked } from './asked.ts';
import { alice, bob, type Watching } from './watching.ts';

async function prolongs(w: Watching, actor = alice, planDigest?: string): Promise<CommandAnswer> {
  const { id: incident } = await w.incident();
  return w.asks({ do: 'prolong', incident, planDigest: planDigest ?? w.asked(incident) }, actor);
}

/** When the open question ends, from when it was asked. */
async function lasts(w: Watching): Promise<number> {
  const { question } = (await incidentView(w.engine.core, (await w.incident()).id)) ?? {};
  return (question?.dueAt ?? 0) - (question?.askedAt ?? 0);
}

describe('a question that is prolonged', () => {
  test('may be answered ten minutes longer', async () => {
    await using w = await asked();
    const { id } = await w.incident();
    await w.wait(9 * MINUTE);

    expect((await prolongs(w)).message).toMatch(
      new RegExp(`^${id}: 15m\\d*s? are left to answer; it can be prolonged 2 more times$`),
    );
    expect(await lasts(w)).toBe(25 * MINUTE);
    await w.wait(14 * MINUTE);
    expect(await w.state()).toBe('asking');
    await w.wait(2 * MINUTE);
    expect(await w.state()).toBe('handed_over');
    expect(await w.reason()).toBe('nobody answered within 25m');
  });

  test('is prolonged three times at most', async () => {
    await using w = await asked();
    const answers = [];
    for (const actor of [alice, bob, alice, bob]) answers.push(await prolongs(w, actor));

    expect(answers.map(({ accepted }) => accepted)).toEqual([true, true, true, false]);
    expect(answers[2]?.message).toMatch(/it cannot be prolonged again$/);
    expect(answers[3]?.message).toBe(
      'the question was prolonged 3 times already: answer it, or hand it over',
    );
    expect(await lasts(w)).toBe(45 * MINUTE);
    expect(await w.journal('question.prolonged')).toHaveLength(3);
    expect((await w.journal('answer.refused'))[0]?.facts).toEqual({ by: 'bob' });
  });

  test('says in the journal who asked for it, until when, and how often it still can be', async () => {
    await using w = await asked();
    await prolongs(w, bob);
    const [entry] = await w.journal('question.prolonged');
    const [question] = await w.journal('question.asked');

    expect(entry?.message).toMatch(
      /^bob asked for more time: \d+m\d*s? are left to answer, and it can be prolonged 2 more times$/,
    );
    expect(entry?.facts).toMatchObject({
      question: question?.facts['question'],
      ticket: question?.facts['ticket'],
      planDigest: question?.facts['planDigest'],
      dueAt: Number(question?.facts['dueAt']) + 10 * MINUTE,
      otherwise: 'hand_over',
      people: 1,
      role: 'approver',
      by: 'bob',
      prolongs: 2,
    });
  });

  test('keeps the time that is left over a restart, and how often it was prolonged', async () => {
    await using w = await asked();
    await prolongs(w);
    const left = (await lasts(w)) - MINUTE;
    await w.restart(HOUR);

    expect((await lasts(w)) - HOUR).toBeGreaterThan(left);
    expect((await incidentView(w.engine.core, (await w.incident()).id))?.question?.prolongs).toBe(2);
    await w.wait(22 * MINUTE);
    expect(await w.state()).toBe('asking');
    await w.wait(4 * MINUTE);
    expect(await w.state()).toBe('handed_over');
  });

  test('is not prolonged by who may not answer, for another plan, or once it is over', async () => {
    await using w = await asked();
    const { id } = await w.incident();

    expect((await prolongs(w, { name: 'otto', role: 'operator' })).message).toBe(
      'otto is operator and may not prolong a question',
    );
    expect((await prolongs(w, alice, 'fedcba9876543210')).message).toMatch(
      /^that answer is for plan fedcba9876543210, but the question is about plan /,
    );
    await w.answers('reject');
    expect((await prolongs(w)).message).toBe('the question is over: rejected by alice');
    w.world.show('errors', 0);
    await w.wait(5 * MINUTE);
    expect((await prolongs(w)).message).toBe(`${id} is closed: every level recovered`);
    expect(await w.journal('question.prolonged')).toEqual([]);
  });
});

describe('an open question that nobody answers', () => {
  test('is told again at half of its time and two minutes before its end', async () => {
    await using w = await asked();
    await w.wait(20 * MINUTE);
    const [question] = await w.journal('question.asked');
    const reminders = await w.journal('question.reminder');

    expect(reminders.map(({ at }) => at - (question?.at ?? 0))).toEqual([7.5 * MINUTE, 13 * MINUTE]);
    expect(reminders.map(({ message }) => message)).toEqual([
      `nobody has answered yet: may I roll shop back to v1 (${w.world.release('v1')})? 7m30s are left; without an answer it is handed over`,
      `nobody has answered yet: may I roll shop back to v1 (${w.world.release('v1')})? 2m are left; without an answer it is handed over`,
    ]);
    expect(reminders[1]?.facts).toMatchObject({
      reminder: 'end',
      ticket: question?.facts['ticket'],
      dueAt: (question?.at ?? 0) + 15 * MINUTE,
    });
  });

  test('is told again before each of its ends, and only once of its half', async () => {
    await using w = await asked();
    await w.wait(14 * MINUTE);
    await prolongs(w);
    await w.wait(15 * MINUTE);

    expect((await w.journal('question.reminder')).map(({ facts }) => facts['reminder'])).toEqual([
      'half',
      'end',
      'end',
    ]);
  });

  test.each([
    [3, []],
    [5, ['end']],
    [6, ['half', 'end']],
  ])('is told again within %i minutes only where that leaves sense', async (minutes, reminders) => {
    await using w = await asked({ withinMs: minutes * MINUTE });
    await w.wait(10 * MINUTE);

    expect((await w.journal('question.reminder')).map(({ facts }) => facts['reminder'])).toEqual(reminders);
  });

  test('is not told again once it is over', async () => {
    await using w = await asked();
    await w.wait(8 * MINUTE);
    await w.answers('reject');
    await w.wait(HOUR);

    expect(await w.journal('question.reminder')).toHaveLength(1);
  });

  test.each(['before', 'after'] as const)(
    'is told again once when the daemon is killed right %s it says so',
    async (side) => {
      await using w = await asked();
      w.killAfter('question.reminder');
      w.killAt({ commit: Number.MAX_SAFE_INTEGER, side });
      await w.wait(8 * MINUTE);
      expect(w.killed()).toBe(true);
      await w.restart(SECOND);
      await w.wait(4 * MINUTE);

      expect((await w.journal('question.reminder')).map(({ facts }) => facts['reminder'])).toEqual(['half']);
    },
  );
});
