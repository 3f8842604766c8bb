import { describe, expect, test } from 'vitest';
import { MINUTE } from '../../../src/domain/time.ts';
import { clicking, everybody } from './clicking.ts';

const aliceIsKnown = { role: 'on_call', name: 'alice', slack: 'UALICE', email: null, phone: null } as const;

test('a click approves: it is acknowledged, decided, told to who clicked, and the card is refreshed', async () => {
  await using c = await clicking();
  expect(await c.click('UALICE')).toBe('acknowledged');
  expect(await c.answers()).toEqual(['question.answered: approved by slack:UALICE: in Slack']);
  expect(c.slack.toldTo('UALICE')).toEqual([`Your approval counts. ${c.id}: approved; the rollback starts.`]);
  expect(c.refreshed).toEqual([c.id]);
  expect(c.counts).toEqual(['accepted/approve']);

  await c.w.wait(5 * MINUTE);
  expect(c.w.world.ledger).toEqual(['shop: v2 → v1']);
  expect(await c.w.state()).toBe('closed: rolled_back');
});

test('who clicked is a contact where Slack’s id says so', async () => {
  await using c = await clicking({ contacts: [aliceIsKnown] });
  await c.click('UALICE', 'reject');
  expect(await c.answers()).toEqual(['question.answered: rejected by alice: in Slack']);
  expect(c.slack.toldTo('UALICE')).toEqual([
    `Your rejection counts. ${c.id}: rejected; nothing will be done by itself.`,
  ]);
});

