import { describe, expect, test } from 'vitest';
import { HOUR, MINUTE } from '../../src/domain/time.ts';
import { asked, assessed } from './asked.ts';
import { alice, bob, carol, ruleOf, type Watching, watching } from './watching.ts';

async function digestOf(w: Watching): Promise<string> {
  const digest = (await w.journal('question.asked')).at(-1)?.facts['planDigest'];
  if (typeof digest !== 'string') throw new Error('nothing was asked');
  return digest;
}

describe('an answer', () => {
  test('belongs to one plan: an older one is refused, visibly and in the journal', async () => {
    await using w = await asked();
    const { id } = await w.incident();
    const digest = await digestOf(w);
    const problem = `that answer is for plan 0123456789abcdef, but the question is about plan ${digest}; look at rollbackd show ${id}`;

    expect(await w.answers('approve', alice, '0123456789abcdef')).toEqual({
      accepted: false,
      message: problem,
      incident: id,
    });
    expect((await w.journal('answer.refused'))[0]?.message).toBe(
      `the answer of alice was refused: ${problem}`,
    );
    expect(await w.state()).toBe('asking');
    expect(w.world.ledger).toEqual([]);
  });

  test('for the present plan counts', async () => {
    await using w = await asked();

    expect((await w.answers('approve', alice, await digestOf(w))).accepted).toBe(true);
    await w.wait(5 * MINUTE);
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test.each([
    ['approve', 'reject'],
    ['reject', 'approve'],
  ] as const)(
    'to %s wins over one to %s that comes at the same moment, and the other is told',
    async (first, second) => {
      await using w = await asked();
      const { id } = await w.incident();
      const [won, lost] = await Promise.all([w.answers(first, alice), w.answers(second, bob)]);
      await w.wait(5 * MINUTE);
      const over = first === 'approve' ? 'approved' : 'rejected';

      expect(won?.accepted).toBe(true);
      expect(lost).toEqual({
        accepted: false,
        message: `the question is over: ${over} by alice`,
        incident: id,
      });
      expect(w.world.ledger).toEqual(first === 'approve' ? ['shop: v2 → v1'] : []);
      expect((await w.journal('answer.refused'))[0]?.message).toBe(
        `the answer of bob was refused: the question is over: ${over} by alice`,
      );
    },
  );

  test('after the time is over is refused', async () => {
    await using w = await asked();
    await w.wait(16 * MINUTE);

    expect(await w.answers('approve')).toMatchObject({
      accepted: false,
      message: 'the question is over: expired',
    });
    expect(await w.journal('answer.refused')).toHaveLength(1);
    expect(w.world.ledger).toEqual([]);
  });

  test('after the incident closed is refused, and stands in its journal', async () => {
    await using w = await asked();
    const { id } = await w.incident();
    w.world.show('errors', 0);
    await w.wait(2 * MINUTE);
    const late = await w.asks({ do: 'approve', incident: id, planDigest: null, note: '' });

    expect(late).toEqual({
      accepted: false,
      message: `${id} is closed: every level recovered`,
      incident: id,
    });
    expect((await w.journal('answer.refused'))[0]).toMatchObject({
      incident: id,
      target: 'shop',
      message: `the answer of alice was refused: ${id} is closed: every level recovered`,
    });
  });

  test('to an incident that never was is refused', async () => {
    await using w = await watching();

    expect(await w.asks({ do: 'approve', incident: 'i-none', planDigest: null, note: '' })).toEqual({
      accepted: false,
      message: 'there is no incident i-none',
      incident: 'i-none',
    });
  });

  test.each(['viewer', 'operator'] as const)('of a %s is refused', async (role) => {
    await using w = await asked();
    const { id } = await w.incident();

    expect(await w.answers('approve', { name: 'vic', role })).toEqual({
      accepted: false,
      message: `vic is ${role} and may not answer`,
      incident: id,
    });
    expect(await w.state()).toBe('asking');
  });
});

describe('facts that change between question and answer', () => {
  test('void the plan: it is judged again and a new question asked', async () => {
    await using w = await asked();
    const before = await digestOf(w);
    w.world.deploy('shop', 'v3');
    w.world.show('errors', 0.3);
    await w.wait(2 * MINUTE);
    await w.answers('approve');
    await w.wait(0);

    expect((await w.journal('plan.void'))[0]?.message).toBe(
      `plan void: the facts changed: plan ${before} would now be ${await digestOf(w)}`,
    );
    expect(await w.state()).toBe('asking');
    expect(await w.journal('question.asked')).toHaveLength(2);
    expect(w.world.ledger).toEqual([]);

    await w.answers('approve');
    expect(w.world.ledger).toEqual(['shop: v3 → v1']);
  });

  test('more than twice hand the incident over', async () => {
    await using w = await asked();
    for (const version of ['v3', 'v4', 'v5']) {
      w.world.deploy('shop', version);
      w.world.show('errors', 0.3);
      await w.wait(MINUTE);
      await w.answers('approve');
    }

    expect(await w.state()).toBe('handed_over');
    expect(await w.reason()).toMatch(
      /^the facts changed: plan \w+ would now be \w+; they changed more than 2 times, so a person decides$/,
    );
    expect(w.world.ledger).toEqual([]);
  });
});

describe('a question while halted', () => {
  test('takes no approval until unhalt, then it does', async () => {
    await using w = await asked();
    const { id } = await w.incident();
    await w.asks({ do: 'halt', note: 'datacentre move' });

    expect(await w.answers('approve')).toEqual({
      accepted: false,
      message: 'nothing may start: halted by alice: datacentre move; rollbackd unhalt first',
      incident: id,
    });
    await w.asks({ do: 'unhalt', note: '' });
    expect((await w.answers('approve')).accepted).toBe(true);
    await w.wait(5 * MINUTE);
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('may be rejected', async () => {
    await using w = await asked();
    await w.asks({ do: 'halt', note: '' });

    expect((await w.answers('reject')).accepted).toBe(true);
    expect(await w.state()).toBe('monitoring');
  });

  test('that expires to a rollback waits for the halt, and is asked again after it', async () => {
    await using w = await asked({ otherwise: 'rollback' });
    await w.asks({ do: 'halt', note: '' });
    await w.wait(20 * MINUTE);

    expect(await w.state()).toBe('halted');
    expect(await w.reason()).toBe('waits because halted by alice');
    await w.asks({ do: 'unhalt', note: '' });
    expect(await w.state()).toBe('asking');
    expect(w.world.ledger).toEqual([]);
  });

  test('that expires to a hand-over is handed over all the same', async () => {
    await using w = await asked();
    await w.asks({ do: 'halt', note: '' });
    await w.wait(20 * MINUTE);

    expect(await w.state()).toBe('handed_over');
  });
});

describe('a question whose ground is gone', () => {
  test('is withdrawn when its rule is deleted', async () => {
    await using w = await asked();
    await w.reconfigure({ rules: [] });

    expect(await w.state()).toBe('closed: withdrawn');
    expect((await w.journal('question.withdrawn'))[0]?.message).toBe(
      'question withdrawn: the rule shop/error-rate was removed from the configuration',
    );
    expect((await w.journal('incident.closed'))[0]?.message).toBe(
      'closed after 2m: withdrawn: the rule shop/error-rate was removed from the configuration',
    );
  });

  test('is withdrawn when its rule is changed, and the breach counts anew', async () => {
    await using w = await asked();
    const changed = ruleOf('error-rate', { ...assessed()['error-rate'], summary: 'Errors, defined anew' });
    await w.reconfigure({ rules: [changed] });

    expect(await w.state()).toBe('closed: withdrawn');
    expect(await w.reason()).toBe('the rule shop/error-rate was changed and counts anew');
    await w.wait(30 * MINUTE);
    expect(await w.state()).toBe('closed: withdrawn');
    expect((await w.journal('rule.unarmed'))[0]?.message).toBe(
      'shop/error-rate breaches on shop since its first reading (errors is 0.3) and decides nothing until it reads ok or somebody runs: rollbackd arm shop/error-rate shop',
    );
  });

  test('is withdrawn when its target is removed', async () => {
    await using w = await asked();
    await w.reconfigure({ targets: {} });

    expect(await w.state()).toBe('closed: withdrawn');
    expect(await w.reason()).toBe('shop was removed from the configuration');
    expect(w.fatal).toBe(null);
  });

  test('stays when another rule is deleted', async () => {
    await using w = await watching({
      rules: { ...assessed(), latency: { measure: 'latency', levels: { medium: { above: 2 } } } },
    });
    await w.deploy('v2');
    w.breaks('v2', 0.3);
    w.world.show('latency', 3);
    await w.wait(2 * MINUTE);
    const rules = w.configuration.rules.filter(({ name }) => name !== 'latency');
    await w.reconfigure({ rules });

    expect(await w.state()).toBe('asking');
    w.world.show('errors', 0);
    await w.wait(2 * MINUTE);
    expect(await w.state()).toBe('closed: recovered');
  });

  test('makes room for what else is wrong', async () => {
    await using w = await watching({
      rules: { ...assessed(), latency: { measure: 'latency', levels: { medium: { above: 2 } } } },
    });
    await w.deploy('v2');
    w.breaks('v2', 0.3);
    w.world.show('latency', 3);
    await w.wait(2 * MINUTE);
    await w.reconfigure({ rules: w.configuration.rules.filter(({ name }) => name === 'latency') });

    expect(await w.state()).toBe('investigating');
    expect((await w.journal('level.forgotten'))[0]?.message).toBe(
      'shop/error-rate (HIGH) no longer counts: the rule shop/error-rate was removed from the configuration; shop/latency leads',
    );
    expect((await w.journal('question.withdrawn'))[0]?.message).toBe(
      'question withdrawn: the rule shop/error-rate was removed from the configuration, and shop/latency leads now',
    );
  });
});

describe('a question about a plan that destroys data', () => {
  const destroying = {
    drivers: (world: Watching['world']) => [world.driver('restore', 'probe', 'destructive-data')],
    playbooks: { service: { steps: [{ kind: 'restore', options: {}, deadlineMs: MINUTE, retries: 0 }] } },
  };

  test('says what it takes', async () => {
    await using w = await asked({}, destroying);

    expect((await w.journal('question.asked'))[0]?.message).toBe(
      'may I follow shop/service on shop? a DBA or two people have to approve it; without an answer within 15m it is handed over',
    );
  });

  test('is not settled by one approver, nor by the same one twice', async () => {
    await using w = await asked({}, destroying);
    const { id } = await w.incident();

    expect((await w.answers('approve', alice)).message).toBe(`${id}: noted; one more person has to approve`);
    expect((await w.answers('approve', alice)).message).toBe(`${id}: noted; one more person has to approve`);
    await w.wait(5 * MINUTE);
    expect(await w.state()).toBe('asking');
    expect(w.world.ledger).toEqual([]);
    expect((await w.journal('question.answered'))[0]?.message).toBe(
      'approved by alice; one more person has to approve',
    );
  });

  test('is settled by two distinct approvers', async () => {
    await using w = await asked({}, destroying);
    await w.answers('approve', alice);
    await w.answers('approve', bob);
    await w.wait(MINUTE);

    expect(w.world.ledger).toEqual(['shop: restore']);
    expect((await w.journal('question.answered')).at(-1)?.message).toBe('approved by alice, bob');
  });

  test('is settled by one DBA', async () => {
    await using w = await asked({}, destroying);
    await w.answers('approve', carol);
    await w.wait(MINUTE);

    expect(w.world.ledger).toEqual(['shop: restore']);
  });

  test('is over with the first rejection, whoever had approved', async () => {
    await using w = await asked({}, destroying);
    await w.answers('approve', alice);
    await w.answers('reject', bob);
    await w.wait(HOUR);

    expect(await w.state()).toBe('monitoring');
    expect(w.world.ledger).toEqual([]);
  });

  test('is asked even of a CRITICAL level that rolls back by itself', async () => {
    await using w = await watching(destroying);
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(2 * MINUTE);

    expect(await w.state()).toBe('asking');
    expect(await w.reason()).toBe('asks because the plan destroys data, which takes a DBA or two people');
  });

  test('is asked after the request of one approver, too, and the request is no approval twice over', async () => {
    await using w = await watching(destroying);
    await w.deploy('v2');
    const answer = await w.asks({
      do: 'rollback',
      target: 'shop',
      to: null,
      because: 'corruption',
      playbook: null,
      note: '',
    });
    const { id } = await w.incident();

    expect(answer).toEqual({
      accepted: true,
      message: `${id}: rolling shop back; it destroys data, so a DBA or two people have to approve it first`,
      incident: id,
    });
    expect(await w.state()).toBe('asking');
    expect(w.world.ledger).toEqual([]);
    await w.answers('approve', alice);
    expect(await w.state()).toBe('asking');
    await w.answers('approve', bob);
    await w.wait(MINUTE);
    expect(w.world.ledger).toEqual(['shop: restore']);
  });

  test('that was asked for and rejected leaves nothing open', async () => {
    await using w = await watching(destroying);
    await w.deploy('v2');
    const command = { do: 'rollback', target: 'shop', to: null, playbook: null, note: '' } as const;
    await w.asks({ ...command, because: 'corruption' });
    await w.answers('reject', bob);

    expect(await w.state()).toBe('closed: withdrawn');
    expect(await w.reason()).toBe('rejected by bob');
  });
});

describe('an open question and a restart', () => {
  test('keeps its remaining time, and takes an answer, once a fresh reading confirmed the breach', async () => {
    await using w = await asked();
    await w.wait(10 * MINUTE);
    await w.restart(2 * HOUR);
    await w.wait(MINUTE);
    expect(await w.state()).toBe('asking');
    await w.answers('approve');
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('is withdrawn when the breach is over by then', async () => {
    await using w = await asked();
    w.world.show('errors', 0);
    await w.restart(HOUR);
    await w.wait(3 * MINUTE);

    expect(await w.state()).toBe('closed: recovered');
  });

  test('is withdrawn at the start when its rule was deleted meanwhile', async () => {
    await using w = await asked();
    w.configuration = { ...w.configuration, rules: [] };
    await w.restart(MINUTE);

    expect(await w.state()).toBe('closed: withdrawn');
    expect(await w.reason()).toBe('the rule shop/error-rate was removed from the configuration');
  });

  test('is withdrawn at the start when its rule was changed meanwhile', async () => {
    await using w = await asked();
    const changed = ruleOf('error-rate', { ...assessed()['error-rate'], summary: 'Errors, defined anew' });
    w.configuration = { ...w.configuration, rules: [changed] };
    await w.restart(MINUTE);

    expect(await w.state()).toBe('closed: withdrawn');
    expect(await w.reason()).toBe('the rule shop/error-rate was changed and counts anew');
  });
});
