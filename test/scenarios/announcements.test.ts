import { describe, expect, test } from 'vitest';
import type { Announcement } from '../../src/domain/notification.ts';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { asked, assessed } from './asked.ts';
import type { LevelOptions, Watching, WatchingOptions } from './watching.ts';

const announcements: readonly Announcement[] = [
  { afterMs: 0, to: 'internal', when: 'open', say: '${severity} on ${target} since ${since}: ${reason}' },
  { afterMs: 5 * MINUTE, to: 'external', when: 'open', say: 'We look into trouble with ${target}.' },
  { afterMs: 15 * MINUTE, to: 'internal', when: 'always', say: '${incident} is ${state}' },
  { afterMs: HOUR, to: 'external', when: 'closed', say: '${target}: ${outcome} after ${lasted}.' },
];

const plans: WatchingOptions = {
  playbooks: { service: { communication: 'shop/outage' } },
  configuration: { communications: { 'shop/outage': { id: 'shop/outage', announcements } } },
};

/** An incident of a playbook with a communication plan, about which people are asked. */
function announced(level: LevelOptions = {}, options: WatchingOptions = {}): Promise<Watching> {
  return asked({ otherwise: 'monitor', ...level }, { ...plans, ...options });
}

/** What was announced, with how long after the opening. */
async function said(w: Watching): Promise<readonly (readonly [number, string, unknown])[]> {
  const { openedAt } = await w.incident();
  return (await w.journal('announcement')).map(({ at, facts }) => [
    Math.round((at - openedAt) / MINUTE),
    facts['text'] as string,
    facts['audience'],
  ]);
}

describe('a communication plan', () => {
  test('tells each audience at its times, while the incident is open and once it is closed', async () => {
    await using w = await announced();
    const { id } = await w.incident();
    await w.wait(20 * MINUTE);
    w.world.show('errors', 0);
    await w.wait(2 * HOUR);

    expect(await w.state()).toBe('closed: recovered');
    const [first, ...rest] = await said(w);
    expect(first).toEqual([
      0,
      `HIGH on shop since 2026-01-05 12:22 UTC: asks because HIGH on shop is for people to decide: from v2 (${w.world.release('v2')}) to v1 (${w.world.release('v1')})`,
      'internal',
    ]);
    expect(rest).toEqual([
      [5, 'We look into trouble with shop.', 'external'],
      [15, `${id} is monitoring`, 'internal'],
      [60, 'shop: recovered after 23m.', 'external'],
    ]);
    expect(w.control(`announced:${id}`)).toBe(null);
  });

  test('is journaled with its incident: which plan, to whom, and which of its announcements', async () => {
    await using w = await announced();
    const { id } = await w.incident();
    await w.wait(6 * MINUTE);
    const entry = (await w.journal('announcement')).at(-1);

    expect(entry).toMatchObject({
      incident: id,
      target: 'shop',
      message: 'announced to the external audience: We look into trouble with shop.',
      facts: { communication: 'shop/outage', audience: 'external', number: 2 },
    });
  });

  test('leaves out what was due while it was open, once it is closed', async () => {
    await using w = await announced();
    w.world.show('errors', 0);
    await w.wait(3 * MINUTE);
    expect(await w.state()).toBe('closed: recovered');
    await w.wait(2 * HOUR);

    expect((await said(w)).map(([minutes]) => minutes)).toEqual([0, 15, 60]);
  });

  test('is carried on over a restart: what was said is not said again, what became due meanwhile is said once', async () => {
    await using w = await announced();
    await w.wait(6 * MINUTE);
    await w.restart(30 * MINUTE);
    await w.wait(MINUTE);
    await w.restart(SECOND);
    await w.wait(MINUTE);

    expect((await said(w)).map(([minutes]) => minutes)).toEqual([0, 5, 37]);
  });

  test.each(['before', 'after'] as const)(
    'says each once when the daemon is killed right %s one of them',
    async (side) => {
      await using w = await announced();
      w.killAfter('announcement');
      w.killAt({ commit: Number.MAX_SAFE_INTEGER, side });
      await w.wait(6 * MINUTE);
      expect(w.killed()).toBe(true);
      await w.restart(SECOND);
      await w.wait(MINUTE);

      expect((await w.journal('announcement')).map(({ facts }) => facts['number'])).toEqual([1, 2]);
    },
  );

  test('is finished after a restart for an incident that is closed', async () => {
    await using w = await announced();
    const { id } = await w.incident();
    w.world.show('errors', 0);
    await w.wait(16 * MINUTE);
    await w.restart(24 * HOUR);
    await w.wait(MINUTE);

    expect((await w.journal('announcement')).map(({ facts }) => facts['number'])).toEqual([1, 3, 4]);
    expect(w.control(`announced:${id}`)).toBe(null);
  });

  test('begins when it becomes worse, where the first level follows no playbook', async () => {
    await using w = await announced({ want: { action: 'investigate' } });
    await w.wait(10 * MINUTE);
    expect(await w.journal('announcement')).toEqual([]);
    await w.reconfigure({ mode: 'approve' });
    w.breaks('v2', 0.9);
    await w.wait(2 * MINUTE);

    expect(await w.state()).toBe('asking');
    expect((await w.journal('announcement')).map(({ facts }) => facts['number'])).toEqual([1, 2]);
  });

  test.each<[string, LevelOptions, WatchingOptions]>([
    ['in shadow', {}, { mode: 'shadow' }],
    ['by a rule in shadow', {}, { rules: { 'error-rate': { ...assessed()['error-rate'], mode: 'shadow' } } }],
    ['by a playbook without one', {}, { playbooks: { service: {} } }],
    ['that only tells', { want: { action: 'investigate' } }, {}],
  ])('is not carried out for an incident %s', async (_which, level, options) => {
    await using w = await announced(level, options);
    await w.wait(HOUR);

    expect((await w.incident()).target).toBe('shop');
    expect(await w.journal('announcement')).toEqual([]);
  });

  test('that a reload removes says nothing more, and is forgotten once the incident is closed', async () => {
    await using w = await announced();
    const { id } = await w.incident();
    await w.reconfigure({ communications: {} });
    await w.wait(20 * MINUTE);
    expect((await w.journal('announcement')).map(({ facts }) => facts['number'])).toEqual([1]);
    w.world.show('errors', 0);
    await w.wait(5 * MINUTE);

    expect(w.control(`announced:${id}`)).toBe(null);
  });

  test('takes words of a reason as they are: nothing in them is filled in', async () => {
    const say = '${reason} ${nothing}';
    await using w = await announced(
      {},
      {
        configuration: {
          communications: {
            'shop/outage': {
              id: 'shop/outage',
              announcements: [{ afterMs: MINUTE, to: 'internal', when: 'open', say }],
            },
          },
        },
      },
    );
    const { id } = await w.incident();
    await w.asks({ do: 'hand_over', incident: id, note: '${severity} s3cr3t' });
    await w.wait(2 * MINUTE);

    expect((await said(w)).map(([, text]) => text)).toEqual([
      'handed over at the word of alice: ${severity} [secret] ${nothing}',
    ]);
  });
});

test('people are reminded as often as the configuration says', async () => {
  const notify = { routes: [], contacts: [], remindMs: 7 * MINUTE };
  await using w = await asked({ want: { action: 'investigate' } }, { configuration: { notify } });
  await w.wait(15 * MINUTE);
  expect(await w.journal('incident.reminder')).toHaveLength(2);
  await w.reconfigure({ notify: { ...notify, remindMs: HOUR } });
  await w.wait(50 * MINUTE);

  expect(await w.journal('incident.reminder')).toHaveLength(2);
});
