import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BacktestRequest } from '../../../src/app/backtest/backtest.ts';
import { load } from '../../../src/app/load.ts';
import type { Configuration } from '../../../src/domain/configuration.ts';
import { HOUR } from '../../../src/domain/time.ts';
import { SimulatedClock } from '../../fakes/clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const playbooks = `playbooks:
  service:
    steps:
      - link.rollback: { to: last_good }
`;

/** Rules as the shop has them: a share with freshness and hysteresis, a value with two levels, and a filter query. */
export const shopRules = `rules:
  errors:
    every: 1m
    prometheus:
      ratio: { bad: bad, total: total, min: 0.2 }
      fresh: up
    levels:
      critical: { above: 50%, for: 5m }
      medium: { above: 10%, for: 10m, do: investigate }
    recover: { below: 5%, for: 2m }
  latency:
    every: 1m
    prometheus: { query: latency }
    levels:
      critical: { above: 2, for: 3m }
      high: { above: 1, for: 5m }
  lag:
    every: 2m
    prometheus: { query: lag, on_empty: ok }
    levels:
      high: { at_least: 10, for: 4m }
`;

/** Several signals as one, and values compared with what they were before. */
export const comparingRules = `rules:
  slow-and-failing:
    every: 1m
    all:
      - prometheus: { ratio: { bad: bad, total: total, min: 0.2 }, fresh: up }
        above: 30%
      - prometheus: { query: latency }
        above: 1
    levels:
      critical: { for: 3m }
  three-times:
    every: 1m
    prometheus: { query: latency }
    baseline: { offset: 1h }
    levels:
      critical: { above: 3x, for: 2m }
      medium: { above: 2x, for: 1m, do: investigate }
  since-deploy:
    every: 1m
    prometheus: { query: latency }
    baseline: { before: deploy, window: 30m }
    levels:
      high: { above: 1.5x, for: 3m }
`;

/** Writes a main file with a pack, for targets of these names. */
export function writeShop(rules: string, targets: readonly string[], url = 'http://127.0.0.1:9'): string {
  const folder = temporaryFolder('backtest');
  mkdirSync(join(folder, 'shop'));
  writeFileSync(join(folder, 'shop', 'rules.yaml'), rules);
  writeFileSync(join(folder, 'shop', 'playbooks.yaml'), playbooks);
  const written = targets.map(
    (name) => `  ${name}:
    link: /srv/${name}/current
    address: http://${name}
    rules: [shop]
    labels: { service: ${name} }
    playbook: service
`,
  );
  const path = join(folder, 'rollbackd.yaml');
  writeFileSync(
    path,
    `version: 1
environment: test
mode: notify
include: [shop]
store: sqlite:${folder}/rollbackd.db
halt_file: ${folder}/HALT
listen: 127.0.0.1:7390
prometheus: { url: '${url}' }
targets:
${written.join('')}`,
  );
  return path;
}

export async function configured(path: string): Promise<Configuration> {
  const loaded = await load(path, { clock: new SimulatedClock(), environment: {} });
  if (loaded.ok) return loaded.configuration;
  throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
}

/** A request that says nothing but which file. */
export function aRequest(path: string, more: Partial<BacktestRequest> = {}): BacktestRequest {
  return {
    path,
    clock: new SimulatedClock(),
    environment: {},
    fromMs: null,
    toMs: null,
    stepMs: null,
    rules: [],
    targets: [],
    prometheus: null,
    cache: null,
    history: null,
    record: null,
    deploys: { file: null, git: null, registry: null },
    withinMs: HOUR,
    approveAfterMs: null,
    asConfigured: false,
    signal: new AbortController().signal,
    progress: () => {},
    ...more,
  };
}
