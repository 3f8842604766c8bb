import { describe, expect, test } from 'vitest';
import type { ApproverGrant } from '../../../src/domain/notification.ts';
import { MINUTE } from '../../../src/domain/time.ts';
import { readTyped } from '../../../src/notify/slack/inbound/typed.ts';
import { clicking, everybody, type Clicking } from './clicking.ts';

const operator: ApproverGrant = { ...everybody, users: ['UCAROL'], role: 'operator' };
const both = { approvers: [everybody, operator] };

describe('what is typed', () => {
  test.each([
    ['', { do: 'help' }],
    ['STATUS', { do: 'status' }],
    ['show i-7k3f9a', { do: 'show', incident: 'i-7k3f9a' }],
    ['freeze shop 2h a big sale', { do: 'freeze', target: 'shop', forMs: 120 * MINUTE, note: 'a big sale' }],
    ['freeze all 30m a big sale', { do: 'freeze', target: null, forMs: 30 * MINUTE, note: 'a big sale' }],
    ['unfreeze shop', { do: 'unfreeze', target: 'shop' }],
    ['halt the moon is full', { do: 'halt', note: 'the moon is full' }],
    ['unhalt', { do: 'unhalt', note: '' }],
    [
      'rollback shop because regression since noon',
      { do: 'rollback', target: 'shop', to: null, because: 'regression', note: 'since noon' },
    ],
    [
      'rollback shop to r-1 because security',
      { do: 'rollback', target: 'shop', to: 'r-1', because: 'security', note: '' },
    ],
  ])('%j is understood', (text, typed) => {
    expect(readTyped(text)).toEqual(typed);
  });

  test.each([
    ['explode', 'there is no such command; /rollbackd help lists them'],
    ['constructor', 'there is no such command; /rollbackd help lists them'],
    ['halt', 'say why: /rollbackd halt REASON'],
    ['freeze shop', 'say what, how long and why: /rollbackd freeze TARGET 2h REASON'],
    ['freeze shop 2 reason', 'say what, how long and why: /rollbackd freeze TARGET 2h REASON'],
    ['freeze shop 31d reason', 'a freeze lasts 30d at most, and more than nothing'],
    [
      'rollback shop because __proto__',
      'say what and why: /rollbackd rollback TARGET because CAUSE NOTE, where CAUSE is one of corruption, security, regression, integration, slowdown',
    ],
  ])('%j is not: %s', (text, wrong) => {
    expect(readTyped(text)).toEqual({ wrong });
  });
});

test('help, status, incidents and one incident are shown to who typed, alone', async () => {
  await using c = await clicking(both);
  for (const text of ['help', 'status', 'incidents', `show ${c.id}`, 'show i-none', 'nonsense'])
    await c.type('UCAROL', text);
  const [help, status, incidents, shown, none, nonsense] = c.slack.toldTo('UCAROL');
  expect(help).toContain('/rollbackd status - targets');
  expect(status).toBe('production, mode auto\nno open incidents');
  expect(incidents).toBe(`${c.id} HIGH shop: asking, opened 2026-01-05 12:23:00 UTC`);
  expect(shown).toContain('question: asked 2026-01-05 12:23:00 UTC, answer within 15m');
  expect(none).toBe('There is no such incident; /rollbackd incidents lists them.');
  expect(nonsense).toBe('Not understood: there is no such command; /rollbackd help lists them');
  expect(c.slack.workspace.posts).toEqual([]);
});

test('an operator halts and freezes, and may not roll back', async () => {
  await using c = await clicking(both);
  await c.type('UCAROL', 'halt the moon is full');
  await c.type('UCAROL', 'unhalt');
  await c.type('UCAROL', 'freeze shop 2h a big sale');
  await c.type('UCAROL', 'unfreeze shop');
  await c.type('UCAROL', 'rollback shop because regression');
  expect(c.slack.toldTo('UCAROL')).toEqual([
    'Done: halted: no effect starts until rollbackd unhalt.',
    'Done: the halt is lifted: effects may start again.',
    'Done: froze shop for 2h: rollbacks ask people until then.',
    'Done: the freeze of shop is lifted.',
    'Not done: that takes the role approver, and yours is operator.',
  ]);
  expect((await c.w.journal('command.halt'))[0]?.message).toBe('halted by slack:UCAROL: the moon is full');
});

test('who is named for some targets neither halts everything nor freezes others', async () => {
  await using c = await clicking({ approvers: [{ ...operator, targets: ['shop'] }] });
  await c.type('UCAROL', 'halt everything');
  await c.type('UCAROL', 'freeze all 2h a big sale');
  await c.type('UCAROL', 'freeze pay 2h a big sale');
  await c.type('UALICE', 'status');
  expect(c.counts).toEqual(['refused/target', 'refused/target', 'refused/target', 'refused/not_named']);
  expect(await c.w.journal('command.halt')).toEqual([]);
  expect((await c.answers()).at(-1)).toBe(
    'answer.refused: slack:UALICE in Slack, who typed status: Not done: you are not named in `approvers`.',
  );
});