test('somebody takes it over, and somebody else asks for more time before', async () => {
  await using c = await clicking();
  await c.click('UBOB', 'prolong');
  await c.click('UALICE', 'hand_over');
  expect(await c.w.state()).toBe('handed_over');
  expect(c.counts).toEqual(['accepted/prolong', 'accepted/hand_over']);
  expect(c.slack.toldTo('UBOB')[0]).toMatch(/^There is more time\. /);
  expect(c.slack.toldTo('UALICE')[0]).toMatch(/^It is in people's hands now\. /);
});

describe('one decision', () => {
  test('of two clicks of one person', async () => {
    await using c = await clicking();
    await Promise.all([c.click('UALICE'), c.click('UALICE')]);
    expect(await c.answers()).toEqual(['question.answered: approved by slack:UALICE: in Slack']);
    expect(c.slack.toldTo('UALICE')).toEqual([
      `Your approval counts. ${c.id}: approved; the rollback starts.`,
      'Your answer was counted already.',
    ]);
  });

  test('of two people who disagree at once; the other one hears who was first', async () => {
    await using c = await clicking({ contacts: [aliceIsKnown] });
    await Promise.all([c.click('UALICE', 'approve'), c.click('UBOB', 'reject')]);
    const won = 'Already decided: approved by alice, 2026-01-05 12:24:00 UTC.';
    expect(await c.answers()).toEqual([
      'question.answered: approved by alice: in Slack',
      `answer.refused: slack:UBOB in Slack, who clicked reject: ${won}`,
    ]);
    expect(c.slack.toldTo('UBOB')).toEqual([won]);
  });

  test('of a hundred clicks by a hundred people', async () => {
    const people = Array.from({ length: 100 }, (_, index) => `U${index}`);
    await using c = await clicking({ approvers: [{ ...everybody, users: people }] });
    for (const id of people) c.slack.person(id, { id });
    const actions = ['approve', 'reject', 'hand_over'];
    const ended = await Promise.all(
      people.map((user, index) => c.click(user, actions[index % actions.length])),
    );
    expect(new Set(ended)).toEqual(new Set(['acknowledged']));
    expect(c.counts.filter((count) => count.startsWith('accepted/'))).toEqual(['accepted/approve']);
    expect(c.counts.filter((count) => count === 'refused/decided')).toHaveLength(99);
    expect((await c.w.journal('question.answered')).map(({ message }) => message)).toEqual([
      'approved by slack:U0: in Slack',
    ]);
  });

  test('of an envelope that comes twice, also over another connection', async () => {
    await using c = await clicking({ connections: 2 });
    const payload = c.slack.clickPayload({ user: 'UALICE', action: 'approve', value: c.ticket });
    const send = (on: number) => c.slack.sockets.send('interactive', payload, { id: 'E1', on });
    expect(await Promise.all([send(0), send(0)])).toEqual(['acknowledged', 'acknowledged']);
    expect(await send(1)).toBe('acknowledged');
    await c.inbound.settled();
    expect(c.counts.toSorted()).toEqual(['accepted/approve', 'ignored/seen', 'ignored/seen']);
    expect(c.slack.toldTo('UALICE')).toHaveLength(1);
  });
});

describe('a click that counts no more', () => {
  test('because the time to answer is over', async () => {
    await using c = await clicking();
    await c.w.wait(16 * MINUTE);
    await c.click('UALICE');
    expect(await c.w.state()).toBe('handed_over');
    expect(c.slack.toldTo('UALICE')[0]).toMatch(/^Too late: the question is expired/);
    expect(c.counts).toEqual(['refused/late']);
    expect(c.refreshed).toEqual([c.id]);
  });

  test('because its plan is older than the question that is open', async () => {
    await using c = await clicking();
    const old = c.ticket;
    c.w.world.show('errors', 0.3);
    await c.w.deploy('v3');
    await c.click('UBOB');
    await c.w.wait(MINUTE);
    const open = (await c.w.incidents({ open: true }))[0];
    const now = await c.w.store.ticket(old);
    expect(open?.state).toBe('asking');
    expect(c.w.asked(open?.id ?? '')).not.toBe(now?.planDigest);
    await c.click('UALICE', 'approve', { value: old });
    expect(c.slack.toldTo('UALICE')).toEqual([
      `Not taken: that button belongs to an older plan of ${c.id}. A newer question is open: answer on its card.`,
    ]);
    expect(c.w.world.ledger).toEqual([]);
  });

  test('because no question was ever behind it', async () => {
    await using c = await clicking();
    for (const value of ['', 'nobody', '__proto__', '../x', 'x'.repeat(199)])
      await c.click('UALICE', 'approve', { value });
    expect(new Set(c.slack.toldTo('UALICE'))).toEqual(
      new Set(['Not taken: rollbackd knows no question behind that button. Look at the newest card.']),
    );
    expect(await c.w.state()).toBe('asking');
  });
});

describe('a daemon that dies', () => {
  test('between the click and the decision takes the click when it is back', async () => {
    await using c = await clicking({ paused: true, transport: 'http' });
    expect(
      await c.post(
        c.slack.signedClick({ user: 'UALICE', action: 'approve', value: c.ticket }),
        'interactions',
        false,
      ),
    ).toBe(200);
    expect(await c.answers()).toEqual([]);
    await c.reborn();
    expect(await c.answers()).toEqual(['question.answered: approved by slack:UALICE: in Slack']);
    expect(await c.w.store.unanswered('slack', 10)).toEqual([]);
  });

  test('between the decision and its note of it tells that the answer counted, and decides nothing new', async () => {
    await using c = await clicking();
    await c.w.answers('approve', { name: 'slack:UALICE', role: 'approver' });
    await c.w.store.receive([
      { source: 'slack', key: 'envelope/E1', at: c.w.clock.now(), payload: clickOf(c.ticket) },
    ]);
    await c.reborn();
    expect(await c.answers()).toEqual(['question.answered: approved by slack:UALICE']);
    expect(c.slack.toldTo('UALICE')).toEqual(['Your answer was counted already.']);
  });

  test('and is away for long refuses what waited as late', async () => {
    await using c = await clicking({ paused: true });
    await c.w.store.receive([
      { source: 'slack', key: 'envelope/E1', at: c.w.clock.now(), payload: clickOf(c.ticket) },
    ]);
    await c.w.clock.advance(14 * MINUTE);
    await c.w.asks({ do: 'prolong', incident: c.id, planDigest: null });
    await c.w.clock.advance(2 * MINUTE);
    await c.reborn();
    expect(c.slack.toldTo('UALICE')).toEqual([
      'Too late: rollbackd was not there to take it when it came. Look at how things stand now.',
    ]);
    expect(c.counts).toEqual(['refused/late']);
  });
});

function clickOf(ticket: string) {
  return {
    kind: 'click',
    app: 'A1',
    team: 'T1',
    user: 'UALICE',
    userTeam: 'T1',
    channel: 'C1',
    automatic: false,
    responseUrl: '',
    trigger: '',
    action: 'approve',
    value: ticket,
  };
}
