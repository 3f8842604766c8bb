import { expect, test } from 'vitest';
import { formatProblems } from '../../src/config/format-problems.ts';
import type { Configuration } from '../../src/domain/configuration.ts';
import { Secret } from '../../src/domain/secret.ts';
import { MINUTE, HOUR } from '../../src/domain/time.ts';
import { configured, configuring, shop, verdictOn, type Files } from './configuring.ts';

const app = `slack:
  app:
    bot_token: { env: BOT_TOKEN }
    app_token: { env: APP_TOKEN }
    channel: C0123456789
    team: T0123456789
    id: A0123456789
`;

const standard = `communication:
  standard:
    - { after: 1h, to: external, when: closed, say: '\${target} works again' }
    - { after: 0s, to: internal, say: '\${target}: \${reason}' }
`;

/** The shop, with more keys in its main file. */
function shopWith(keys: string, more: Files = {}): Files {
  return { ...shop, 'rollbackd.yaml': `${shop['rollbackd.yaml'] ?? ''}${keys}`, ...more };
}

async function shopOf(keys: string, more?: Files): Promise<Configuration> {
  return configured(shopWith(keys, more));
}

test('each channel means what it says', async () => {
  const { channels, publicUrl } = await shopOf(
    `${app}public_url: https://rollbackd.example/ops/
email:
  server: smtp://mail:587
  user: rollbackd
  password: { file: /run/secrets/mail }
  from: Rollbackd <rollbackd@example.org>
  to: [ops@example.org]
webhooks:
  status-page: { url: { file: /run/secrets/status }, secret: { env: TOKEN }, audience: external }
  local: { url: 'http://127.0.0.1:9000/hook' }
  own-network: { url: 'http://hooks:9000/hook', plain_http: true }
alertmanager: { url: 'http://alertmanager:9093/', labels: { team: shop } }
`,
    { '/run/secrets/mail': 'the password\n', '/run/secrets/status': 'https://status.example/t0ken\n' },
  );
  expect(publicUrl).toBe('https://rollbackd.example/ops');
  expect(revealed(channels)).toEqual({
    slackWebhook: null,
    slackApp: {
      botToken: 'secret: xoxb-1-token-of-a-bot',
      appToken: 'secret: xapp-1-token-of-an-app',
      signingSecrets: [],
      channel: 'C0123456789',
      team: 'T0123456789',
      app: 'A0123456789',
      apiUrl: 'https://slack.com/api/',
    },
    email: {
      server: 'smtp://mail:587',
      user: 'rollbackd',
      password: 'secret: the password',
      from: 'Rollbackd <rollbackd@example.org>',
      to: ['ops@example.org'],
      audience: 'internal',
    },
    webhooks: [
      {
        name: 'status-page',
        url: 'secret: https://status.example/t0ken',
        secret: 'secret: a-long-enough-token',
        audience: 'external',
      },
      { name: 'local', url: 'secret: http://127.0.0.1:9000/hook', secret: null, audience: 'internal' },
      { name: 'own-network', url: 'secret: http://hooks:9000/hook', secret: null, audience: 'internal' },
    ],
    alertmanager: { url: 'http://alertmanager:9093', labels: { team: 'shop' } },
  });
  expect(JSON.stringify(channels)).not.toMatch(/xoxb|xapp|password"?:"the|t0ken|a-long/);
});

test('without Socket Mode an app has what Slack signs with, two secrets while one is being replaced', async () => {
  const { channels } = await shopOf(
    `slack:
  app:
    bot_token: { env: BOT_TOKEN }
    signing_secrets: [{ file: old }, { file: new }]
    channel: G0123456789
    team: T0123456789
    id: A0123456789
    api_url: http://127.0.0.1:4000/api
`,
    { old: 'one', new: 'another' },
  );
  expect(revealed(channels.slackApp)).toMatchObject({
    appToken: null,
    signingSecrets: ['secret: one', 'secret: another'],
    apiUrl: 'http://127.0.0.1:4000/api/',
  });
});

test('routes, reminders, contacts and approvers mean what they say', async () => {
  const { notify, approvers } = await shopOf(`${app}notify:
  reminders: 10m
  routes:
    - { channels: [slack], severities: [critical, high], targets: [shop] }
    - { channels: [slack] }
contacts:
  on_call: { name: alice, slack: U0123456789, email: alice@example.org, phone: +49 (30) 1234-5 }
  tech_lead:
    - { name: alice, slack: U0123456789 }
    - { name: bob, phone: '110' }
approvers:
  - { slack_groups: [S0123456789] }
  - slack_users: [U0123456789, W0123456789]
    role: dba
    severities: [critical]
    targets: [shop]
    up_to: destructive-data
`);
  expect(notify).toEqual({
    remindMs: 10 * MINUTE,
    routes: [
      { channels: ['slack'], severities: ['critical', 'high'], targets: ['shop'] },
      { channels: ['slack'], severities: null, targets: null },
    ],
    contacts: [
      {
        role: 'on_call',
        name: 'alice',
        slack: 'U0123456789',
        email: 'alice@example.org',
        phone: '+49 (30) 1234-5',
      },
      { role: 'tech_lead', name: 'alice', slack: 'U0123456789', email: null, phone: null },
      { role: 'tech_lead', name: 'bob', slack: null, email: null, phone: '110' },
    ],
  });
  const all = { severities: null, targets: null };
  expect(approvers).toEqual([
    { users: [], groups: ['S0123456789'], role: 'approver', ...all, upTo: 'disruptive' },
    {
      users: ['U0123456789', 'W0123456789'],
      groups: [],
      role: 'dba',
      severities: ['critical'],
      targets: ['shop'],
      upTo: 'destructive-data',
    },
  ]);
});

