import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { registriesForReading } from '../../src/app/load.ts';
import { crontab } from '../../src/clients/crontab.ts';
import { formatProblems } from '../../src/config/format-problems.ts';
import { loadConfiguration } from '../../src/config/load-configuration.ts';
import type { Configuration } from '../../src/domain/configuration.ts';
import { formatQuantity } from '../../src/domain/quantity.ts';
import type { Condition, Rule, Severity } from '../../src/domain/rule.ts';
import { formatDuration } from '../../src/domain/time.ts';
import { SimulatedClock } from '../fakes/clock.ts';

// Only their schemas are asked.
const registries = registriesForReading({ clock: new SimulatedClock(), environment: {} });
const mainPath = '/etc/rollbackd/rollbackd.yaml';
const main = `version: 1
mode: auto
include: [${resolve('rules/layra')}]
prometheus: { url: http://prometheus:9090 }
alertmanager: { url: http://alertmanager:9093 }
docker: { socket: /var/run/docker.sock }
data_stores:
  mysql: { mysql: { url: 'mysql://layra-mysql:3306/layra' } }
  mongodb: { mongodb: { url: 'mongodb://layra-mongodb:27017/layra' } }
  redis: { redis: { url: 'redis://layra-redis:6379/0' } }
  milvus: { milvus: { url: 'http://layra-milvus:19530' } }
  qdrant: { qdrant: { url: 'http://layra-qdrant:6333' } }
targets:
  backend:
    container: layra-backend
    rules: [layra]
    address: http://layra-backend:8090
    playbook: service
  frontend:
    link: /srv/layra/frontend/current
    rules: [layra]
    address: http://layra-frontend:3000
    playbook: release-link
  code:
    repository: { url: ssh://git@git.example/layra.git, branch: main }
    rules: [layra]
    address: http://layra-worker:8091
    playbook: repository
  everything:
    stack: { project: layra, directory: /srv/layra }
    rules: [layra]
    labels: { service: layra }
    address: http://layra-proxy:8080
    playbook: stack
`;

test('the CRITICAL triggers of both runbooks roll back at their thresholds and durations', async () => {
  expect(conditions((await layra()).rules, 'critical')).toEqual([
    ['api-error-rate', 'above 50% for 1m', 'rollback'],
    ['health-check', '2 failures', 'rollback'],
    ['database-pool', 'at_least 100% for 30s', 'rollback'],
    ['database-pool-reserve', 'above 95% for 30s', 'rollback'],
    ['login-failures', 'above 90% for 1m', 'rollback'],
    ['memory', 'above 95% for 2m', 'rollback'],
    ['disk-space', 'below 5% for 0ms', 'rollback'],
    ['data-corruption', 'above 0 for 0ms', 'rollback'],
  ]);
});

test('the warnings and what degrades are MEDIUM, and do what the tables say', async () => {
  expect(conditions((await layra()).rules, 'medium', 'always')).toEqual([
    ['api-error-rate', 'above 10% for 5m', 'investigate'],
    ['latency-p95', 'above 5s for 5m', 'investigate'],
    ['circuit-breakers', 'above 3 for 2m', 'investigate'],
    ['kafka-lag', 'above 1000 for 5m', 'monitor'],
    ['embedding-latency', 'above 3x for 5m', 'monitor'],
    ['vector-db-timeouts', 'above 5% for 5m', 'investigate'],
    ['llm-failures', 'above 15% for 5m', 'investigate'],
    ['file-conversions', 'above 10% for 5m', 'monitor'],
    ['performance-impact', 'above 1.5x for 5m', 'investigate'],
  ]);
});

test('what to watch for during a migration is MEDIUM, and valid only while deploying', async () => {
  const { rules } = await layra();
  expect(conditions(rules, 'medium', 'deploying')).toEqual([
    ['health-check', '1 failures', 'investigate'],
    ['memory', 'above 85% for 1m', 'investigate'],
    ['migration-errors', 'above 10% for 2m', 'investigate'],
    ['migration-latency', 'above 2s for 1m', 'investigate'],
    ['migration-cpu', 'above 80% for 1m', 'investigate'],
    ['migration-disk', 'below 10% for 1m', 'investigate'],
  ]);
  expect([...conditions(rules, 'critical', 'deploying'), ...conditions(rules, 'high', 'deploying')]).toEqual(
    [],
  );
});

test('HIGH asks for a quarter of an hour; what is no manual trigger then rolls back', async () => {
  const { rules } = await layra();
  expect(conditions(rules, 'high')).toEqual([
    ['api-error-rate', 'above 25% for 5m', 'ask'],
    ['login-failures', 'above 50% for 5m', 'ask'],
    ['user-reports', 'above 5 for 0ms', 'ask'],
    ['feature-regression', 'below 1 for 5m', 'ask'],
    ['integration-failure', 'below 1 for 5m', 'ask'],
  ]);
  const high = rules.flatMap(({ levels }) => levels.filter(({ severity }) => severity === 'high'));
  expect(high.map(({ withinMs }) => withinMs)).toEqual(Array(5).fill(900_000));
  expect(high.map(({ otherwise }) => otherwise)).toEqual([
    'rollback',
    'rollback',
    'hand_over',
    'hand_over',
    'hand_over',
  ]);
});

test('only the disk rule rolls back whatever changed, and only it is read once for each host', async () => {
  const { rules } = await layra();
  expect(rules.filter(({ blameMs }) => blameMs === null).map(({ name }) => name)).toEqual(['disk-space']);
  expect(rules.filter(({ scope }) => scope === 'host').map(({ name }) => name)).toEqual(['disk-space']);
});

