import { expect, test } from 'vitest';
import { lint, mainFile, type Files } from './linting.ts';

const rules = `rules:
  up:
    docker: running
    levels: { critical: { failures: 2 } }
`;
const plan = `communication:
  standard:
    - { after: 0s, to: internal, say: Look at it }
    - { after: 0s, to: external, say: It is broken }
    - { after: 1h, to: external, when: closed, say: It works again }
`;
const steps = 'steps: [{ docker.rollback: { to: last_good } }]';
const named = `playbooks:
  service: { communication: standard, ${steps} }
  other: { communication: standard, ${steps} }
`;
const mail = "email: { server: 'smtp://mail', from: a@example.org, to: [b@example.org] }\n";
const statusPage = "webhooks: { status: { url: 'https://status.example', audience: external } }\n";

/** Findings as `code: message`, with the text that they point at. */
async function found(keys: string, more: Files = {}): Promise<readonly string[]> {
  const files = {
    'rollbackd.yaml': `${mainFile(['cart'])}${keys}`,
    'shop/rules.yaml': rules,
    'shop/playbooks.yaml': named,
    'shop/communication.yaml': plan,
    ...more,
  };
  return (await lint(files)).map(
    ({ code, message, excerpt, column, length }) =>
      `${code} (${excerpt.slice(column - 1, column - 1 + length)}): ${message}`,
  );
}

test('a plan is found once for each audience that no channel reaches, however many playbooks name it', async () => {
  const inside =
    'playbook/unheard (standard): shop/standard has 1 internal announcement, and no channel is internal';
  const outside =
    'playbook/unheard (standard): shop/standard has 2 external announcements, and no channel is external';
  expect(await found('')).toEqual([inside, outside]);
  expect(await found(mail)).toEqual([outside]);
  expect(await found(statusPage)).toEqual([inside]);
  expect(await found(`${mail}${statusPage}`)).toEqual([]);
});

test('a plan that only an unused playbook names is nobody’s concern; one of a level is', async () => {
  const unused = named.replace('service: { communication: standard,', 'service: {');
  expect(await found('', { 'shop/playbooks.yaml': unused })).toEqual([]);
  const byLevel = rules.replace('failures: 2', 'failures: 2, do: { rollback: other }');
  const both = { 'shop/playbooks.yaml': unused, 'shop/rules.yaml': byLevel };
  expect(await found(mail, both)).toHaveLength(1);
});

test('a step that tells a channel which does not lead to the team is a warning', async () => {
  const telling = (channel: string): Files => ({
    'shop/playbooks.yaml': `playbooks: { service: { steps: [{ notify: { message: hello, channel: ${channel} } }] } }\n`,
  });
  expect(await found(mail, telling('slack'))).toEqual([
    'playbook/unknown-channel (slack): the channel slack is not configured; of the team there is email',
  ]);
  expect(await found(`${mail}${statusPage}`, telling('status'))).toEqual([
    'playbook/unknown-channel (status): the channel status reaches users, not the team; of the team there is email',
  ]);
  expect(await found(statusPage, telling('slack'))).toEqual([
    'playbook/unknown-channel (slack): the channel slack is not configured; there is none of the team',
  ]);
  expect(await found(mail, telling('email'))).toEqual([]);
  expect(await found('', telling('log'))).toEqual([]);
});