test('a communication plan is in the order of its times, and playbooks name it', async () => {
  const { communications, playbooks } = await shopOf('', {
    'packs/shop/communication.yaml': standard,
    'packs/shop/playbooks.yaml': `playbooks:
  service: { communication: standard, steps: [docker.rollback: {}] }
  other: { communication: shop/standard, steps: [docker.rollback: {}] }
  silent: { steps: [docker.rollback: {}] }
`,
  });
  expect(communications).toEqual({
    'shop/standard': {
      id: 'shop/standard',
      announcements: [
        { afterMs: 0, to: 'internal', when: 'always', say: '${target}: ${reason}' },
        { afterMs: HOUR, to: 'external', when: 'closed', say: '${target} works again' },
      ],
    },
  });
  expect(Object.values(playbooks).map(({ communication }) => communication)).toEqual([
    'shop/standard',
    'shop/standard',
    null,
  ]);
});

test('a plan of another pack is named with its pack', async () => {
  const files = shopWith('', {
    'packs/common/communication.yaml': standard,
    'packs/common/rules.yaml': 'rules: {}\n',
    'packs/shop/playbooks.yaml':
      'playbooks: { service: { communication: common/standard, steps: [docker.rollback: {}] } }\n',
  });
  const main = (files['rollbackd.yaml'] ?? '').replace('[packs/shop]', '[packs/shop, packs/common]');
  const { playbooks } = await configured({ ...files, 'rollbackd.yaml': main });
  expect(playbooks['shop/service']?.communication).toBe('common/standard');
});

test('a plan that is misspelt is a problem where it is named', async () => {
  const verdict = await verdictOn(
    shopWith('', {
      'packs/shop/communication.yaml': standard,
      'packs/shop/playbooks.yaml':
        'playbooks: { service: { communication: standart, steps: [docker.rollback: {}] } }\n',
    }),
  );
  expect(verdict).toBe(
    'packs/shop/playbooks.yaml:1:40  playbooks.service.communication  unknown communication plan standart, did you mean standard?',
  );
});

test('plans that cannot be read make no second problem of the playbooks that name them', async () => {
  const loaded = await configuring(
    shopWith('', {
      'packs/shop/communication.yaml': 'communication: [\n',
      'packs/shop/playbooks.yaml':
        'playbooks: { service: { communication: standard, steps: [docker.rollback: {}] } }\n',
    }),
  );
  const problems = loaded.ok ? [] : loaded.problems;
  expect(new Set(problems.map(({ file }) => file))).toEqual(new Set(['packs/shop/communication.yaml']));
  expect(problems).not.toEqual([]);
});

test('communication alone is no pack', async () => {
  const { 'packs/shop/rules.yaml': _, 'packs/shop/playbooks.yaml': __, ...rest } = shop;
  const loaded = await configuring({ ...rest, 'packs/shop/communication.yaml': standard });
  expect(loaded.ok ? '' : formatProblems(loaded.problems)).toContain(
    'unknown pack: packs/shop holds neither rules.yaml nor playbooks.yaml',
  );
});

const asking = {
  'packs/shop/rules.yaml': `rules:
  health:
    http: { url: '\${target.address}/health' }
    levels: { critical: { failures: 4 }, high: { failures: 2 } }
`,
};
const external = `webhooks:
  status: { url: 'https://status.example', audience: external }
`;
const mail = `email: { server: 'smtp://mail', from: a@example.org, to: [b@example.org] }
`;
const onlyTheLog =
  'warning: rule shop/health asks people about shop (HIGH), and only the log would know; add slack:, email: or webhooks:';
const noRoute = 'warning: rule shop/health asks people about shop (HIGH), and no route leads to a channel';

test.each([
  ['nobody is told', 'mode: approve\n', onlyTheLog],
  ['only users are told', `mode: auto\n${external}`, onlyTheLog],
  ['the team has a channel', `mode: approve\n${mail}`, 'ok'],
  ['nobody is asked in this mode', 'mode: notify\n', 'ok'],
  [
    'the only channel hears of other severities',
    `mode: approve\n${mail}notify: { routes: [{ channels: [email], severities: [critical] }] }\n`,
    noRoute,
  ],
  [
    'the only channel hears of this, too',
    `mode: approve\n${mail}notify: { routes: [{ channels: [email], severities: [critical] }, { channels: [email], targets: [shop] }] }\n`,
    'ok',
  ],
])('a question that nobody would hear of is a warning: %s', async (_, keys, said) => {
  const verdict = await verdictOn(shopWith(keys, asking));
  expect(verdict.replace(/^\S+ +\S+ +/, '')).toBe(said);
});

/** Plain data, with the secrets in it as text. */
function revealed(value: unknown): unknown {
  if (value instanceof Secret) return `secret: ${value.reveal()}`;
  if (Array.isArray(value)) return value.map(revealed);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, revealed(inner)]));
}
