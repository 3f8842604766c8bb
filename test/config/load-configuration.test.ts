import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { formatProblems } from '../../src/config/format-problems.ts';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { configured, configuring, shop, verdictOn, type Files } from './configuring.ts';
import { source } from './registries.ts';

const example = (file: string): string => readFileSync(new URL(`example/${file}`, import.meta.url), 'utf8');
const layra = {
  'rollbackd.yaml': example('rollbackd.yaml'),
  'rules/layra/rules.yaml': example('rules/layra/rules.yaml'),
  'rules/layra/playbooks.yaml': example('rules/layra/playbooks.yaml'),
  '/run/secrets/alice': 'alice-and-nobody-else\n',
  '/run/secrets/slack_webhook': 'https://hooks.example/services/T0/B0/x\r\n',
};
const everything = (file: string): string =>
  readFileSync(new URL(`cases/everything.${file}.yaml`, import.meta.url), 'utf8');

test('the example of the design loads without a warning', async () => {
  const configuration = await configured(layra);
  expect(configuration.warnings).toEqual([]);
  expect(configuration.mode).toBe('approve');
  expect(configuration.targets['backend']).toEqual({
    name: 'backend',
    container: 'layra-backend',
    link: null,
    repository: null,
    stack: null,
    swarm: null,
    packs: ['layra'],
    labels: { service: 'layra-backend' },
    address: 'http://layra-backend:8090',
    playbook: 'layra/service',
    emergencyPlaybook: 'layra/service',
    mode: 'auto',
    host: 'build-7',
    graceMs: MINUTE,
    bakeMs: 10 * MINUTE,
    cooldownMs: HOUR,
  });
  expect(configuration.rules.map(({ id, scope, blameMs }) => [id, scope, blameMs])).toEqual([
    ['layra/api-error-rate', 'target', 24 * HOUR],
    ['layra/health-check', 'target', 24 * HOUR],
    ['layra/database-pool', 'target', 24 * HOUR],
    ['layra/memory', 'target', 24 * HOUR],
    ['layra/disk-space', 'host', null],
  ]);
  expect(configuration.freezes).toEqual([{ cron: '0 18 * * fri', forMs: 62 * HOUR, reason: 'weekend' }]);
});

test('what is left out has its default', async () => {
  const { targets, rules, playbooks, communications, warnings, digest, ...daemon } = await configured({
    'rollbackd.yaml': 'version: 1\n',
  });
  expect(daemon).toEqual({
    environment: 'production',
    environments: {
      production: { backups: 'made', asks: 'people' },
      staging: { backups: 'made', asks: 'people' },
      development: { backups: 'skipped', asks: 'nobody' },
    },
    mode: 'notify',
    store: '/var/lib/rollbackd/rollbackd.db',
    stateDir: '/var/lib/rollbackd',
    haltFile: '/var/lib/rollbackd/HALT',
    listen: { host: '127.0.0.1', port: 7390 },
    tokens: [],
    prometheus: null,
    scrape: null,
    docker: null,
    channels: { slackWebhook: null, slackApp: null, email: null, webhooks: [], alertmanager: null },
    notify: { routes: [], contacts: [], remindMs: 30 * MINUTE },
    approvers: [],
    publicUrl: null,
    hostRoot: '/',
    host: 'build-7',
    allowedPrograms: [],
    fileRoots: [],
    dataRisks: {},
    dataStores: {},
    backups: null,
    gitProtocols: ['https', 'ssh', 'file'],
    budget: { rollbacks: 3, perMs: HOUR },
    retention: { incidentsMs: 400 * 24 * HOUR, readingsMs: 14 * 24 * HOUR, replacedMs: 24 * HOUR },
    blindAfterMs: 5 * MINUTE,
    reload: { watch: true },
    freezes: [],
  });
  expect([targets, rules, playbooks, communications]).toEqual([{}, [], {}, {}]);
  expect(warnings).toHaveLength(1);
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
});

test('each key of a rule means what it says', async () => {
  const { rules } = await configured({ ...shop, 'packs/shop/rules.yaml': everything('rules') });
  expect(rules[0]).toEqual({
    id: 'shop/errors',
    pack: 'shop',
    name: 'errors',
    summary: 'Share of requests answered with 5xx',
    runbook: 'https://wiki.example/shop#errors',
    scope: 'target',
    everyMs: 5 * SECOND,
    source: {
      kind: 'prometheus',
      options: {
        ratio: {
          bad: 'sum by (service) (rate(errors[1m]))',
          total: 'sum by (service) (rate(requests[1m]))',
          min: 0.2,
        },
        on_empty: 'ok',
      },
    },
    windowMs: 30 * SECOND,
    levels: [
      {
        severity: 'critical',
        condition: {
          comparison: { operator: 'at_least', threshold: { value: 0.5, unit: 'number' } },
          forMs: MINUTE,
        },
        want: { action: 'ask', playbook: 'shop/service' },
        withinMs: 5 * MINUTE,
        otherwise: 'rollback',
        whileDeploying: false,
      },
      {
        severity: 'high',
        condition: {
          comparison: { operator: 'above', threshold: { value: 0.25, unit: 'ratio' } },
          forMs: 90 * MINUTE,
        },
        want: { action: 'ask', playbook: null },
        withinMs: 15 * MINUTE,
        otherwise: 'hand_over',
        whileDeploying: true,
      },
      {
        severity: 'medium',
        condition: {
          comparison: { operator: 'above', threshold: { value: 0.1, unit: 'ratio' } },
          forMs: 0,
        },
        want: { action: 'hand_over' },
        withinMs: 15 * MINUTE,
        otherwise: 'hand_over',
        whileDeploying: false,
      },
    ],
    recover: {
      comparison: { operator: 'at_most', threshold: { value: 0.05, unit: 'ratio' } },
      forMs: 90 * SECOND,
    },
    onNoData: 'breach',
    onError: 'ok',
    blindAfterMs: 10 * MINUTE,
    mode: 'shadow',
    blameMs: 48 * HOUR,
    digest: rules[0]?.digest,
  });
});

