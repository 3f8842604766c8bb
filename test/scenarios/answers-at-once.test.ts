import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Actor, Command } from '../../src/domain/command.ts';
import type { CommandAnswer } from '../../src/domain/ports/daemon.ts';
import { MINUTE } from '../../src/domain/time.ts';
import { execute } from '../../src/engine/commands/execute.ts';
import { asked } from './asked.ts';
import { watching, type Watching } from './watching.ts';

type Word = 'approve' | 'reject' | 'hand_over' | 'prolong';
const words: readonly Word[] = ['approve', 'reject', 'hand_over', 'prolong'];

/** Where each deciding answer leads at once. */
const leadsTo: Readonly<Record<Word, string>> = {
  approve: 'verifying',
  reject: 'monitoring',
  hand_over: 'handed_over',
  prolong: 'asking',
};

function commandOf(word: Word, incident: string, planDigest: string | null): Command {
  return word === 'prolong'
    ? { do: word, incident, planDigest }
    : { do: word, incident, planDigest, note: '' };
}

/** Everybody says their word before anybody heard an answer. */
async function atOnce(
  w: Watching,
  said: readonly (readonly [Word, Actor])[],
): Promise<readonly CommandAnswer[]> {
  const { id } = await w.incident();
  const answers = said.map(([word, actor]) =>
    execute(w.engine.core, commandOf(word, id, w.asked(id)), actor),
  );
  await w.wait(0);
  return Promise.all(answers);
}

/** Two people, or a DBA, are asked about a plan that destroys data. */
async function destroying(): Promise<Watching> {
  const w = await watching({
    drivers: (world) => [world.driver('wipe', 'probe', 'destructive-data')],
    playbooks: { service: { steps: [{ kind: 'wipe', options: {}, deadlineMs: MINUTE, retries: 0 }] } },
  });
  await w.deploy('v2');
  w.breaks('v2');
  await w.wait(2 * MINUTE);
  return w;
}

const person = (nth: number): Actor => ({ name: `person-${nth}`, role: 'approver' });

describe('many answers at once', () => {
  test('a hundred approvals are one decision and one rollback', async () => {
    await using w = await asked();
    const answers = await atOnce(
      w,
      Array.from({ length: 100 }, (_, nth) => ['approve', person(nth)] as const),
    );
    await w.wait(5 * MINUTE);

    expect(answers.map(({ accepted }) => accepted)).toEqual([true, ...Array<boolean>(99).fill(false)]);
    expect(new Set(answers.slice(1).map(({ message }) => message))).toEqual(
      new Set(['the question is over: approved by person-0']),
    );
    expect(await w.journal('question.answered')).toHaveLength(1);
    expect(await w.journal('answer.refused')).toHaveLength(99);
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('the first durable one decides, whatever the others say', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom(...words), fc.integer({ min: 0, max: 3 })), {
          minLength: 1,
          maxLength: 12,
        }),
        async (said) => {
          await using w = await asked();
          const answers = await atOnce(
            w,
            said.map(([word, nth]) => [word, person(nth)] as const),
          );
          const decisive = said.findIndex(([word]) => word !== 'prolong');
          const before = decisive === -1 ? said.length : decisive;
          // Up to three prolongations, then the first decision, then nothing.
          expect(answers.map(({ accepted }) => accepted)).toEqual(
            said.map((_, nth) => nth === decisive || (nth < Math.min(before, 3) && nth < before)),
          );
          expect(await w.state()).toBe(leadsTo[said[decisive]?.[0] ?? 'prolong']);
          expect(await w.journal('question.prolonged')).toHaveLength(Math.min(before, 3));
          expect(await w.journal('question.answered')).toHaveLength(decisive === -1 ? 0 : 1);
        },
      ),
      { numRuns: 40, seed: 20_260_105 },
    );
  });

  test('what was accepted is there after a kill right behind it, and nothing else', async () => {
    for (const word of words) {
      await using w = await asked();
      w.killAfter(word === 'prolong' ? 'question.prolonged' : 'question.answered');
      const { id } = await w.incident();
      await w.asks(commandOf(word, id, w.asked(id)), person(1));
      expect(w.killed()).toBe(true);
      await w.restart(MINUTE);
      const [late] = await atOnce(w, [['reject', person(2)]]);

      expect({ word, accepted: late?.accepted }).toEqual({ word, accepted: word === 'prolong' });
    }
  });
});

describe('where two people are needed', () => {
  test('one person is one, however the name is written and however often', async () => {
    await using w = await destroying();
    const spellings = ['Zoë', 'ZOE\u0308', 'zoë', 'ZOË'];
    const answers = await atOnce(
      w,
      spellings.map((name) => ['approve', { name, role: 'approver' }] as const),
    );

    expect(answers.map(({ accepted }) => accepted)).toEqual([true, true, true, true]);
    expect(await w.state()).toBe('asking');
    expect(w.world.ledger).toEqual([]);
    await atOnce(w, [['approve', person(1)]]);
    await w.wait(2 * MINUTE);
    expect(await w.state()).not.toBe('asking');
    expect(w.world.ledger).not.toEqual([]);
  });

  test('a hundred approvals of two people are one decision', async () => {
    await using w = await destroying();
    const answers = await atOnce(
      w,
      Array.from({ length: 100 }, (_, nth) => ['approve', person(nth % 2)] as const),
    );

    expect(answers.filter(({ accepted }) => accepted)).toHaveLength(2);
    await w.wait(MINUTE);
    expect(await w.journal('rollback.begun')).toHaveLength(1);
  });
});
