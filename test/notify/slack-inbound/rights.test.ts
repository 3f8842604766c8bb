import { describe, expect, test } from 'vitest';
import type { ApproverGrant } from '../../../src/domain/notification.ts';
import { MINUTE } from '../../../src/domain/time.ts';
import { rightsOf, type Asking, type Needed } from '../../../src/notify/slack/inbound/rights.ts';
import type { Kind } from '../../fakes/slack/people.ts';
import { clicking, everybody } from './clicking.ts';

const grant: ApproverGrant = {
  users: ['UALICE'],
  groups: ['SDBA'],
  role: 'approver',
  severities: ['high'],
  targets: ['shop'],
  upTo: 'disruptive',
};
const needed: Needed = { role: 'approver', on: { target: 'shop' }, severity: 'high', risk: 'disruptive' };

function asking(given: Partial<Asking> = {}): Asking {
  return { user: 'UALICE', standing: 'member', isIn: () => false, ...given };
}

describe('somebody may', () => {
  test('by name, and by a group that they are in', () => {
    expect(rightsOf(asking(), [grant], needed)).toEqual({ role: 'approver' });
    const inGroup = asking({ user: 'UBOB', isIn: (group) => group === 'SDBA' });
    expect(rightsOf(inGroup, [grant], needed)).toEqual({ role: 'approver' });
  });

  test('with the highest role of all grants that cover it', () => {
    const dba: ApproverGrant = { ...grant, role: 'dba' };
    const elsewhere: ApproverGrant = { ...grant, role: 'admin', targets: ['other'] };
    expect(rightsOf(asking(), [grant, dba, elsewhere], needed)).toEqual({ role: 'dba' });
  });

  test('though a group cannot be told, where a grant names them', () => {
    expect(rightsOf(asking({ isIn: () => null }), [grant], needed)).toEqual({ role: 'approver' });
  });
});

test.each([
  [{ user: 'UEVE' }, {}, 'you are not named in `approvers`'],
  [
    {},
    { role: 'approver', grant: { role: 'operator' } },
    'that takes the role approver, and yours is operator',
  ],
  [{}, { on: { target: 'pay' } }, 'you are not named for the target pay'],
  [{}, { on: 'every target' }, 'that concerns every target, and you are named for some of them'],
  [{}, { severity: 'critical' }, 'you are not named for CRITICAL incidents'],
  [
    {},
    { risk: 'destructive-data' },
    'the plan has a destructive-data step, which is more than you may approve',
  ],
  [
    { user: 'UBOB', isIn: () => null },
    {},
    'nobody can tell whether you are in the user group SDBA: Slack did not say',
  ],
  [{ standing: 'unknown' }, {}, 'nobody can tell who you are: Slack did not say'],
  [{ standing: 'bot' }, {}, 'only full members of the team may, and you are a bot'],
  [{ standing: 'guest' }, {}, 'only full members of the team may, and you are a guest'],
  [{ standing: 'deleted' }, {}, 'only full members of the team may, and you are deleted'],
] as const)('%j asking for %j is refused: %s', (who, what, refused) => {
  const { grant: change = {}, ...more } = what as Partial<Needed> & { grant?: Partial<ApproverGrant> };
  const rights = rightsOf(asking(who), [{ ...grant, ...change }], { ...needed, ...more });
  expect(rights).toMatchObject({ refused });
});

