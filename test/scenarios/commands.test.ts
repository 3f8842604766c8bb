import { describe, expect, test } from 'vitest';
import type { Command } from '../../src/domain/command.ts';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { dryRun } from '../../src/engine/dry-run.ts';
import { asked, assessed } from './asked.ts';
import { alice, bob, watching } from './watching.ts';

type Rollback = Extract<Command, { do: 'rollback' }>;

function rollback(more: Partial<Rollback> = {}): Rollback {
  return {
    do: 'rollback',
    target: 'shop',
    to: null,
    because: 'regression',
    playbook: null,
    note: '',
    ...more,
  };
}

describe('a rollback that a person asks for', () => {
  test('with nothing wrong rolls back and verifies by its checks', async () => {
    await using w = await watching();
    await w.deploy('v2');
    const answer = await w.asks(rollback({ note: 'wrong prices' }));
    const { id } = await w.incident();
    await w.wait(MINUTE);

    expect(answer).toEqual({ accepted: true, message: `${id}: rolling shop back`, incident: id });
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('closed: rolled_back');
    expect((await w.journal('request.rollback'))[0]?.message).toBe(
      'alice asked for a rollback because of regression: wrong prices',
    );
    expect((await w.journal('rollback.begun'))[0]?.message).toBe('rolling shop back, approved by alice');
  });

  test.each([
    ['corruption', 'critical'],
    ['security', 'critical'],
    ['regression', 'high'],
    ['integration', 'high'],
    ['slowdown', 'medium'],
  ] as const)('because of %s is %s', async (because, severity) => {
    await using w = await watching();
    await w.deploy('v2');
    await w.asks(rollback({ because }));

    expect((await w.incident()).severity).toBe(severity);
    expect((await w.incident()).rule).toBe(`request/${because}`);
  });

  test.each(['viewer', 'operator'] as const)('is refused to a %s', async (role) => {
    await using w = await watching();
    await w.deploy('v2');

    expect(await w.asks(rollback(), { name: 'vic', role })).toEqual({
      accepted: false,
      message: `vic is ${role} and may not roll back`,
      incident: null,
    });
    expect(await w.state()).toBe('no incident');
  });

  test('is refused while halted', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.halted = 'the file /HALT is there';

    expect((await w.asks(rollback())).message).toBe(
      'nothing may start: the file /HALT is there; rollbackd unhalt first',
    );
    expect(w.world.ledger).toEqual([]);
  });

  test('of an unknown target is refused, with the targets that are known', async () => {
    await using w = await watching();

    expect((await w.asks(rollback({ target: 'shpo' }))).message).toBe(
      'there is no target shpo; the configuration has shop',
    );
  });

  test('that says which plan was shown is refused for any other one', async () => {
    await using w = await watching();
    await w.deploy('v2');
    const { digest } = await dryRun(w.engine.core, { target: 'shop', to: null, playbook: null });

    expect(await w.asks(rollback({ planDigest: '0123456789abcdef' }))).toEqual({
      accepted: false,
      message: `the plan has changed since it was shown: 0123456789abcdef would now be ${digest}`,
      incident: null,
    });
    expect(await w.state()).toBe('no incident');
    expect(await w.asks(rollback({ planDigest: digest }))).toMatchObject({ accepted: true });
  });

  test('for the plan that was shown is no answer to a question about another one', async () => {
    await using w = await asked(
      { want: { action: 'ask', playbook: 'shop/quiet' } },
      { playbooks: { service: {}, quiet: {} } },
    );
    const { id } = await w.incident();
    const { digest } = await dryRun(w.engine.core, { target: 'shop', to: null, playbook: null });
    const other = w.engine.core.book.find(id)?.approval?.context.planDigest ?? '';

    expect(await w.asks(rollback({ planDigest: digest }))).toEqual({
      accepted: false,
      message: `that answer is for plan ${digest}, but the question is about plan ${other}; look at rollbackd show ${id}`,
      incident: id,
    });
    expect(await w.state()).toBe('asking');
    expect(w.world.ledger).toEqual([]);
  });

  test('for the plan that was shown follows that one, also where the incident would follow another', async () => {
    await using w = await asked(
      { want: { action: 'ask', playbook: 'shop/quiet' } },
      {
        playbooks: {
          service: {},
          quiet: { steps: [{ kind: 'note', options: {}, deadlineMs: MINUTE, retries: 0 }] },
        },
      },
    );
    const { id } = await w.incident();
    await w.asks({ do: 'hand_over', incident: id, note: '' });
    const { digest } = await dryRun(w.engine.core, { target: 'shop', to: null, playbook: null });
    await w.asks(rollback({ planDigest: digest }));
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('by an unknown playbook is refused', async () => {
    await using w = await watching();

    expect((await w.asks(rollback({ playbook: 'nope' }))).message).toBe('there is no playbook nope');
  });

  test('with no other release is refused, and opens nothing', async () => {
    await using w = await watching();

    expect((await w.asks(rollback())).message).toBe(
      'no rollback of shop: no other release of shop has run here and been proven good',
    );
    expect(await w.state()).toBe('no incident');
  });
});

describe('a release named with --to', () => {
  test('is gone to, proven or not', async () => {
    await using w = await watching();
    await w.deploy('v2');
    await w.deploy('v3');
    await w.asks(rollback({ to: 'v2' }));
    await w.wait(MINUTE);

    expect(w.world.ledger).toEqual(['shop: v3 → v2']);
    expect(await w.state()).toBe('closed: rolled_back');
  });

  test('that nobody knows is refused', async () => {
    await using w = await watching();
    await w.deploy('v2');

    expect((await w.asks(rollback({ to: 'v7' }))).message).toBe(
      'no rollback of shop: shop has no release v7: see `release list shop`',
    );
  });

  test('that is what runs now is refused', async () => {
    await using w = await watching();
    await w.deploy('v2');

    expect((await w.asks(rollback({ to: 'v2' }))).message).toBe(
      `no rollback of shop: v2 (${w.world.release('v2')}) is what shop runs now`,
    );
  });

  test('that is missing is refused, whoever asks', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.engine.core.parts.releases.setPresent('shop', w.world.release('v1'), false);

    expect((await w.asks(rollback({ to: 'v1' }), { name: 'root', role: 'admin' })).message).toBe(
      `no rollback of shop: v1 (${w.world.release('v1')}) cannot come back: its directory is gone`,
    );
  });

  test('while people are asked about another is a plan of its own', async () => {
    await using w = await watching({ rules: assessed() });
    await w.deploy('v2');
    await w.deploy('v3');
    w.breaks('v3', 0.3);
    await w.wait(2 * MINUTE);
    expect(await w.state()).toBe('asking');
    const answer = await w.asks(rollback({ to: 'v2' }));
    await w.wait(10 * MINUTE);

    expect(answer.accepted).toBe(true);
    expect(w.world.ledger).toEqual(['shop: v3 → v2']);
    expect((await w.journal('question.withdrawn'))[0]?.message).toBe(
      'question withdrawn: alice asked for a rollback because of regression',
    );
    expect(await w.state()).toBe('closed: rolled_back');
  });
});

