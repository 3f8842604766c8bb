import { describe, expect, test } from 'vitest';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { asked, assessed } from './asked.ts';
import { alice, bob, ruleOf, watching } from './watching.ts';

describe('a HIGH level', () => {
  test('asks people, with the plan, and does nothing meanwhile', async () => {
    await using w = await asked();

    expect(await w.state()).toBe('asking');
    expect(w.world.ledger).toEqual([]);
    expect((await w.journal('question.asked')).map(({ message }) => message)).toEqual([
      `may I roll shop back to v1 (${w.world.release('v1')})? without an answer within 15m it is handed over`,
    ]);
  });

  test('tells people of the breach and of the question, and says nothing twice', async () => {
    await using w = await asked();
    const { id } = await w.incident();

    expect(await w.told()).toEqual([
      `HIGH shop ${id}: shop/error-rate: errors is 0.3, above 25% for 1m, since 12:22:00`,
      `HIGH shop ${id}: may I roll shop back to v1 (${w.world.release('v1')})? without an answer within 15m it is handed over`,
    ]);
  });

  test('rolls back once approved, and verifies', async () => {
    await using w = await asked();
    const { id } = await w.incident();

    expect(await w.answers('approve')).toEqual({
      accepted: true,
      message: `${id}: approved; the rollback starts`,
      incident: id,
    });
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('closed: rolled_back');
    expect((await w.journal('rollback.begun'))[0]?.message).toBe('rolling shop back, approved by alice');
    expect((await w.journal('incident.closed'))[0]?.message).toBe(
      'closed after 3m10s: rolled back and verified: shop/error-rate: errors is 0, good for 1m',
    );
  });

  test('charges no budget for what a person approved', async () => {
    await using w = await asked();
    await w.answers('approve');
    await w.wait(5 * MINUTE);

    expect(await w.journal('budget.charged')).toEqual([]);
    expect(w.control('cooldown:shop')).toBe(null);
  });
});

describe('a rejected question', () => {
  test('leaves the incident watched: it never rolls back by itself', async () => {
    await using w = await asked();
    const { id } = await w.incident();

    expect((await w.answers('reject')).message).toBe(`${id}: rejected; nothing will be done by itself`);
    await w.wait(4 * HOUR);

    expect(await w.state()).toBe('monitoring');
    expect(await w.reason()).toBe('rejected by alice');
    expect(w.world.ledger).toEqual([]);
    expect(await w.journal('question.asked')).toHaveLength(1);
  });

  test('is asked once more when it becomes worse, and then no more', async () => {
    await using w = await asked();
    await w.answers('reject');
    w.breaks('v2', 0.9);
    await w.wait(2 * MINUTE);

    expect(await w.state()).toBe('asking');
    expect(await w.reason()).toBe('asks because a person rejected a rollback for this incident');
    await w.answers('reject', bob);
    await w.wait(HOUR);

    expect(await w.state()).toBe('monitoring');
    expect(await w.journal('question.asked')).toHaveLength(2);
    expect(w.world.ledger).toEqual([]);
  });

  test('ends with the breach, as recovered', async () => {
    await using w = await asked();
    await w.answers('reject');
    w.world.show('errors', 0);
    await w.wait(2 * MINUTE);

    expect(await w.state()).toBe('closed: recovered');
  });
});

