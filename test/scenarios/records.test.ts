import { describe, expect, test } from 'vitest';
import { rtoPhases } from '../../src/domain/ports/store.ts';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { type Watching, watching } from './watching.ts';

/** When error-rate is read first after `at`: it is read every ten seconds. */
async function firstReading(w: Watching, at: number): Promise<number> {
  const [first] = await w.store.readings({ subject: 'shop', from: at, to: at + 2 * MINUTE });
  if (first === undefined) throw new Error('no reading was kept');
  return first.reading.at;
}

describe('the marks and the ledger of an incident, to the millisecond', () => {
  test('of an automatic rollback', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(5 * MINUTE);

    const { marks, openedAt, closedAt, id } = await w.incident();
    const breachedAt = marks.breachedAt ?? 0;
    expect(marks).toEqual({
      breachedAt: await firstReading(w, breachedAt),
      detectedAt: breachedAt + MINUTE,
      decidedAt: breachedAt + MINUTE,
      askedAt: null,
      answeredAt: null,
      firstEffectAt: breachedAt + MINUTE,
      lastEffectAt: breachedAt + MINUTE,
      // 5 s to settle, the next reading, and a minute of good ones.
      verifiedAt: breachedAt + MINUTE + 70 * SECOND,
    });
    expect({ openedAt, closedAt }).toEqual({
      openedAt: breachedAt + MINUTE,
      closedAt: breachedAt + MINUTE + 70 * SECOND,
    });
    const [row, ...others] = await w.store.ledger({});
    expect(others).toEqual([]);
    expect(row).toEqual({
      incident: id,
      target: 'shop',
      severity: 'critical',
      rule: 'shop/error-rate',
      outcome: 'rolled_back',
      closedAt,
      phases: {
        detection: { actualMs: MINUTE, objectiveMs: 80 * SECOND },
        decision: { actualMs: 0, objectiveMs: 2 * MINUTE },
        people: { actualMs: null, objectiveMs: null },
        rollback: { actualMs: 0, objectiveMs: 5 * MINUTE },
        verification: { actualMs: 70 * SECOND, objectiveMs: 3 * MINUTE },
        total: { actualMs: 130 * SECOND, objectiveMs: 10 * MINUTE },
        total_without_people: { actualMs: 130 * SECOND, objectiveMs: 10 * MINUTE },
      },
      data: null,
    });
  });

  test('of one that people were asked about, with steps that take their time', async () => {
    const step = (kind: string) => ({ kind, options: {}, deadlineMs: MINUTE, retries: 0 });
    await using w = await watching({
      mode: 'approve',
      playbooks: { service: { steps: [step('note'), step('move')] } },
    });
    w.world.troubles.set('note', 'takes a while');
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(61 * SECOND);
    const { askedAt } = (await w.incident()).marks;
    await w.wait((askedAt ?? 0) + 90 * SECOND - w.clock.now());
    await w.answers('approve');
    await w.wait(5 * MINUTE);

    const { marks } = await w.incident();
    const breachedAt = marks.breachedAt ?? 0;
    expect(marks).toEqual({
      breachedAt,
      detectedAt: breachedAt + MINUTE,
      decidedAt: breachedAt + MINUTE,
      askedAt: breachedAt + MINUTE,
      answeredAt: breachedAt + 150 * SECOND,
      firstEffectAt: breachedAt + 150 * SECOND,
      lastEffectAt: breachedAt + 155 * SECOND,
      // The reading of the very instant at which it settled comes too early.
      verifiedAt: breachedAt + 230 * SECOND,
    });
    const [row] = await w.store.ledger({});
    expect(rtoPhases.map((phase) => [phase, row?.phases[phase].actualMs])).toEqual([
      ['detection', MINUTE],
      ['decision', 0],
      ['people', 90 * SECOND],
      ['rollback', 5 * SECOND],
      ['verification', 75 * SECOND],
      ['total', 230 * SECOND],
      ['total_without_people', 140 * SECOND],
    ]);
  });

  test('of one that was handed over: what did not happen has no time', async () => {
    await using w = await watching({ warmUpMs: 2 * MINUTE });
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(2 * MINUTE);
    await w.asks({ do: 'ack', incident: (await w.incident()).id, note: '' });

    const [row] = await w.store.ledger({});
    expect(row?.outcome).toBe('handed_over');
    expect(rtoPhases.map((phase) => [phase, row?.phases[phase].actualMs])).toEqual([
      ['detection', MINUTE],
      ['decision', 0],
      ['people', null],
      ['rollback', null],
      ['verification', null],
      ['total', null],
      ['total_without_people', null],
    ]);
  });

  test('are kept over a restart in the middle', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(75 * SECOND);
    await w.restart(10 * SECOND);
    await w.wait(5 * MINUTE);

    const { marks } = await w.incident();
    const breachedAt = marks.breachedAt ?? 0;
    expect(marks.lastEffectAt).toBe(breachedAt + MINUTE);
    const [row] = await w.store.ledger({});
    expect(row?.phases.total.actualMs).toBe((marks.verifiedAt ?? 0) - breachedAt);
  });
});