test('a level that says nothing else is decided by its severity', async () => {
  const { rules } = await configured({
    ...shop,
    'packs/shop/rules.yaml': `rules:
  cpu:
    docker: cpu
    levels:
      medium: { above: 70%, for: 1m }
      critical: { above: 90%, for: 1m }
      high: { above: 80%, for: 1m }
`,
  });
  expect(rules[0]?.levels.map(({ severity, want }) => [severity, want])).toEqual([
    ['critical', { action: 'rollback', playbook: null }],
    ['high', { action: 'ask', playbook: null }],
    ['medium', { action: 'investigate' }],
  ]);
});

test('each key of a playbook means what it says, and templates stay in it', async () => {
  const { playbooks } = await configured({ ...shop, 'packs/shop/playbooks.yaml': everything('playbooks') });
  expect(playbooks['shop/service']).toEqual({
    id: 'shop/service',
    communication: null,
    steps: [
      { kind: 'evidence', options: {}, deadlineMs: MINUTE, retries: 0 },
      { kind: 'docker.rollback', options: { to: 'last_good' }, deadlineMs: 90 * SECOND, retries: 2 },
    ],
    verification: {
      settleMs: 0,
      phases: [
        {
          name: 'infrastructure',
          withinMs: 2 * MINUTE,
          checks: [
            {
              name: 'docker memory below 85%',
              source: { kind: 'docker', options: 'memory' },
              expect: { operator: 'below', threshold: { value: 0.85, unit: 'ratio' } },
            },
          ],
        },
        {
          name: 'connectivity',
          withinMs: MINUTE,
          checks: [
            {
              name: 'the port is open',
              tcp: { host: '${target.container}', port: 8080, timeoutMs: SECOND },
            },
          ],
        },
        {
          name: 'functionality',
          withinMs: MINUTE,
          checks: [
            {
              name: 'http ${target.address}/version?want=${to.image}',
              source: {
                kind: 'http',
                options: { url: '${target.address}/version?want=${to.image}' },
              },
              expect: 'passes',
            },
          ],
        },
      ],
    },
    objectives: { rollbackMs: 2 * MINUTE, verificationMs: 5 * MINUTE, totalMs: 8 * MINUTE },
    otherwisePlaybook: 'shop/restart',
  });
});

test('what the source made of its options is kept, with the templates back in place', async () => {
  const { rules } = await configured({ ...shop, 'packs/shop/rules.yaml': everything('rules') });
  expect(rules[1]?.source).toEqual({
    kind: 'http',
    options: { url: '${target.address}/health', timeout: 2000 },
  });
});

test('secrets come from files and variables, without their line ends, and print nowhere', async () => {
  const configuration = await configured(
    {
      ...layra,
      'rollbackd.yaml': layra['rollbackd.yaml'].replace('{ file: /run/secrets/alice }', '{ env: ALICE }'),
    },
    { ALICE: 'from-the-environment' },
  );
  expect(configuration.tokens[0]?.token.reveal()).toBe('from-the-environment');
  expect(configuration.channels.slackWebhook?.reveal()).toBe('https://hooks.example/services/T0/B0/x');
  expect(JSON.stringify(configuration)).not.toMatch(/from-the-environment|hooks\.example/);
});

test('headers of signals and steps only say where their secret is', async () => {
  const { rules, playbooks } = await configured({
    ...shop,
    'packs/shop/rules.yaml': `rules:
  health:
    http:
      url: '\${target.address}/health'
      headers: { Authorization: { env: TOKEN }, Accept: text/plain }
    levels:
      critical: { failures: 2 }
`,
    'packs/shop/playbooks.yaml': `playbooks:
  service:
    steps:
      - http: { url: 'http://gate:1/close', headers: { Authorization: { file: secrets/gate } } }
    verify:
      connectivity:
        checks:
          - http: { url: 'http://gate:1/', headers: { Authorization: { file: secrets/gate } } }
`,
    'secrets/gate': 'Bearer gate-keeper\n',
  });
  const asked = rules[0]?.source.options as { headers: Record<string, unknown> };
  expect(asked.headers['Authorization']).toEqual({ env: 'TOKEN' });
  expect(asked.headers['Accept']).toBe('text/plain');
  const playbook = playbooks['shop/service'];
  expect(playbook?.steps[0]?.options).toEqual({
    url: 'http://gate:1/close',
    headers: { Authorization: { file: resolve('secrets/gate') } },
  });
  const check = playbook?.verification.phases[0]?.checks[0];
  const checked = check !== undefined && 'source' in check ? check.source.options : null;
  expect((checked as { headers: unknown }).headers).toEqual({
    Authorization: { file: resolve('secrets/gate') },
  });
  expect(JSON.stringify([rules, playbooks])).not.toMatch(/gate-keeper|long-enough/);
});

