import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { appToken, botToken, fakeSlack, type FakeSlack } from '../fakes/slack/slack.ts';
import { brokenRules, textsIn } from '../notify/cards/block-kit-rules.ts';
import { LinkShop } from './link-shop.ts';
import { until } from './until.ts';

const alice = 'U0ALICE001';

test('an incident is one card in Slack from the first reading to the report, decided by a click on it', async () => {
  const slack = await fakeSlack({ team: 'T0FAKE0001', app: 'A0FAKE0001', channel: 'C0FAKE0001' });
  onTestFinished(() => slack[Symbol.asyncDispose]());
  slack.person('alice', { id: alice });
  const shop = await LinkShop.open({ levels: { high: { failures: 2 } } });
  tellSlack(shop, slack);
  const daemon = await shop.start();
  shop.deploy(2);

  await until('somebody is asked', () =>
    Promise.resolve(header(slack) === 'HIGH shop: your answer is needed'),
  );
  const ticket = /"value":"([^"]+)"/.exec(JSON.stringify(slack.workspace.cards()[0]?.blocks))?.[1] ?? '';
  await slack.click({ user: alice, action: 'approve', value: ticket });
  await until('it is closed', async () => (await daemon.incidents())[0]?.state === 'closed');
  await until('the report is there', () => Promise.resolve(slack.workspace.uploads[0]?.shared !== undefined));

  const [card, ...others] = slack.workspace.cards();
  expect(others).toEqual([]);
  expect(header(slack)).toMatch(/^HIGH shop: rolled back and verified after /);
  const { text, blocks } = card ?? { text: '', blocks: [] };
  expect(brokenRules({ text, blocks })).toEqual([]);
  const shown = textsIn(blocks).join('');
  expect(shown).toContain('Answer: alice approved ');
  expect(shown).toContain('rollback of shop from 2');
  expect(shown).toContain('journal head ');
  expect(JSON.stringify(blocks)).not.toContain('"actions"');
  const thread = slack.workspace.thread(card?.ts ?? '').map(({ text: said, broadcast }) => [broadcast, said]);
  expect(thread.filter(([broadcast]) => broadcast).length).toBe(1);
  expect(new Set(thread.map(([, said]) => said)).size).toBe(thread.length);
  expect(slack.workspace.uploads.map(({ name }) => name)).toEqual([
    `${(await daemon.incidents())[0]?.id}.md`,
  ]);
});

function tellSlack(shop: LinkShop, slack: FakeSlack): void {
  const bot = join(shop.folder, 'bot');
  const app = join(shop.folder, 'app');
  writeFileSync(bot, botToken);
  writeFileSync(app, appToken);
  const { team, channel, app: id } = slack.workspace;
  const main = parse(readFileSync(shop.configPath, 'utf8')) as Record<string, unknown>;
  const told = {
    ...main,
    slack: {
      app: { id, team, channel, bot_token: { file: bot }, app_token: { file: app }, api_url: slack.apiUrl },
    },
    approvers: [{ slack_users: [alice], role: 'approver' }],
    contacts: { on_call: [{ name: 'alice', slack: alice }] },
  };
  writeFileSync(shop.configPath, stringify(told));
}

/** The first line of the card. */
function header(slack: FakeSlack): string | null {
  const block = slack.workspace.cards()[0]?.blocks.find(({ type }) => type === 'header');
  return block === undefined ? null : (textsIn(block)[0] ?? null);
}