describe('a rollback that is typed', () => {
  test('shows its plan and acts after a click, once', async () => {
    await using c = await clicking(both);
    await c.type('UALICE', 'rollback shop because regression since noon');
    expect(c.slack.toldTo('UALICE')[0]).toContain('Roll shop back because of regression?\nplan ');
    expect(c.w.world.ledger).toEqual([]);
    const id = confirmIdIn(c);
    await Promise.all([confirm(c, 'UALICE', id), confirm(c, 'UALICE', id)]);
    await c.w.wait(5 * MINUTE);
    expect(c.w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(c.counts.toSorted()).toEqual(['accepted/command', 'refused/confirmation', 'told/told']);
  });

  test('is nobody else’s to confirm, and not for ever', async () => {
    await using c = await clicking(both);
    await c.type('UALICE', 'rollback shop because regression');
    const id = confirmIdIn(c);
    await confirm(c, 'UBOB', id);
    await c.w.clock.advance(5 * MINUTE + 1);
    await confirm(c, 'UALICE', id);
    const refused =
      'Not done: that confirmation was used, is too old or is not yours. Type the command again.';
    expect([c.slack.toldTo('UBOB').at(-1), c.slack.toldTo('UALICE').at(-1)]).toEqual([refused, refused]);
    expect(c.w.world.ledger).toEqual([]);
  });

  test('approves no open incident that is graver than who typed it may approve', async () => {
    await using c = await clicking({ approvers: [{ ...everybody, severities: ['medium'] }] });
    await c.type('UALICE', 'rollback shop because slowdown');
    expect(c.slack.toldTo('UALICE')).toEqual(['Not done: you are not named for HIGH incidents.']);

    c.grants.now = [everybody];
    await c.type('UALICE', 'rollback shop because slowdown');
    c.grants.now = [{ ...everybody, severities: ['medium'] }];
    await confirm(c, 'UALICE', confirmIdIn(c));
    expect(c.slack.toldTo('UALICE').at(-1)).toBe('Not done: you are not named for HIGH incidents.');
    expect(await c.w.state()).toBe('asking');
    expect(c.w.world.ledger).toEqual([]);
  });

  test('waits to be confirmed at most ten of one person, and others can still type theirs', async () => {
    await using c = await clicking(both);
    for (let count = 0; count < 11; count += 1) await c.type('UALICE', 'rollback shop because regression');
    await c.type('UBOB', 'rollback shop because regression');
    expect(c.slack.toldTo('UALICE').map((said) => said.startsWith('Not done'))).toEqual([
      ...Array.from({ length: 10 }, () => false),
      true,
    ]);
    expect(c.slack.toldTo('UBOB')[0]).toContain('Roll shop back because of regression?');
  });

  test('does nothing when its plan has changed since, or when it is cancelled', async () => {
    await using c = await clicking(both);
    await c.type('UALICE', 'rollback shop because regression');
    const first = confirmIdIn(c);
    c.w.world.show('errors', 0.3);
    await c.w.deploy('v3');
    await confirm(c, 'UALICE', first);
    await c.type('UALICE', 'rollback shop because regression');
    await confirm(c, 'UALICE', confirmIdIn(c), 'confirm_cancel');
    expect(c.slack.toldTo('UALICE').filter((_, index) => index % 2 === 1)).toEqual([
      'Not done: the plan has changed since it was shown. Type the command again.',
      'Nothing was done to shop.',
    ]);
    expect(c.w.world.ledger).toEqual([]);
  });
});

test('the view button opens a window with the details, or tells them when it is too late for one', async () => {
  await using c = await clicking();
  await c.click('UALICE', 'view');
  const [opened] = c.slack.workspace.views;
  expect(JSON.stringify(opened?.view)).toContain(`${c.id} HIGH shop: asking`);
  c.slack.faults.next('views.open', { error: 'expired_trigger_id' });
  await c.click('UALICE', 'view');
  expect(c.slack.toldTo('UALICE')[0]).toContain(`${c.id} HIGH shop: asking`);
  await c.click('UCAROL', 'view');
  expect(c.slack.toldTo('UCAROL')).toEqual(['Not shown: you are not named in `approvers`.']);
  expect(await c.w.state()).toBe('asking');
});

test('what was typed comes back inert', async () => {
  await using c = await clicking(both);
  await c.type('UCAROL', 'freeze <!channel>\u202e 2h *x*');
  const [answer] = c.slack.responses;
  const { text, blocks } = (answer?.body ?? {}) as { text?: string; blocks?: { text: { type: string } }[] };
  expect(text).toBe('Not done: there is no target &lt;!channel&gt;\ufffd; the configuration has shop.');
  expect(blocks?.map((block) => block.text.type)).toEqual(['plain_text']);
});

test('who cannot be answered where Slack says is told in the channel', async () => {
  await using c = await clicking();
  c.slack.faults.always('response_url', { status: 404 });
  await c.click('UALICE');
  expect(c.slack.workspace.whispers.map(({ text }) => text)).toEqual([
    `Your approval counts. ${c.id}: approved; the rollback starts.`,
  ]);
});

function confirmIdIn({ slack }: Clicking): string {
  return /"value":"(confirm-[^"]+)"/.exec(JSON.stringify(slack.responses.at(-1)?.body))?.[1] ?? 'none';
}

function confirm(c: Clicking, user: string, value: string, action = 'confirm_rollback') {
  return c.click(user, action, { value, channel: 'CDM' });
}
