import { describe, expect, test } from 'vitest';
import type { OneTimeCode } from '../../src/domain/controls.ts';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { incidentView } from '../../src/engine/views/incident.ts';
import { asked } from './asked.ts';
import { keys, root } from './keys.ts';
import { alice, type Watching } from './watching.ts';

const refused = { refused: 'the code is wrong, used, or too old: ask for another one' };

async function ticket(w: Watching): Promise<string> {
  return (await incidentView(w.engine.core, (await w.incident()).id))?.question?.ticket ?? '';
}

async function codeFor(w: Watching, name: string, role: 'approver' | 'dba' = 'approver'): Promise<string> {
  const made = await keys(w).makeCode({ incident: (await w.incident()).id, name, role }, root);
  if ('refused' in made) throw new Error(made.refused);
  return made.code;
}

/** Another code than these. */
function wrong(...codes: readonly string[]): string {
  const candidates = Array.from({ length: codes.length + 1 }, (_, nth) => String(nth).padStart(8, '0'));
  return candidates.find((code) => !codes.includes(code)) ?? '';
}

function kept(w: Watching): readonly OneTimeCode[] {
  return [...w.engine.core.book.controlsOf<OneTimeCode>('code:').values()];
}

describe('a one-time code', () => {
  test('stands for the person it was made for, once', async () => {
    await using w = await asked();
    const code = await codeFor(w, 'Zoë', 'dba');

    expect(code).toMatch(/^\d{8}$/);
    expect(await keys(w).useCode(await ticket(w), code)).toEqual({ name: 'Zoë', role: 'dba' });
    expect(await keys(w).useCode(await ticket(w), code)).toEqual(refused);
  });

  test('is journaled when it is made, used and refused, never with its digits or its hash', async () => {
    await using w = await asked();
    const code = await codeFor(w, 'zoe');
    await keys(w).useCode(await ticket(w), wrong(code));
    await keys(w).useCode(await ticket(w), code);
    await keys(w).useCode(await ticket(w), code);
    const entries = (await w.journal()).filter(({ type }) => type.startsWith('code.'));

    expect(entries.map(({ message }) => message)).toEqual([
      'root made a one-time code with which zoe may answer as approver',
      'a one-time code was refused: it is wrong',
      'zoe used a one-time code',
      'a one-time code was refused: no code of this question can be used',
    ]);
    expect(new Set(entries.map(({ incident }) => incident))).toEqual(new Set([(await w.incident()).id]));
    const text = JSON.stringify(entries);
    expect([text.includes(code), text.includes(kept(w)[0]?.hash ?? code)]).toEqual([false, false]);
    expect(JSON.stringify(kept(w))).not.toContain(code);
  });

  test('is good for ten minutes, also over a restart, and then forgotten', async () => {
    await using w = await asked();
    const [soon, late] = [await codeFor(w, 'zoe'), await codeFor(w, 'yan')];
    await w.wait(9 * MINUTE);
    await w.restart(SECOND);
    expect(await keys(w).useCode(await ticket(w), soon)).toEqual({ name: 'zoe', role: 'approver' });
    await w.wait(MINUTE);

    expect(await keys(w).useCode(await ticket(w), late)).toEqual(refused);
    await w.wait(MINUTE);
    expect(kept(w)).toEqual([]);
  });

  test('is void after five wrong guesses at its question, whoever it is for', async () => {
    await using w = await asked();
    const codes = [await codeFor(w, 'zoe'), await codeFor(w, 'yan')];
    for (let guess = 0; guess < 5; guess += 1)
      expect(await keys(w).useCode(await ticket(w), wrong(...codes))).toEqual(refused);

    for (const code of codes) expect(await keys(w).useCode(await ticket(w), code)).toEqual(refused);
    expect((await w.journal('code.refused'))[4]?.message).toBe(
      'a one-time code was refused: it is wrong; after five wrong ones every code of the question is void',
    );
  });

  test('counts the wrong guesses over a restart', async () => {
    await using w = await asked();
    const code = await codeFor(w, 'zoe');
    for (let guess = 0; guess < 5; guess += 1) {
      await keys(w).useCode(await ticket(w), wrong(code));
      await w.restart(SECOND);
    }

    expect(await keys(w).useCode(await ticket(w), code)).toEqual(refused);
  });

  test('is of one question: it opens no other, and ends with it', async () => {
    await using w = await asked();
    const first = await ticket(w);
    const code = await codeFor(w, 'zoe');
    await w.answers('reject');
    const over = { refused: 'the question is over, or there never was one' };
    expect(await keys(w).useCode(first, code)).toEqual(over);

    w.breaks('v2', 0.9);
    await w.wait(2 * MINUTE);
    expect(await w.state()).toBe('asking');
    expect(await ticket(w)).not.toBe(first);
    expect(await keys(w).useCode(await ticket(w), code)).toEqual(refused);
    expect(await keys(w).useCode('', code)).toEqual(over);
  });

  test('of which many are tried at once counts once', async () => {
    await using w = await asked();
    const [code, question] = [await codeFor(w, 'zoe'), await ticket(w)];
    const answers = await Promise.all(Array.from({ length: 50 }, () => keys(w).useCode(question, code)));

    expect(answers.filter((answer) => 'name' in answer)).toHaveLength(1);
  });

  test('is made by admins alone, for an open question and a plain name', async () => {
    await using w = await asked();
    const { id: incident } = await w.incident();
    const request = { incident, name: 'zoe', role: 'approver' } as const;

    expect(await keys(w).makeCode(request, alice)).toEqual({
      refused: 'alice is approver and may not make codes',
    });
    expect(await keys(w).makeCode({ ...request, name: 'zoe\n' }, root)).toEqual({
      refused: 'a code is for somebody: a name of letters, digits, spaces and . _ @ -',
    });
    expect(await keys(w).makeCode({ ...request, incident: 'i-none' }, root)).toEqual({
      refused: 'there is no open incident i-none',
    });
    await w.answers('reject');
    expect(await keys(w).makeCode(request, root)).toEqual({ refused: `nothing is asked about ${incident}` });
    expect(kept(w)).toEqual([]);
  });

  test('is for twenty people a question at most', async () => {
    await using w = await asked();
    for (let nth = 0; nth < 20; nth += 1) await codeFor(w, `person-${nth}`);
    const { id: incident } = await w.incident();

    expect(await keys(w).makeCode({ incident, name: 'zoe', role: 'approver' }, root)).toEqual({
      refused: 'the question has 20 codes already',
    });
  });
});
