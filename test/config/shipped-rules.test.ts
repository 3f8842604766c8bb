import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { crontab } from '../../src/clients/crontab.ts';
import { formatProblems } from '../../src/config/format-problems.ts';
import { loadConfiguration } from '../../src/config/load-configuration.ts';
import { diskSource } from '../../src/detect/sources/disk.ts';
import { dockerSource } from '../../src/detect/sources/docker.ts';
import { httpSource } from '../../src/detect/sources/http.ts';
import { promqlSource } from '../../src/detect/sources/promql.ts';
import type { Configuration } from '../../src/domain/configuration.ts';
import type { Sources } from '../../src/domain/ports/source.ts';
import { formatQuantity } from '../../src/domain/quantity.ts';
import type { Condition, Rule, Severity } from '../../src/domain/rule.ts';
import { formatDuration } from '../../src/domain/time.ts';
import { commandDriver } from '../../src/rollback/drivers/command.ts';
import { dockerRestartDriver } from '../../src/rollback/drivers/docker-restart.ts';
import { dockerRollbackDriver } from '../../src/rollback/drivers/docker-rollback.ts';
import { evidenceDriver } from '../../src/rollback/drivers/evidence.ts';
import { gitRevertDriver } from '../../src/rollback/drivers/git-revert.ts';
import { linkRollbackDriver } from '../../src/rollback/drivers/link-rollback.ts';
import { SimulatedClock } from '../fakes/clock.ts';

// Only their schemas are asked: there is nothing behind them.
const nothing = {} as never;
const clock = new SimulatedClock();
const sources: Sources = {
  prometheus: promqlSource({ kind: 'prometheus', answerer: nothing, clock }),
  http: httpSource({ client: nothing, clock, environment: {} }),
  docker: dockerSource({ docker: nothing, clock }),
  disk: diskSource({ hostRoot: '/', clock }),
};
const drivers = {
  evidence: evidenceDriver(nothing),
  'docker.rollback': dockerRollbackDriver(nothing),
  'docker.restart': dockerRestartDriver(nothing),
  'link.rollback': linkRollbackDriver(nothing),
  'git.revert': gitRevertDriver(nothing),
  command: commandDriver(nothing),
};
const main = `version: 1
mode: auto
include: [${resolve('rules/layra')}]
prometheus: { url: http://prometheus:9090 }
docker: { socket: /var/run/docker.sock }
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
`;

test('the six CRITICAL triggers of the runbook roll back at its thresholds and durations', async () => {
  expect(conditions((await layra()).rules, 'critical')).toEqual([
    ['api-error-rate', 'above 50% for 1m', 'rollback'],
    ['health-check', '2 failures', 'rollback'],
    ['database-pool', 'at_least 100% for 30s', 'rollback'],
    ['login-failures', 'above 90% for 1m', 'rollback'],
    ['memory', 'above 95% for 2m', 'rollback'],
    ['disk-space', 'below 5% for 0ms', 'rollback'],
  ]);
});

test('its four warnings are MEDIUM, and do what its table says', async () => {
  expect(conditions((await layra()).rules, 'medium')).toEqual([
    ['api-error-rate', 'above 10% for 5m', 'investigate'],
    ['latency-p95', 'above 5s for 5m', 'investigate'],
    ['circuit-breakers', 'above 3 for 2m', 'investigate'],
    ['kafka-lag', 'above 1000 for 5m', 'monitor'],
  ]);
});

test('the one HIGH level asks for a quarter of an hour, then rolls back', async () => {
  const { rules } = await layra();
  expect(conditions(rules, 'high')).toEqual([['api-error-rate', 'above 25% for 5m', 'ask']]);
  const high = rules[0]?.levels.find(({ severity }) => severity === 'high');
  expect([high?.withinMs, high?.otherwise]).toEqual([900_000, 'rollback']);
});

test('only the disk rule rolls back whatever changed, and only it is read once for each host', async () => {
  const { rules } = await layra();
  expect(rules.filter(({ blameMs }) => blameMs === null).map(({ name }) => name)).toEqual(['disk-space']);
  expect(rules.filter(({ scope }) => scope === 'host').map(({ name }) => name)).toEqual(['disk-space']);
});

test('the pack loads without a warning, for each kind of target', async () => {
  const { warnings, playbooks } = await layra();
  expect(formatProblems(warnings)).toBe('');
  expect(Object.keys(playbooks)).toEqual(['layra/service', 'layra/release-link', 'layra/repository']);
});

test('every rule names the section of the runbook that it comes from', async () => {
  const lines = readFileSync('rules/layra/rules.yaml', 'utf8').split('\n');
  for (const { name } of (await layra()).rules) {
    const at = lines.indexOf(`  ${name}:`);
    const remark = lines.slice(lines.lastIndexOf('', at), at).join('\n');
    expect(remark, name).toMatch(/# 1\.1 (Critical|Warning): /);
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

function layra(): Promise<Configuration> {
  return load('/etc/rollbackd/rollbackd.yaml', (path) =>
    path === '/etc/rollbackd/rollbackd.yaml' ? main : readFileSync(path, 'utf8'),
  );
}

async function load(path: string, read: (path: string) => string): Promise<Configuration> {
  const loaded = await loadConfiguration({
    path,
    registries: { sources, drivers },
    crontab: crontab(),
    environment: {},
    hostname: 'build-7',
    readFile: async (path) => read(path),
  });
  if (loaded.ok) return loaded.configuration;
  throw new Error(`refused:\n${formatProblems(loaded.problems)}`);
}

function conditions(rules: readonly Rule[], severity: Severity): [string, string, string][] {
  return rules.flatMap(({ name, levels }) =>
    levels
      .filter((level) => level.severity === severity)
      .map(({ condition, want }): [string, string, string] => [name, said(condition), want.action]),
  );
}

function said(condition: Condition): string {
  if ('failures' in condition) return `${condition.failures} failures`;
  if (!('forMs' in condition) || condition.comparison === undefined) return JSON.stringify(condition);
  const { operator, threshold } = condition.comparison;
  return `${operator} ${formatQuantity(threshold.value, threshold.unit)} for ${formatDuration(condition.forMs)}`;
}
