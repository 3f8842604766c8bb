import { expect, test } from 'vitest';
import { playbooks, Running } from './running.ts';

const inForce: unknown = expect.stringMatching(/^config\.loaded: configuration [0-9a-f]{12} is in force$/);
const planned = playbooks.replace('restart: {', 'restart: { communication: standard,');
const plan = (say: string): string =>
  `communication: { standard: [{ after: 0s, to: internal, say: '${say}' }] }\n`;

test('reminders, contacts and communication plans are taken over as they change', async () => {
  await using at = await new Running().start();
  at.main('notify: { reminders: 5m }\ncontacts: { on_call: { name: alice, phone: "110" } }');
  await at.looks(2);
  expect(at.journal).toEqual([inForce]);

  at.write('packs/host/communication.yaml', plan('one'));
  at.write('packs/host/playbooks.yaml', planned);
  await at.looks(3);
  at.write('packs/host/communication.yaml', plan('two'));
  await at.looks(3);
  expect(at.journal).toEqual([inForce, inForce, inForce]);
});

test('channels and the public URL need a restart, and what runs stays as it is until then', async () => {
  await using at = await new Running().start();
  at.main('email: { server: "smtp://127.0.0.1:1", from: a@example.org, to: [b@example.org] }\nmode: approve');
  await at.looks(2);
  at.main('public_url: https://rollbackd.example');
  await at.looks(2);
  const stays = 'config.refused: rollbackd.yaml was not taken over, the old configuration stays: ';
  expect(at.journal).toEqual([
    `${stays}slack, email, webhooks or alertmanager changed, which needs a restart of the daemon`,
    `${stays}public_url changed, which needs a restart of the daemon`,
  ]);
  expect((await at.status()).mode).toBe('notify');
});
