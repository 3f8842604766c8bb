import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { configuring } from './configuring.ts';

const files = [
  'rollbackd.yaml',
  'rules/layra/rules.yaml',
  'rules/layra/playbooks.yaml',
  'rules/layra/communication.yaml',
] as const;
const own = Object.fromEntries(
  files
    .filter((file) => file !== 'rules/layra/communication.yaml')
    .map((file) => [file, readFileSync(new URL(`example/${file}`, import.meta.url), 'utf8')]),
);
const example: Readonly<Record<string, string>> = {
  ...own,
  'rollbackd.yaml': `${(own['rollbackd.yaml'] ?? '').replace(/^slack:.*$/m, '')}
public_url: https://rollbackd.example
slack:
  app:
    bot_token: { env: BOT_TOKEN }
    app_token: { env: APP_TOKEN }
    signing_secrets: [{ env: TOKEN }]
    channel: C0123456789
    team: T0123456789
    id: A0123456789
email: { server: 'smtp://mail:587', from: a@example.org, to: [b@example.org] }
webhooks:
  status: { url: https://status.example, audience: external }
alertmanager: { url: http://alertmanager:9093, labels: { team: shop } }
notify: { reminders: 30m, routes: [{ channels: [slack], severities: [high], targets: [backend] }] }
contacts: { on_call: [{ name: alice, slack: U0123456789, phone: '110' }] }
approvers: [{ slack_users: [U0123456789], role: approver, targets: [backend], up_to: disruptive }]
`,
  'rules/layra/communication.yaml': readFileSync('rules/layra/communication.yaml', 'utf8'),
};
const secrets = { '/run/secrets/alice': 'x' };

const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom('${', '${target.address}', '${x}', '__proto__', 'constructor', '5m', '50%', '', -1, 1e308),
  fc.constantFrom([], {}, [null], { constructor: 1 }, { file: '' }, { rollback: 'service' }, { toString: 1 }),
);

test('what the others are made from is a configuration', async () => {
  const loaded = await configuring({ ...example, ...secrets });
  expect(loaded.ok ? [] : loaded.problems).toEqual([]);
});

test('whatever stands anywhere in a file, the answer is a configuration or problems with their places', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...files), fc.nat(), anything, async (file, where, value) => {
      const written: unknown = parse(example[file] ?? '');
      const places = placesIn(written);
      const place = places[where % places.length];
      if (place === undefined) return;
      place.holder[place.key] = value;
      const loaded = await configuring({ ...example, ...secrets, [file]: stringify(written) });
      if (loaded.ok) return;
      expect(loaded.problems.length).toBeGreaterThan(0);
      for (const { line, column, message } of loaded.problems) {
        expect(Math.min(line, column)).toBeGreaterThan(0);
        expect(message).toMatch(/^[^\n]+$/);
      }
    }),
    { numRuns: 200, seed: 7 },
  );
});

test('text with any piece cut out is a configuration or problems, never a stack trace', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...files), fc.nat(), fc.nat(40), async (file, from, length) => {
      const text = example[file] ?? '';
      const start = from % text.length;
      const cut = `${text.slice(0, start)}${text.slice(start + length)}`;
      const loaded = await configuring({ ...example, ...secrets, [file]: cut });
      expect(loaded.ok || loaded.problems.length > 0).toBe(true);
    }),
    { numRuns: 200, seed: 7 },
  );
});

interface Slot {
  readonly holder: Record<string, unknown>;
  readonly key: string;
}

function placesIn(value: unknown): Slot[] {
  if (value === null || typeof value !== 'object') return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...placesIn(holder[key])]);
}