describe('the journal', () => {
  test('is a chain that verifies, and its head is in the closing message', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(5 * MINUTE);

    expect(await w.store.verifyJournal()).toBe(null);
    const closed = (await w.messagesToPeople()).find(({ title }) => title.includes('closed after'));
    const journal = await w.journal();
    const closing = journal.findIndex(({ type }) => type === 'incident.closed');
    const known = journal.slice(0, closing).map(({ hash }) => hash);
    const head = /^journal head: ([0-9a-f]{64})$/m.exec(closed?.text ?? '')?.[1];
    expect(known).toContain(head);
    // Everything that was stored before the commit that closes it is under that hash.
    const last = w.commits.find(({ entries = [] }) => entries.some(({ type }) => type === 'incident.closed'));
    const before = closing - (last?.entries ?? []).findIndex(({ type }) => type === 'incident.closed');
    expect(known.indexOf(head ?? '')).toBe(before - 1);
  });

  test('keeps the readings of an incident as evidence', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(5 * MINUTE);

    const { marks } = await w.incident();
    const from = marks.breachedAt ?? 0;
    const kept = await w.store.readings({ subject: 'shop', from, to: marks.verifiedAt ?? 0 });
    const seen = kept.map(({ reading }) => (reading.kind === 'value' ? reading.value : reading.kind));
    expect(kept.every(({ rule }) => rule === 'shop/error-rate')).toBe(true);
    // Everything from the first that breached to when it was verified.
    expect(kept.map(({ reading }) => (reading.at - from) / (10 * SECOND))).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
    ]);
    expect(seen).toEqual([0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0, 0, 0, 0, 0, 0, 0]);
  });
});

describe('people', () => {
  test('are told of everything in the order in which it happened, each once', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(5 * MINUTE);

    const messages = await w.messagesToPeople();
    expect(messages.map(({ key }) => key.split('/')[1])).toEqual([
      'incident.opened',
      'decided',
      'rollback.begun',
      'rollback.settling',
      'incident.closed',
    ]);
    expect(new Set(messages.map(({ key }) => key)).size).toBe(messages.length);
    expect(messages.map(({ at }) => at)).toEqual(messages.map(({ at }) => at).toSorted((a, b) => a - b));
  });

  test('are told of two refused answers in the same millisecond', async () => {
    await using w = await watching({ mode: 'approve' });
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(61 * SECOND);
    await w.answers('approve', undefined, 'another-plan');
    await w.answers('reject', undefined, 'another-plan');

    const refused = (await w.told()).filter((title) => title.includes('was refused'));
    expect(refused).toHaveLength(2);
  });
});

describe('commits', () => {
  test('are not made by evaluations that change nothing', async () => {
    await using w = await watching();
    await w.wait(6 * MINUTE);
    const before = w.commits.length;
    await w.wait(4 * MINUTE);

    // 24 evaluations, 240 looks at the release, 480 beats: one checkpoint of when it was last seen serving.
    expect(w.commits.slice(before).flatMap(({ watches = [] }) => watches)).toEqual([]);
    expect(w.commits.length - before).toBeLessThanOrEqual(1);
  });

  test('save the ages of pending breaches at most every five seconds', async () => {
    await using w = await watching({
      rules: {
        fast: { measure: 'errors', everyMs: SECOND, levels: { critical: { above: 0.5, forMs: 2 * MINUTE } } },
      },
    });
    await w.deploy('v2');
    w.breaks('v2');
    const before = w.commits.length;
    await w.wait(101 * SECOND);

    const saved = w.commits.slice(before).filter(({ watches = [] }) => watches.length > 0);
    expect(saved.length).toBeGreaterThanOrEqual(20);
    expect(saved.length).toBeLessThanOrEqual(22);
  });

  test('are one for an evaluation that opens an incident and decides about it', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(2 * MINUTE);

    const opening = w.commits.find(({ entries = [] }) =>
      entries.some(({ type }) => type === 'incident.opened'),
    );
    expect(opening?.entries?.map(({ type }) => type)).toEqual(['incident.opened', 'decided']);
    expect(opening?.watches).toHaveLength(1);
    expect(opening?.incidents?.[0]?.state).toBe('planning');
  });
});