test('the pack loads for each kind of target, with the one warning that it silences and explains', async () => {
  const { warnings, playbooks } = await layra();
  expect([...new Set(warnings.map(({ path, code }) => `${path} ${code}`))]).toEqual([
    'playbooks.service-with-data.verify.functionality.checks[0].if_set check/left-out',
    'playbooks.stack.verify.functionality.checks[0].if_set check/left-out',
    'rules.user-reports.levels.high rule/objective',
  ]);
  expect(Object.keys(playbooks)).toEqual([
    'layra/service',
    'layra/service-with-data',
    'layra/restart',
    'layra/stack',
    'layra/emergency',
    'layra/release-link',
    'layra/repository',
    'layra/mysql',
    'layra/mysql-schema',
    'layra/mongodb',
    'layra/qdrant',
    'layra/milvus',
    'layra/cache',
    'layra/cache-everything',
  ]);
});

test('the panic procedure is for what is a stack; what is none follows its own playbook in an emergency', async () => {
  const { targets } = await layra();
  expect(Object.values(targets).map(({ name, emergencyPlaybook }) => [name, emergencyPlaybook])).toEqual([
    ['backend', 'layra/service'],
    ['frontend', 'layra/release-link'],
    ['code', 'layra/repository'],
    ['everything', 'layra/emergency'],
  ]);
});

test('what data is worth is the table of the runbook', async () => {
  const { dataRisks } = await layra();
  const rows = Object.entries(dataRisks).map(([kind, row]) => [kind, row.risk, row.migration]);
  expect(rows).toEqual([
    ['mysql', 'low', 'yes'],
    ['mongodb', 'medium', 'caution'],
    ['redis', 'none', 'yes'],
    ['milvus', 'high', 'no'],
    ['qdrant', 'medium', 'caution'],
    ['s3', 'low', 'yes'],
    ['kafka', 'low', 'yes'],
  ]);
});

test('the four phases of the runbook are asked, the third once the password of the test account is there', async () => {
  const { playbooks } = await layra({ LAYRA_TEST_PASSWORD: 'of the test' });
  const phases = playbooks['layra/service-with-data']?.verification.phases ?? [];
  expect(phases.map(({ name, checks }) => [name, checks.map((check) => check.name)])).toEqual([
    [
      'infrastructure',
      [
        'docker running',
        'docker healthy',
        'docker memory below 85%',
        'docker cpu below 80%',
        'disk / above 10%',
      ],
    ],
    [
      'connectivity',
      [
        'http ${target.address}/api/v1/health/check',
        'MySQL answers',
        'MongoDB answers',
        'Redis answers',
        'Milvus answers',
        'Qdrant answers',
      ],
    ],
    ['functionality', ['login, knowledge bases and chat']],
    ['data', ['there are users', 'the conversations can be counted', 'the vectors can be read']],
  ]);
});

test('every rule names the section of the runbook that it comes from', async () => {
  const lines = readFileSync('rules/layra/rules.yaml', 'utf8').split('\n');
  for (const { name } of (await layra()).rules) {
    const at = lines.indexOf(`  ${name}:`);
    const remark = lines.slice(lines.lastIndexOf('', at), at).join('\n');
    expect(remark, name).toMatch(
      /# (Strategy 1\.[12] (Critical|Warning|[A-Z][a-z]+ [A-Z][a-z]+): |Framework, (Decision Matrix|During Migration): )/,
    );
  }
});

test('the example of the design loads with the real sources and drivers', async () => {
  const loaded = await load(new URL('example/rollbackd.yaml', import.meta.url).pathname, (path) =>
    path.startsWith('/run/secrets/') ? 'https://hooks.example/x' : readFileSync(path, 'utf8'),
  );
  expect(loaded.warnings).toEqual([]);
  expect(loaded.rules.map(({ name, windowMs }) => [name, windowMs])).toEqual([
    ['api-error-rate', 60_000],
    ['health-check', 0],
    ['database-pool', 0],
    ['memory', 0],
    ['disk-space', 0],
  ]);
});

function layra(environment: Readonly<Record<string, string>> = {}): Promise<Configuration> {
  return load(mainPath, (path) => (path === mainPath ? main : readFileSync(path, 'utf8')), environment);
}

async function load(
  path: string,
  read: (path: string) => string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Configuration> {
  const loaded = await loadConfiguration({
    path,
    registries,
    crontab: crontab(),
    environment,
    hostname: 'build-7',
    readFile: async (path) => read(path),
  });
  if (loaded.ok) return loaded.configuration;
  throw new Error(`refused:\n${formatProblems(loaded.problems)}`);
}

function conditions(
  rules: readonly Rule[],
  severity: Severity,
  valid?: 'always' | 'deploying',
): [string, string, string][] {
  return rules.flatMap(({ name, levels }) =>
    levels
      .filter((level) => level.severity === severity)
      .filter(({ whileDeploying }) => valid === undefined || whileDeploying === (valid === 'deploying'))
      .map(({ condition, want }): [string, string, string] => [name, said(condition), want.action]),
  );
}

function said(condition: Condition): string {
  if ('failures' in condition) return `${condition.failures} failures`;
  if (!('forMs' in condition) || condition.comparison === undefined) return JSON.stringify(condition);
  const { operator, threshold } = condition.comparison;
  return `${operator} ${formatQuantity(threshold.value, threshold.unit)} for ${formatDuration(condition.forMs)}`;
}
