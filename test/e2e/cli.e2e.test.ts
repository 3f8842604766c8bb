import { expect, test } from 'vitest';
import { runCli, type DaemonProcess } from './daemon-process.ts';
import { LinkShop } from './link-shop.ts';

const roles = { alice: 'approver', bob: 'approver', vic: 'viewer' };
const asks = { high: { failures: 2, within: '5m' } };

test('a question by night: what status prints answers it, once, by whom it says, for the plan it shows', async () => {
  const shop = await LinkShop.open({ levels: asks, roles });
  const daemon = await shop.start();
  const as = (name: keyof typeof roles) => ({ ROLLBACKD_TOKEN_FILE: shop.tokenFile(name) });
  expect(await daemon.cli('gate', 'shop')).toEqual({ code: 0, output: 'open  shop may be deployed\n' });
  expect(await daemon.cli('deploy', 'begin', 'shop')).toEqual({
    code: 0,
    output: 'ok  shop is being deployed: grace until it is healthy\n',
  });
  expect((await daemon.cli('status')).output).toContain('\n  shop  mode auto, deploying');
  shop.deploy(2);
  expect((await daemon.cli('deploy', 'end', 'shop')).code).toBe(0);
  const id = await asking(daemon);

  const status = await daemon.cli('status');
  expect(status.output).toMatch(new RegExp(`\\n  ${id}  HIGH  shop  asking  since .*\\n      asks `));
  const [, yes = ''] = /yes: rollbackd (approve .*)/.exec(status.output) ?? [];
  expect(yes).toMatch(new RegExp(`^approve ${id} --plan [0-9a-f]{16}$`));
  const show = await daemon.cli('show', id);
  expect(show.output).toContain(`  yes: rollbackd ${yes}\n`);
  expect(titles(show.output)).toEqual([
    'WHAT IS BROKEN',
    'DECISION',
    'QUESTION',
    'PLAN',
    'TIME TO RECOVER',
    'TIMELINE',
  ]);
  expect(await daemon.cli('gate', 'shop')).toEqual({
    code: 1,
    output: `closed  incident ${id} is open on shop\n`,
  });
  expect((await daemon.cli('plan', 'shop')).code).toBe(0);

  expect(await daemon.cliAs(as('vic'), ...yes.split(' '))).toMatchObject({ code: 1 });
  const stale = await daemon.cli('approve', id, '--plan', '0123456789abcdef');
  expect([stale.code, stale.output]).toEqual([
    1,
    expect.stringContaining('that answer is for plan 0123456789abcdef'),
  ]);
  expect(shop.ledger()).toEqual([]);

  const answers = await Promise.all(
    (['alice', 'bob'] as const).map(async (name) => ({
      name,
      ...(await daemon.cliAs(as(name), ...yes.split(' '))),
    })),
  );
  const [won, lost] = answers.toSorted((a, b) => (a.code ?? 9) - (b.code ?? 9));
  expect([won?.code, lost?.code]).toEqual([0, 1]);
  expect(won?.output).toBe(`ok  ${id}: approved; the rollback starts\n    rollbackd show ${id}\n`);
  expect(lost?.output).toContain(`approved by ${won?.name}`);

  await outcome(daemon, 'rolled_back');
  expect(shop.ledger()).toEqual(['restart on 1']);
  const told = await daemon.cli('show', id);
  expect(told.output.split('\n')[0]).toMatch(new RegExp(`^${id}  HIGH  shop  rolled back  `));
  expect(told.output).toContain(`\n  approved; ${won?.name} said approve `);
  expect(titles(told.output)).toEqual([
    'WHAT IS BROKEN',
    'DECISION',
    'QUESTION',
    'PLAN',
    'WHAT WAS DONE',
    'VERIFICATION',
    'TIME TO RECOVER',
    'TIMELINE',
  ]);
  expect((await daemon.cli('status')).output).toContain('\nno open incidents\n');
  expect((await daemon.cli('incidents')).output).toMatch(new RegExp(`\\n${id}  HIGH +shop +rolled back `));
  expect((await daemon.cli('rto')).output).toMatch(/^1 incident \(all targets, last 90d\)\n/);
  expect((await daemon.cli('gate', 'shop')).code).toBe(0);
  expect((await daemon.cli('gate', 'shop', '--release', '2')).output).toMatch(
    /^closed  2 \(r-.*\) is known to be bad: /,
  );
  expect((await daemon.cli('journal', 'verify')).code).toBe(0);
});

