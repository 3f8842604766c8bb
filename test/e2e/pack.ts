import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export const shipped = join(import.meta.dirname, '..', '..', 'rules', 'layra');

interface Level {
  while?: string;
  for?: string;
  within?: string;
}
interface Rule {
  every?: string;
  prometheus?: { query?: string; ratio?: { bad: string; total: string } };
  http?: { timeout: string; headers?: object };
  disk?: { path: string };
  levels: Record<string, Level>;
  recover?: Level;
}
interface Playbook {
  steps: Record<string, Record<string, unknown>>[];
  verify: Record<string, string | { within: string; checks: unknown[] }>;
}

export interface Pack {
  rules: Record<string, Rule>;
  playbooks: Record<string, Playbook>;
}

/** What a duration of the pack as it is shipped becomes in these tests. */
const hurried: Readonly<Record<string, string>> = {
  '0s': '0s',
  '30s': '3s',
  '1m': '3s',
  '2m': '4s',
  '5m': '6s',
  '15m': '30s',
};

/**
 * `rules/layra` as it is shipped, with its durations shortened so that a test takes seconds: rules are read every
 * second, `for` and ranges take seconds, settling takes one. Thresholds, queries, levels, what they do, steps and checks are
 * untouched, but for the disk: it is the test machine's root. Levels that are valid only while deploying keep their minutes:
 * deployments are over in seconds here, and what goes wrong then is for the other levels. Rules without a critical level
 * are left out: no service here exposes what they read, and twenty more questions a second keep a small machine busy.
 */
export function hurriedLayra(): Pack {
  const { rules } = read<Pick<Pack, 'rules'>>('rules.yaml');
  const { playbooks } = read<Pick<Pack, 'playbooks'>>('playbooks.yaml');
  for (const [name, rule] of Object.entries(rules)) {
    if (rule.levels['critical'] === undefined) delete rules[name];
    else hurryRule(rule);
  }
  for (const playbook of Object.values(playbooks)) hurryPlaybook(playbook);
  return { rules, playbooks };
}

function hurryRule(rule: Rule): void {
  rule.every = '1s';
  for (const level of [...Object.values(rule.levels), rule.recover ?? {}]) {
    if (level.while === 'deploying') continue;
    if (level.for !== undefined) level.for = shorter(level.for);
    if (level.within !== undefined) level.within = shorter(level.within);
  }
  const { query, ratio } = rule.prometheus ?? {};
  if (rule.prometheus?.query !== undefined && query !== undefined) rule.prometheus.query = narrower(query);
  if (ratio !== undefined) {
    ratio.bad = narrower(ratio.bad);
    ratio.total = narrower(ratio.total);
  }
  if (rule.disk !== undefined) rule.disk.path = '/';
}

function hurryPlaybook({ verify }: Playbook): void {
  for (const [name, phase] of Object.entries(verify)) {
    if (typeof phase === 'string') verify[name] = '1s';
    else phase.within = '30s';
  }
}

function shorter(duration: string): string {
  const found = hurried[duration];
  if (found === undefined) throw new Error(`say what ${duration} becomes in the tests`);
  return found;
}

function narrower(query: string): string {
  return query.replaceAll(/\[[15]m\]/g, '[4s]');
}

function read<Content>(file: string): Content {
  return parse(readFileSync(join(shipped, file), 'utf8')) as Content;
}