test('a program may be named without its path where that is unambiguous', async () => {
  const files = (programs: string): Files => ({
    'rollbackd.yaml': `version: 1\ninclude: [packs/shop]\nallowed_programs: ${programs}\n`,
    'packs/shop/playbooks.yaml':
      'playbooks:\n  make: { steps: [{ command: { run: [make, all] } }, { command: { run: [/bin/sh] } }] }\n',
  });
  const loaded = await configured(files('[/usr/bin/make, /bin/sh]'));
  expect(loaded.playbooks['shop/make']?.steps).toHaveLength(2);
  expect(await verdictOn(files('[/usr/bin/make, /opt/bin/make]'))).toBe(
    [
      'packs/shop/playbooks.yaml:2:38  playbooks.make.steps[0].command.run[0]  make may be /usr/bin/make or /opt/bin/make; write the whole path',
      'packs/shop/playbooks.yaml:2:73  playbooks.make.steps[1].command.run[0]  "/bin/sh" is not in allowed_programs, which has /usr/bin/make, /opt/bin/make',
    ].join('\n'),
  );
});

test('programs whose output a rule compares have to be allowed, at any depth', async () => {
  const files = (programs: string): Files => ({
    'rollbackd.yaml': `version: 1\ninclude: [packs/shop]\nallowed_programs: ${programs}\n`,
    'packs/shop/rules.yaml': `rules:
  schema:
    golden: { golden: /srv/schema.txt, command: [/usr/bin/dump] }
    levels: { high: { for: 1m, do: monitor } }
  both:
    any:
      - http: { url: http://shop:8080 }
      - golden: { golden: /srv/schema.txt, command: [sh] }
    levels: { high: { for: 1m, do: monitor } }
`,
  });
  const golden = { golden: source('golden', { options: z.unknown(), signal: () => 'probe' }) };

  expect(await verdictOn(files('[/usr/bin/dump, /bin/sh]'), golden)).not.toContain('allowed_programs');
  expect(await verdictOn(files('[]'), golden)).toBe(
    [
      'packs/shop/rules.yaml:3:50  rules.schema.golden.command[0]       "/usr/bin/dump" is not in allowed_programs, which is empty',
      'packs/shop/rules.yaml:8:54  rules.both.any[1].golden.command[0]  "sh" is not in allowed_programs, which is empty',
    ].join('\n'),
  );
});

test('the configuration is frozen all the way down', async () => {
  const configuration = await configured(layra);
  const thawed: unknown[] = [];
  const look = (value: unknown): void => {
    if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) === null) return;
    const plain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
    if (plain && !Object.isFrozen(value)) thawed.push(value);
    for (const member of Object.values(value)) look(member);
  };
  look(configuration);
  expect(thawed).toEqual([]);
});

test('the digest is that of the meaning: comments do not change it, thresholds do', async () => {
  const before = await configured(shop);
  const commented = await configured({
    ...shop,
    'packs/shop/rules.yaml': `# a remark\n${shop['packs/shop/rules.yaml']}`,
  });
  const changed = await configured({
    ...shop,
    'packs/shop/rules.yaml': `${shop['packs/shop/rules.yaml']}`.replace('failures: 2', 'failures: 3'),
  });
  expect(commented.digest).toBe(before.digest);
  expect(changed.digest).not.toBe(before.digest);
  expect(changed.rules[0]?.digest).not.toBe(before.rules[0]?.digest);
});

test('the problems of all files are reported at once', async () => {
  const loaded = await configuring({
    'rollbackd.yaml': `${shop['rollbackd.yaml']}mode: automatic\n`,
    'packs/shop/rules.yaml': 'rules:\n  health: { http: 1 }\n',
    'packs/shop/playbooks.yaml': 'playbooks: [\n',
  });
  const problems = loaded.ok ? [] : loaded.problems;
  expect(formatProblems(problems)).toBe(
    [
      'packs/shop/playbooks.yaml:2:1                       is not YAML: flow sequence in block collection must be sufficiently indented and end with a ]',
      'packs/shop/rules.yaml:2:3      rules.health.levels  is missing; a rule needs at least one of critical, high, medium',
      'packs/shop/rules.yaml:2:19     rules.health.http    expected a map, got 1',
      'rollbackd.yaml:11:7            mode                 expected shadow, notify, approve or auto, got "automatic"',
    ].join('\n'),
  );
});