describe('a question that nobody answers', () => {
  test('is handed over unless the level says otherwise', async () => {
    await using w = await asked();
    await w.wait(15 * MINUTE);

    expect(await w.state()).toBe('handed_over');
    expect((await w.journal('question.expired'))[0]?.message).toBe(
      'nobody answered within 15m, so it is handed over',
    );
    expect((await w.journal('incident.handed_over'))[0]).toMatchObject({
      message: 'handed over, shop is yours now: nobody answered within 15m',
      facts: { byHand: ['move shop by hand'] },
    });
  });

  test('waits exactly as long as the level says', async () => {
    await using w = await asked({ withinMs: 5 * MINUTE });
    const askedAt = (await w.incident()).marks.askedAt ?? 0;

    await w.wait(askedAt + 5 * MINUTE - SECOND - w.clock.now());
    expect(await w.state()).toBe('asking');
    await w.wait(SECOND);
    expect(await w.state()).toBe('handed_over');
  });

  test('is rolled back where the level says so', async () => {
    await using w = await asked({ otherwise: 'rollback' });
    await w.wait(20 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('closed: rolled_back');
    expect((await w.journal('question.expired'))[0]?.message).toBe(
      'nobody answered within 15m, so it is rolled back',
    );
    expect((await w.journal('rollback.begun'))[0]?.message).toBe('rolling shop back, automatically');
    expect((await w.journal('budget.charged'))[0]?.message).toBe('automatic rollback 1 of 3 within 1h');
  });

  test('is handed over instead of rolled back when a guard objects by then', async () => {
    await using w = await asked({ otherwise: 'rollback' });
    await w.asks({ do: 'freeze', target: null, forMs: 4 * HOUR, note: 'sale' });
    await w.wait(20 * MINUTE);

    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('handed_over');
    expect(await w.reason()).toBe(
      'nobody answered, and shop is frozen by alice until 2026-01-05 16:24 UTC: sale',
    );
  });

  test('is recorded only where the level says so', async () => {
    await using w = await asked({ otherwise: 'monitor' });
    await w.wait(2 * HOUR);

    expect(await w.state()).toBe('monitoring');
    expect(await w.journal('incident.reminder')).toEqual([]);
    expect(w.world.ledger).toEqual([]);
  });

  test('is told to people again and again where the level says to investigate', async () => {
    await using w = await asked({ otherwise: 'investigate' });
    await w.wait(65 * MINUTE);

    expect(await w.state()).toBe('investigating');
    expect(await w.journal('incident.reminder')).toHaveLength(2);
    expect(w.world.ledger).toEqual([]);
  });

  test('after `otherwise: monitor` a CRITICAL level is decided afresh, not taken for unanswered', async () => {
    await using w = await asked({ otherwise: 'monitor' });
    await w.wait(20 * MINUTE);
    w.breaks('v2', 0.9);
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('closed: rolled_back');
  });
});

describe('a question about something that becomes worse', () => {
  test('is superseded, and the CRITICAL decision taken', async () => {
    await using w = await asked();
    w.breaks('v2', 0.9);
    await w.wait(5 * MINUTE);

    expect((await w.journal('question.superseded'))[0]?.message).toBe(
      'question superseded: it became worse: shop/error-rate is CRITICAL',
    );
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('closed: rolled_back');
    expect(await w.incidents()).toHaveLength(1);
  });

  test('is asked anew when a guard turns the CRITICAL decision into a question', async () => {
    await using w = await asked();
    await w.asks({ do: 'freeze', target: 'shop', forMs: HOUR, note: '' });
    w.breaks('v2', 0.9);
    await w.wait(2 * MINUTE);

    expect(await w.state()).toBe('asking');
    expect(await w.journal('question.asked')).toHaveLength(2);
    expect(await w.reason()).toBe('asks because shop is frozen by alice until 2026-01-05 13:24 UTC');
    expect(w.world.ledger).toEqual([]);
  });

  test('is another question than the first, with a number of its own', async () => {
    await using w = await asked();
    await w.asks({ do: 'freeze', target: 'shop', forMs: HOUR, note: '' });
    const first = (await w.journal('question.asked'))[0]?.facts['question'];
    w.breaks('v2', 0.9);
    await w.wait(2 * MINUTE);
    const second = (await w.journal('question.asked'))[1]?.facts['question'];

    expect([first, second]).toEqual([`${(await w.incident()).id}.1`, `${(await w.incident()).id}.2`]);
  });
});

describe('a question about something that recovers', () => {
  test('is withdrawn, and the incident closes as recovered', async () => {
    await using w = await asked();
    w.world.show('errors', 0);
    await w.wait(2 * MINUTE);

    expect(await w.state()).toBe('closed: recovered');
    expect((await w.journal('question.withdrawn'))[0]?.message).toBe(
      'question withdrawn: shop/error-rate recovered',
    );
    expect((await w.journal('incident.closed'))[0]?.message).toBe(
      'closed after 3m: it recovered by itself, nothing was rolled back',
    );
    expect(w.world.ledger).toEqual([]);
  });

  test('is not withdrawn because nobody can see', async () => {
    await using w = await asked();
    w.world.show('errors', 'blind');
    await w.wait(4 * MINUTE);

    expect(await w.state()).toBe('asking');
  });
});

describe('what a level does may differ from its severity', () => {
  test('a HIGH level with `do: rollback` rolls back by itself', async () => {
    await using w = await asked({ want: { action: 'rollback', playbook: null } });
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('`do: {rollback: quiet}` follows that playbook', async () => {
    await using w = await asked(
      { want: { action: 'rollback', playbook: 'shop/quiet' } },
      {
        playbooks: {
          service: {},
          quiet: {
            steps: [
              { kind: 'note', options: {}, deadlineMs: MINUTE, retries: 0 },
              { kind: 'move', options: {}, deadlineMs: MINUTE, retries: 0 },
            ],
          },
        },
      },
    );
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: note', 'shop: v2 → v1']);
    expect((await w.journal('plan.built'))[0]?.message).toMatch(/^plan [0-9a-f]{16} by shop\/quiet: /);
  });

  test('`do: {ask: quiet}` asks about that playbook, and follows it once approved', async () => {
    await using w = await asked(
      { want: { action: 'ask', playbook: 'shop/quiet' } },
      {
        playbooks: {
          service: {},
          quiet: { steps: [{ kind: 'note', options: {}, deadlineMs: MINUTE, retries: 0 }] },
        },
      },
    );
    expect((await w.journal('question.asked'))[0]?.message).toBe(
      'may I follow shop/quiet on shop? without an answer within 15m it is handed over',
    );
    await w.answers('approve', alice);
    w.world.show('errors', 0);
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: note']);
    expect(await w.state()).toBe('closed: rolled_back');
    expect(w.standing('v2')).toBe('unproven');
  });

  test('`do: hand_over` gives it to people at once', async () => {
    await using w = await asked({ want: { action: 'hand_over' } });

    expect(await w.state()).toBe('handed_over');
    expect((await w.journal('incident.handed_over'))[0]?.message).toBe(
      'handed over, shop is yours now: HIGH on shop is for people to handle',
    );
    expect(w.world.ledger).toEqual([]);
  });
});

test('a level of its own name is asked about with its own time', async () => {
  const slow = ruleOf('slow', { measure: 'latency', levels: { high: { above: 2, withinMs: HOUR } } });
  await using w = await watching({ rules: assessed() });
  await w.reconfigure({ rules: [...w.configuration.rules, slow] });
  await w.deploy('v2');
  w.world.show('latency', 3);
  await w.wait(2 * MINUTE);

  expect((await w.journal('question.asked'))[0]?.message).toBe(
    `may I roll shop back to v1 (${w.world.release('v1')})? without an answer within 1h it is handed over`,
  );
});