describe('a rollback that a person asks for during an incident', () => {
  test('that is asked about is its approval', async () => {
    await using w = await asked();
    const { id } = await w.incident();

    expect(await w.asks(rollback())).toEqual({
      accepted: true,
      message: `${id}: approved; the rollback starts`,
      incident: id,
    });
    await w.wait(5 * MINUTE);
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.incidents()).toHaveLength(1);
  });

  test.each([
    ['monitor', 'monitoring'],
    ['investigate', 'investigating'],
    ['hand_over', 'handed_over'],
  ] as const)('that wants to %s is carried out, and verified by its rules', async (action, state) => {
    await using w = await asked({ want: { action } });
    expect(await w.state()).toBe(state);
    const { id } = await w.incident();

    expect(await w.asks(rollback())).toEqual({
      accepted: true,
      message: `${id}: rolling shop back`,
      incident: id,
    });
    await w.wait(5 * MINUTE);
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('closed: rolled_back');
    expect(await w.incidents()).toHaveLength(1);
  });

  test('that is rolling back already is refused', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(90 * SECOND);
    const { id } = await w.incident();

    expect(await w.state()).toBe('verifying');
    expect(await w.asks(rollback(), bob)).toEqual({
      accepted: false,
      message: `${id} is rolling shop back already`,
      incident: id,
    });
  });

  test('that was rejected goes ahead: a person may think again', async () => {
    await using w = await asked();
    await w.answers('reject', alice);
    await w.asks(rollback(), bob);
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('closed: rolled_back');
  });

  test('that was handed over after a failed step tries the same plan again', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.breaks('v2');
    w.world.troubles.set('move', 'fails');
    await w.wait(2 * MINUTE);
    expect(await w.state()).toBe('handed_over');
    w.world.troubles.clear();
    await w.asks(rollback());
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('closed: rolled_back');
    const { id } = await w.incident();
    const digest = (await w.journal('plan.built'))[0]?.facts['digest'] as string;
    expect((await w.journal('effect.started')).map(({ facts }) => facts['opId'])).toEqual(
      [1, 2].map((generation) => `${id}/${digest}/0/${generation}`),
    );
  });

  test('that waits for sight after a restart does not wait for a reading', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.breaks('v2');
    await w.asks({ do: 'halt', note: '' });
    await w.wait(2 * MINUTE);
    expect(await w.state()).toBe('halted');
    w.world.show('errors', 'blind');
    await w.restart();
    await w.asks({ do: 'unhalt', note: '' });
    await w.wait(MINUTE);
    expect(w.world.ledger).toEqual([]);
    expect((await w.asks(rollback())).accepted).toBe(true);
    await w.wait(SECOND);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('that waits for the halt is refused', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.breaks('v2');
    w.halted = 'the file /HALT is there';
    await w.wait(2 * MINUTE);

    expect(await w.state()).toBe('halted');
    expect((await w.asks(rollback())).message).toBe(
      'nothing may start: the file /HALT is there; rollbackd unhalt first',
    );
  });
});