describe('a click is refused, journaled and counted', () => {
  test.each<[Kind, string]>([
    ['guest', 'only full members of the team may, and you are a guest'],
    ['single-channel guest', 'only full members of the team may, and you are a guest'],
    ['bot', 'only full members of the team may, and you are a bot'],
    ['app', 'only full members of the team may, and you are a bot'],
    ['deleted', 'only full members of the team may, and you are deleted'],
    ['foreign', 'you belong to another workspace'],
    ['stranger', 'you belong to another workspace'],
  ])('of a %s', async (kind, why) => {
    await using c = await clicking({ approvers: [{ ...everybody, users: ['UEVE'] }] });
    c.slack.person('eve', { kind });
    await c.click('UEVE');
    expect(await c.answers()).toEqual([
      `answer.refused: slack:UEVE in Slack, who clicked approve: Not taken: ${why}.`,
    ]);
    expect(c.slack.toldTo('UEVE')).toEqual([`Not taken: ${why}.`]);
    expect(await c.w.state()).toBe('asking');
  });

  test('of one who says to be of this team and is not', async () => {
    await using c = await clicking({ approvers: [{ ...everybody, users: ['UEVE'] }] });
    c.slack.person('eve', { kind: 'foreign' });
    await c.click('UEVE', 'approve', { userTeam: 'T1' });
    expect(c.slack.toldTo('UEVE')).toEqual([
      'Not taken: only full members of the team may, and you are of another team.',
    ]);
  });

  test('of another app, another team and another channel', async () => {
    await using c = await clicking();
    await c.click('UALICE', 'approve', { app: 'A9' });
    await c.click('UALICE', 'approve', { team: 'T9' });
    await c.click('UALICE', 'approve', { channel: 'C9' });
    expect(c.counts).toEqual(['refused/other_app', 'refused/other_team', 'refused/other_channel']);
    expect(await c.answers()).toHaveLength(3);
    expect(await c.w.state()).toBe('asking');
  });

  test('of a step of a workflow', async () => {
    await using c = await clicking();
    const payload = c.slack.clickPayload({ user: 'UALICE', action: 'approve', value: c.ticket });
    await c.slack.sockets.send('interactive', { ...payload, function_data: { execution_id: 'Fx1' } });
    await c.inbound.settled();
    expect(c.counts).toEqual(['refused/automatic']);
  });

  test('of somebody who is not named', async () => {
    await using c = await clicking();
    await c.click('UCAROL');
    expect(await c.answers()).toEqual([
      'answer.refused: slack:UCAROL in Slack, who clicked approve: Not taken: you are not named in `approvers`.',
    ]);
    expect((await c.w.journal('answer.refused'))[0]).toMatchObject({
      incident: c.id,
      facts: { by: 'slack:UCAROL', user: 'UCAROL', via: 'slack', because: 'not_named' },
    });
  });

  test('of one who clicks too often at once', async () => {
    await using c = await clicking();
    for (let count = 0; count < 22; count += 1) await c.click('UCAROL');
    expect(c.counts.slice(-2)).toEqual(['refused/too_many', 'refused/too_many']);
    await c.w.wait(MINUTE);
    await c.click('UCAROL');
    expect(c.counts.at(-1)).toBe('refused/not_named');
  });

  test('of somebody of another workspace who clicks on and on, without filling the journal', async () => {
    await using c = await clicking();
    for (let count = 0; count < 30; count += 1) await c.click('UALICE', 'approve', { userTeam: 'T9' });
    expect(c.counts.slice(19, 21)).toEqual(['refused/other_user_team', 'refused/too_many']);
    expect(await c.answers()).toHaveLength(20);
  });
});

describe('members of a user group', () => {
  const byGroup: ApproverGrant = { ...everybody, users: [], groups: ['S1'] };

  test('may, and no longer once they were removed and five minutes have passed', async () => {
    await using c = await clicking({ approvers: [byGroup], paused: true });
    c.slack.workspace.groups.set('S1', ['UALICE']);
    await c.begin();
    await c.click('UALICE', 'prolong');
    c.slack.workspace.groups.set('S1', []);
    await c.w.clock.advance(5 * MINUTE + 1);
    await c.click('UALICE');
    expect(c.counts).toEqual(['accepted/prolong', 'refused/not_named']);
  });

  test('may for a quarter of an hour while Slack does not say, and then nobody may', async () => {
    await using c = await clicking({ approvers: [byGroup], paused: true });
    c.slack.workspace.groups.set('S1', ['UALICE']);
    await c.begin();
    await c.click('UALICE', 'prolong');
    c.slack.faults.always('usergroups.users.list', { status: 500 });
    await c.w.clock.advance(14 * MINUTE);
    await c.click('UALICE', 'prolong');
    await c.w.clock.advance(2 * MINUTE);
    await c.click('UALICE');
    expect(c.counts).toEqual(['accepted/prolong', 'accepted/prolong', 'refused/unknown']);
    expect(c.slack.toldTo('UALICE').at(-1)).toBe(
      'Not taken: nobody can tell whether you are in the user group S1: Slack did not say.',
    );
  });

  test.each([
    [{ status: 429, retryAfterSeconds: 30 }],
    [{ status: 500 }],
    ['malformed' as const],
    ['lost' as const],
    [{ error: 'no_such_subteam' }],
  ])('are nobody when the look-up meets %j', async (fault) => {
    await using c = await clicking({ approvers: [byGroup], paused: true });
    c.slack.workspace.groups.set('S1', ['UALICE']);
    c.slack.faults.always('usergroups.users.list', fault);
    await c.begin();
    await c.click('UALICE');
    expect(c.counts).toEqual(['refused/unknown']);
    expect(await c.w.state()).toBe('asking');
  });

  test('who cannot be looked up themselves are refused, too', async () => {
    await using c = await clicking();
    c.slack.faults.always('users.info', { status: 500 });
    await c.click('UALICE');
    expect(c.slack.toldTo('UALICE')).toEqual(['Not taken: nobody can tell who you are: Slack did not say.']);
    c.slack.faults.clear();
    await c.click('UALICE');
    expect(c.counts).toEqual(['refused/unknown', 'accepted/approve']);
  });
});

test('grants that were reloaded count from the next click on', async () => {
  await using c = await clicking();
  c.grants.now = [];
  await c.click('UALICE');
  c.grants.now = [everybody];
  await c.click('UALICE');
  expect(c.counts).toEqual(['refused/not_named', 'accepted/approve']);
});