test('a rejected question is not asked again, and what recovers afterwards closes as recovered', async () => {
  const shop = await LinkShop.open({ levels: asks, roles });
  const daemon = await shop.start();
  shop.deploy(2);
  const id = await asking(daemon);

  expect(await daemon.cli('reject', id, '--note', 'known')).toEqual({
    code: 0,
    output: expect.stringContaining(`ok  ${id}: rejected; nothing will be done by itself\n`) as unknown,
  });
  expect((await daemon.cli('approve', id)).output).toContain(
    'refused  the question is over: rejected by alice\n',
  );
  expect((await daemon.cli('gate', 'shop')).code).toBe(1);

  shop.healed = true;
  await outcome(daemon, 'recovered');
  expect(shop.ledger()).toEqual([]);
  expect((await daemon.cli('gate', 'shop')).code).toBe(0);
});

test('an unanswered question takes its other way: handed over, and closed by whom it is acknowledged', async () => {
  const shop = await LinkShop.open({ levels: { high: { failures: 2, within: '2s' } }, roles });
  const daemon = await shop.start();
  shop.deploy(2);
  const id = await outcome(daemon, 'handed_over');

  const { output } = await daemon.cli('show', id);
  expect(output).toContain(`\nit is yours now: rollbackd ack ${id}\n`);
  expect(titles(output).at(-1)).toBe('BY HAND');
  expect((await daemon.cli('gate', 'shop')).code).toBe(1);
  expect((await daemon.cli('ack', id)).code).toBe(0);
  expect((await daemon.incident(id)).state).toBe('closed');
  expect(shop.ledger()).toEqual([]);
});

test('what recovers before anybody answers is withdrawn, and the answer that comes too late is refused', async () => {
  const shop = await LinkShop.open({ levels: asks, roles });
  const daemon = await shop.start();
  shop.deploy(2);
  const id = await asking(daemon);

  shop.healed = true;
  await outcome(daemon, 'recovered');
  const late = await daemon.cli('approve', id);
  expect([late.code, late.output]).toEqual([1, expect.stringContaining(`refused  ${id} is closed: `)]);
  expect(shop.ledger()).toEqual([]);
});

test('what becomes worse while it is asked is no longer asked: it is rolled back', async () => {
  const shop = await LinkShop.open({
    levels: { high: { failures: 2, within: '5m' }, critical: { failures: 5 } },
    roles,
  });
  const daemon = await shop.start();
  shop.deploy(2);
  const id = await asking(daemon);

  await outcome(daemon, 'rolled_back');
  const { journal } = await daemon.incident(id);
  const types = journal.map(({ type }) => type);
  expect(types.indexOf('question.superseded')).toBeGreaterThan(types.indexOf('question.asked'));
  expect(shop.ledger()).toEqual(['restart on 1']);
});

test('gate says no to CI during a halt and a freeze, and to what it does not know', async () => {
  const shop = await LinkShop.open({ levels: asks, roles });
  const daemon = await shop.start();

  expect((await daemon.cli('freeze', 'shop', '--for', '1h', '--note', 'sale')).code).toBe(0);
  const frozen = await daemon.cli('gate', 'shop');
  expect([frozen.code, frozen.output]).toEqual([
    1,
    expect.stringMatching(/^closed  shop is frozen by alice until .*: sale\n$/),
  ]);
  expect((await daemon.cli('unfreeze', 'shop')).code).toBe(0);

  expect((await daemon.cli('halt', '--note', 'moving house')).code).toBe(0);
  expect(await daemon.cli('gate', 'shop')).toEqual({
    code: 1,
    output: 'closed  nothing may start: halted by alice: moving house\n',
  });
  expect((await daemon.cli('unhalt')).code).toBe(0);
  expect((await daemon.cli('gate', 'shop')).code).toBe(0);

  const unknown = await daemon.cli('gate', 'shpo');
  expect([unknown.code, unknown.output]).toEqual([1, expect.stringContaining('there is no target shpo')]);
  expect(await daemon.stop()).toBe(0);
  const down = await runCli(['gate', 'shop'], { ROLLBACKD_URL: shop.url });
  expect([down.code, down.output]).toEqual([3, expect.stringContaining('[DAEMON_UNREACHABLE]')]);
});

/** The incident that is being asked about. */
async function asking(daemon: DaemonProcess): Promise<string> {
  const row = await daemon.until('somebody is asked', async () =>
    (await daemon.incidents('shop')).find(({ state }) => state === 'asking'),
  );
  return row.id;
}

async function outcome(daemon: DaemonProcess, expected: string): Promise<string> {
  const row = await daemon.until(`the outcome is ${expected}`, async () =>
    (await daemon.incidents('shop')).find((each) => each.outcome !== null),
  );
  expect(row.outcome).toBe(expected);
  return row.id;
}

/** The titles of the sections of a screen. */
function titles(output: string): string[] {
  return output.split('\n').filter((line) => /^[A-Z][A-Z ]+$/.test(line));
}