describe('a dry run', () => {
  const wish = { target: 'shop', to: null, playbook: null };

  test('changes nothing, and shows the very plan that then runs', async () => {
    await using w = await watching();
    await w.deploy('v2');
    const entries = (await w.journal()).length;
    const plan = await dryRun(w.engine.core, wish);

    expect((await w.journal()).length).toBe(entries);
    expect(await w.incidents()).toEqual([]);
    expect(w.world.ledger).toEqual([]);
    expect(plan).toMatchObject({
      refusal: null,
      risk: 'disruptive',
      steps: [`move shop to v1 (${w.world.release('v1')})`],
    });
    await w.asks(rollback());
    await w.wait(MINUTE);
    expect((await w.journal('plan.built'))[0]?.facts['digest']).toBe(plan.digest);
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('says why there cannot be a plan', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.world.troubles.set('move', 'refuses');

    expect((await dryRun(w.engine.core, wish)).refusal).toBe('move is not possible here');
    expect((await w.asks(rollback())).message).toBe('no rollback of shop: move is not possible here');
  });
});

describe('a playbook that goes to no other release', () => {
  const restart = { service: { steps: [{ kind: 'note', options: {}, deadlineMs: MINUTE, retries: 0 }] } };

  test('works where no release is proven, and calls none bad', async () => {
    await using w = await watching({ playbooks: restart });
    await w.deploy('v2');
    await w.asks(rollback());
    await w.wait(MINUTE);

    expect(w.world.ledger).toEqual(['shop: note']);
    expect(await w.state()).toBe('closed: rolled_back');
    expect(w.standing('v2')).toBe('unproven');
    expect((await w.journal('plan.built'))[0]?.message).toMatch(/ → no other release, 1 step$/);
  });
});

describe('an acknowledgement', () => {
  test('ends the reminders of what is investigated, and leaves it open', async () => {
    await using w = await asked({ want: { action: 'investigate' } });
    const { id } = await w.incident();
    await w.asks({ do: 'ack', incident: id, note: 'looking' }, bob);
    await w.wait(2 * HOUR);

    expect(await w.state()).toBe('investigating');
    expect(await w.journal('incident.reminder')).toEqual([]);
    expect((await w.journal('incident.note'))[0]?.message).toBe('bob: looking');
  });

  test('closes what was handed over, with the name of who has it', async () => {
    await using w = await asked({ want: { action: 'hand_over' } });
    const { id } = await w.incident();
    await w.wait(MINUTE);
    await w.asks({ do: 'ack', incident: id, note: '' }, bob);

    expect(await w.state()).toBe('closed: handed_over');
    expect((await w.journal('incident.closed'))[0]?.message).toBe(
      'closed after 3m: acknowledged by bob; it had been handed over: HIGH on shop is for people to handle',
    );
  });

  test('of the question does not count for what it became when nobody answered', async () => {
    await using w = await asked();
    await w.asks({ do: 'ack', incident: (await w.incident()).id, note: '' });
    await w.wait(HOUR);

    expect(await w.state()).toBe('handed_over');
    expect((await w.journal('incident.reminder')).length).toBeGreaterThan(0);
  });

  test('of the lesser trouble does not count for the greater', async () => {
    await using w = await watching({
      rules: assessed({ want: { action: 'investigate' } }, { want: { action: 'hand_over' } }),
    });
    await w.deploy('v2');
    w.breaks('v2', 0.3);
    await w.wait(2 * MINUTE);
    await w.asks({ do: 'ack', incident: (await w.incident()).id, note: '' });
    w.breaks('v2', 0.9);
    await w.wait(HOUR);

    expect(await w.state()).toBe('handed_over');
    expect((await w.journal('incident.reminder')).length).toBeGreaterThan(0);
  });
});
