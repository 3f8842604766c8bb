import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { checkConfiguration } from '../../src/app/check.ts';
import { packsIn, remembering } from '../../src/app/checking/files.ts';
import { load } from '../../src/app/load.ts';
import { formatProblems } from '../../src/config/format-problems.ts';
import type { LintInput } from '../../src/lint/lint.ts';
import type { Finding } from '../../src/domain/finding.ts';
import { SimulatedClock } from '../fakes/clock.ts';

/** Files by their path in a folder. */
export type Files = Readonly<Record<string, string>>;

/** What secrets of the examples lead to. */
const environment = { BOT_TOKEN: 'xoxb-1', APP_TOKEN: 'xapp-1' };

/** 2026-11-21, the day on which the tests look at silences. */
export const today = Date.UTC(2026, 10, 21, 12);

/** What `check` finds in files of a folder of their own; `rollbackd.yaml` is the main file, or a pack is looked at alone. */
export function lint(files: Files): Promise<readonly Finding[]> {
  return inFolder(files, async (folder) => {
    const path = join(folder, 'rollbackd.yaml' in files ? 'rollbackd.yaml' : 'shop');
    const checked = await checkConfiguration({ path, clock: new SimulatedClock(today), environment });
    if (!checked.ok) throw new Error(`refused:\n${checked.lines.join('\n')}`);
    return checked.findings.map((finding) => ({ ...finding, file: finding.file.replace(`${folder}/`, '') }));
  });
}

/** The files as a linter gets them from a configuration that was read. */
export function inputOf(files: Files): Promise<LintInput> {
  return inFolder(files, async (folder) => {
    const main = join(folder, 'rollbackd.yaml');
    const { readFile, texts } = remembering();
    const loaded = await load(main, { clock: new SimulatedClock(today), environment: {} }, readFile);
    if (!loaded.ok) throw new Error(`refused:\n${formatProblems(loaded.problems)}`);
    const { configuration } = loaded;
    return { configuration, main: { name: main, text: texts.get(main) ?? '' }, packs: await packsIn(texts) };
  });
}

async function inFolder<T>(files: Files, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'rollbackd-lint-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What is found in the rules of one pack, looked at alone. */
export function lintRules(rules: string, more: Files = {}): Promise<readonly Finding[]> {
  return lint({ 'shop/rules.yaml': rules, ...more });
}

/** A main file for the pack `shop` and as many targets. */
export function mainFile(targets: readonly string[] = ['cart', 'till']): string {
  const lines = targets.map((name) => `  ${name}: { container: ${name}, rules: [shop], playbook: service }`);
  return `version: 1
include: [shop]
prometheus: { url: 'http://prometheus:9090' }
docker: { socket: /var/run/docker.sock }
targets:
${lines.join('\n')}
`;
}

/** A playbook for them. */
export const playbooks = `playbooks:
  service:
    steps:
      - docker.rollback: { to: last_good }
`;

/** A rule with one query and nothing else to find fault with. */
export function ruleOf(query: string, more = ''): string {
  return `rules:
  errors:
    every: 15s
    prometheus:
      query: ${JSON.stringify(query)}
      fresh: up{job="shop"}
    levels:
      critical: { above: 5, for: 1m }
${more}`;
}

/** The findings as `code line:column text under the caret`. */
export function placed(findings: readonly Finding[]): readonly string[] {
  return findings.map(
    ({ code, line, column, excerpt, length }) =>
      `${code} ${line}:${column} ${excerpt.slice(column - 1, column - 1 + length)}`,
  );
}
